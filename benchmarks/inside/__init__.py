"""Scripts that run inside the measured processes; nothing of the benchmarks imports them."""

"""Scripts that run inside the measured processes. The benchmarks do not import them."""

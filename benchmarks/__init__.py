"""Measures what a deployment of vodpass costs its users, as ratios to named contenders.

python -m benchmarks.cold_start     time and memory from process start to the first credential
python -m benchmarks.warm_call      what vodpass adds to a warm call of the SDK
python -m benchmarks.throughput     calls per second of one instance, and the growth of its memory

The contenders are in `contenders/`. Each runs in a process like an instance of Function Compute.
All call the same fake cloud on loopback, and each verifies the same token before it calls.
"""

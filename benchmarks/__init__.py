"""What a deployment of vodpass costs its users, as ratios to named contenders.

python -m benchmarks.cold_start     start of a process to its first credential; memory
python -m benchmarks.warm_call      what we add to a call of the SDK, once warm
python -m benchmarks.throughput     a sustained run through one instance

The contenders live in `contenders/`. All run in processes such as Function Compute's, against the
fake cloud on loopback, and each verifies the same token before it calls.
"""

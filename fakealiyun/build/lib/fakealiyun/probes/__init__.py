"""Probes: each file shows one fact, on the real cloud and on the fake."""

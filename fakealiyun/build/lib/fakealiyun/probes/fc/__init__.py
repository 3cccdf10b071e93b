"""Probes of Function Compute."""

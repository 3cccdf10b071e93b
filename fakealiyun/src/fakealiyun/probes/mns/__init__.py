"""Probes of SMQ."""

"""Probes of VOD."""

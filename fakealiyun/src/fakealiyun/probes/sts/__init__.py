"""Probes of STS."""

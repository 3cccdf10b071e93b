"""Probes of OSS."""

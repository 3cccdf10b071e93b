"""Probes of the OpenAPI gateway."""

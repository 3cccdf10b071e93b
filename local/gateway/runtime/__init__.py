"""Runs inside the instances; nothing of it is imported by the gateway."""

"""Helpers for tests that use the fake. They need the official SDKs, which the package does not."""

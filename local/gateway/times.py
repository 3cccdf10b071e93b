"""Times as Function Compute writes them."""

from __future__ import annotations

from datetime import datetime, timezone


def iso_time(seconds: float) -> str:
    """Epoch seconds as `2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

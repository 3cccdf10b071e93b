"""The roles of `ram/` in the local fake cloud."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RAM_FOLDER = Path(__file__).resolve().parents[1] / "ram"

LOCAL_VALUES: Mapping[str, str] = {
    "Bucket": "vodpass-local",
    "Prefix": "uploads",
    "WatchQueue": "vodpass-watch",
}
"""The values of the placeholders in the role files, except the account id."""

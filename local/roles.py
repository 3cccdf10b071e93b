"""The roles of `ram/`, as the fake cloud has them on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RAM_FOLDER = Path(__file__).resolve().parents[1] / "ram"

LOCAL_VALUES: Mapping[str, str] = {
    "Bucket": "vodpass-local",
    "Prefix": "uploads",
    "WatchQueue": "vodpass-watch",
}
"""What the placeholders of the role files stand for, besides the account's id."""

"""The roles of `ram/` in the local fake cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

RAM_FOLDER = Path(__file__).resolve().parents[1] / "ram"

LOCAL_VALUES: Mapping[str, str] = {
    "Name": "vodpass",
    "Bucket": "vodpass-local",
    "Prefix": "uploads",
    "WatchQueue": "vodpass-watch",
}
"""The values of the placeholders in the role files, except the account id."""


def application_policies(environment: Mapping[str, str]) -> dict[str, str]:
    """Role -> the policy of VOD's application that it needs, with these settings."""
    found: dict[str, str] = json.loads((RAM_FOLDER / "applications.json").read_text("utf-8"))
    renews = environment.get("VODPASS_CREDENTIAL_WEBHOOK_URL")
    if renews or environment.get("VODPASS_CLEANUP") == "delete":
        found["vodpass-watch"] = "VODAppFullAccess"
    return found

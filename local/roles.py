"""The roles of `ram/` in the local fake cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def further_policies(environment: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Role -> the policies that it needs besides its `policy.json`, with these settings."""
    if not environment.get("VODPASS_CREDENTIAL_WEBHOOK_URL"):
        return {}
    renewal = RAM_FOLDER / "vodpass-watch" / "renewal.json"
    return {"vodpass-watch": [json.loads(renewal.read_text("utf-8"))]}

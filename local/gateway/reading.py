"""Reads and checks single settings of a mapping. All functions raise DeploymentError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from local.gateway.yaml_document import DeploymentError


def mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping at `key`. Empty if it is absent."""
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DeploymentError(f"{key} must be a mapping")
    return cast("Mapping[str, Any]", value)


def refuse_unknown(config: Mapping[str, Any], known: set[str], what: str) -> None:
    """Refuse keys that are not in `known`. `what` names the mapping in the message."""
    unknown = sorted(set(config) - known)
    if unknown:
        raise DeploymentError(f"{what}: {unknown[0]} is not a setting that works locally")


def integer(parent: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    """The whole number at `key`, from `low` to `high` inclusive."""
    value = parent.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DeploymentError(f"{key} must be a whole number from {low} to {high}")
    return value


def boolean(parent: Mapping[str, Any], key: str, default: bool | None = None) -> bool:
    """The boolean at `key`. It must be present unless there is a default."""
    value = parent.get(key, default)
    if not isinstance(value, bool):
        raise DeploymentError(f"{key} must be true or false")
    return value


def choice(parent: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
    """The value at `key`, one of `allowed`."""
    value = parent.get(key, default)
    if value not in allowed:
        raise DeploymentError(f"{key} must be {' or '.join(allowed)}")
    return str(value)

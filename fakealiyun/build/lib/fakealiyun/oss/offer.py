"""The operations of OSS for the coverage page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fakealiyun.oss.operations import PUT_ACTIONS, selectable
from fakealiyun.oss.post_object import post_object

__all__ = ["Offered", "offered"]


@dataclass(frozen=True)
class Offered:
    """An operation by its OSS name, the RAM actions of which one is needed, and its handler."""

    name: str
    actions: tuple[str, ...]
    handler: Callable[..., Any]


def offered() -> tuple[Offered, ...]:
    """All operations, sorted by name. PostObject is recognized by its form, not by its query."""
    operations = [Offered(one.name, one.actions, one.handler) for one in selectable()]
    operations.append(Offered("PostObject", PUT_ACTIONS, post_object))
    return tuple(sorted(operations, key=lambda one: one.name))

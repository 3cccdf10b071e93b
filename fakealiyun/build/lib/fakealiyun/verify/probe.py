"""A probe: a few requests that show one fact, on either side."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fakealiyun import probes

if TYPE_CHECKING:
    from fakealiyun.verify.bench import Bench

Seen: TypeAlias = "bool | int | float | str | list[str] | list[Seen] | dict[str, Seen] | None"
"""A value that a probe reports. It can be written as JSON."""
Observation = dict[str, Seen]
"""What a probe saw on one side: names of what was observed, and values."""


@dataclass(frozen=True)
class Probe:
    """A function that sends requests and returns what both sides must agree in."""

    run: Callable[[Bench], Observation]
    creates: str = ""
    """What it creates for a short time and deletes again, in words. Empty: nothing."""
    cents: float = 0.0
    """What one run can cost at most, in US cents, beyond requests at list price."""


def all_probes() -> Mapping[str, Probe]:
    """Every probe by its id, `vod.reference_id_taken` for `probes/vod/reference_id_taken.py`."""
    found = {}
    prefix = f"{probes.__name__}."
    for module in pkgutil.walk_packages(probes.__path__, prefix):
        if not module.ispkg:
            probe = importlib.import_module(module.name).PROBE
            found[module.name.removeprefix(prefix)] = probe
    return dict(sorted(found.items()))

"""Limits for each user: their names, and the rules for VODPASS_LIMITS and its store.

Only a deployment that sets VODPASS_LIMITS imports this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

NAMES = (
    "uploads_per_minute",
    "uploads_per_day",
    "open_uploads",
    "refreshes_per_minute",
    "refreshes_per_video",
    "plays_per_minute",
    "sts_per_hour",
)
MOST = 1_000_000


@dataclass(frozen=True)
class Place:
    """Where a store is, and what to say there. ``tls``: whether it is a rediss:// URL."""

    tls: bool
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: int


def read(value: Any) -> Mapping[str, int]:
    """The limits in a parsed JSON value. Raises ValueError for a name or number that is none."""
    if not isinstance(value, dict) or not value.keys() <= set(NAMES):
        raise ValueError
    for most in value.values():
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST:
            raise ValueError
    return dict(value)


def parse(raw: str) -> Mapping[str, int]:
    """The limits in the text of VODPASS_LIMITS. Raises ValueError."""
    try:
        return read(json.loads(raw, object_pairs_hook=_without_repeats))
    except RecursionError:
        raise ValueError from None


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def narrowed(own: Mapping[str, int], claimed: Mapping[str, int]) -> Mapping[str, int]:
    """The limits of the deployment and of a token together. The smaller of two counts."""
    both = {**own, **claimed}
    return {name: min(most, own.get(name, most)) for name, most in both.items()}


_PART = r"[A-Za-z0-9._~!$&'()*+,;=%-]*"
_URL = re.compile(
    rf"(rediss?)://(?:({_PART})(?::({_PART}))?@)?"
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?:/([0-9]{1,3})?)?"
)


def place(raw: str) -> Place:
    """The parts of a store's URL. Raises ValueError."""
    match = _URL.fullmatch(raw)
    if match is None:
        raise ValueError
    scheme, user, password, host, _, port, database = match.groups()
    if not 1 <= int(port or 6379) <= 65535:
        raise ValueError
    found = Place(
        scheme == "rediss",
        host.strip("[]"),
        int(port or 6379),
        unquote(user or "", errors="strict"),
        unquote(password or "", errors="strict"),
        int(database or 0),
    )
    if found.user and not found.password:
        raise ValueError  # a password in the place of the user: the store would refuse it
    if not found.tls and _is_literal(found.host) and not is_private(found.host):
        raise ValueError
    return found


def _is_literal(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_private(address: str) -> bool:
    """Whether an address is of this machine or of a private network (RFC 1918, 4193, 6598)."""
    import ipaddress

    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    networks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"]
    networks += ["fc00::/7", "::1/128"]
    return any(parsed in network for network in map(ipaddress.ip_network, networks))


def url(raw: str) -> str:
    """The URL of a store, unchanged. Raises ValueError."""
    place(raw)
    return raw

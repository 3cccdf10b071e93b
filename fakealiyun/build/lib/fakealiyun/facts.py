"""All facts of all services, for the coverage page and for `fakealiyun verify`."""

from __future__ import annotations

from collections.abc import Mapping

from fakealiyun.cas import facts as cas
from fakealiyun.fact import Fact
from fakealiyun.fc import facts as fc
from fakealiyun.mns import facts as mns
from fakealiyun.openapi import facts as openapi
from fakealiyun.oss import facts as oss
from fakealiyun.ram import facts as ram
from fakealiyun.sls import facts as sls
from fakealiyun.sts import facts as sts
from fakealiyun.vod import facts as vod

_LISTS: Mapping[str, tuple[tuple[Fact, ...], tuple[str, ...]]] = {
    "openapi": (openapi.FACTS, openapi.LIMITS),
    "vod": (vod.FACTS, vod.LIMITS),
    "sts": (sts.FACTS, sts.LIMITS),
    "oss": (oss.FACTS, oss.LIMITS),
    "ram": (ram.FACTS, ram.LIMITS),
    "mns": (mns.FACTS, mns.LIMITS),
    "fc": (fc.FACTS, fc.LIMITS),
    "sls": (sls.FACTS, sls.LIMITS),
    "cas": (cas.FACTS, cas.LIMITS),
}

TITLES: Mapping[str, str] = {
    "openapi": "OpenAPI gateway",
    "vod": "VOD",
    "sts": "STS",
    "oss": "OSS",
    "ram": "RAM",
    "mns": "SMQ",
    "fc": "Function Compute",
    "sls": "Simple Log Service",
    "cas": "Certificate Management",
}
"""The services by the name of their package, in the order of the pages."""


def all_facts() -> tuple[Fact, ...]:
    """Every fact, service by service."""
    return tuple(fact for facts, _limits in _LISTS.values() for fact in facts)


def facts_of(service: str) -> tuple[Fact, ...]:
    """The facts of one service."""
    return _LISTS[service][0]


def limits_of(service: str) -> tuple[str, ...]:
    """What the fake of a service leaves out or refuses, whatever the real service does."""
    return _LISTS[service][1]

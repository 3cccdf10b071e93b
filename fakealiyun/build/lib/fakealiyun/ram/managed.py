"""Managed policies: those that have a name and versions, and that roles get attached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from fakealiyun.ram.policy import Policy

PolicyKind = Literal["System", "Custom"]
MOST_VERSIONS = 5
MOST_POLICIES = 1500


class TooManyVersions(Exception):
    """The policy has as many versions as it may have."""


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a policy. It never changes."""

    version_id: str
    policy: Policy = field(repr=False)
    created: float


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy with its versions, oldest first. `made_for` is the role that `put_role` made it
    for, or empty."""

    name: str
    kind: PolicyKind
    versions: tuple[PolicyVersion, ...]
    default: str
    created: float
    updated: float
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    made_for: str = ""
    next_version: int = 2

    @property
    def key(self) -> tuple[PolicyKind, str]:
        """The kind and the name, which are unique together."""
        return (self.kind, self.name)

    @property
    def current(self) -> PolicyVersion:
        """The default version: the one that counts."""
        return cast("PolicyVersion", self.version(self.default))

    def version(self, version_id: str) -> PolicyVersion | None:
        """The version of that id, or None."""
        return next((one for one in self.versions if one.version_id == version_id), None)

    def with_version(
        self, policy: Policy, now: float, *, as_default: bool, rotate: bool
    ) -> ManagedPolicy:
        """With one more version. `rotate` drops the oldest that is not the default, if it must.

        Raises TooManyVersions.
        """
        kept = self.versions
        if len(kept) >= MOST_VERSIONS:
            oldest = next(one for one in kept if one.version_id != self.default)
            if not rotate:
                raise TooManyVersions
            kept = tuple(one for one in kept if one != oldest)
        added = PolicyVersion(f"v{self.next_version}", policy, now)
        return replace(
            self,
            versions=(*kept, added),
            default=added.version_id if as_default else self.default,
            next_version=self.next_version + 1,
            updated=now,
        )

    def without_version(self, version_id: str, now: float) -> ManagedPolicy:
        """Without one of its versions."""
        kept = tuple(one for one in self.versions if one.version_id != version_id)
        return replace(self, versions=kept, updated=now)


def new_policy(
    name: str,
    policy: Policy,
    now: float,
    *,
    kind: PolicyKind = "Custom",
    description: str = "",
    tags: Mapping[str, str] | None = None,
    made_for: str = "",
) -> ManagedPolicy:
    """A policy with one version, `v1`."""
    return ManagedPolicy(
        name,
        kind,
        (PolicyVersion("v1", policy, now),),
        "v1",
        now,
        now,
        description,
        dict(tags or {}),
        made_for,
    )


def free_names(base: str) -> Iterator[str]:
    """`base`, `base-2`, `base-3`, … with the characters that a policy's name may have."""
    name = base.replace(".", "-")
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1

"""What the fake knows about RAM policies and identities, and how."""

from __future__ import annotations

from fakealiyun.fact import DOCUMENTED, EXPLICIT, GUESSED, IDENTITY, Fact

_DOCS = "RAM documentation of the policy language"

FACTS = (
    Fact(
        "ram.grammar",
        "A policy has Version 1 and statements with Effect, Action or NotAction, Resource, and "
        "Condition.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.deny_first",
        "An explicit Deny has priority over every Allow. Without Allow the answer is a refusal.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.session_policy",
        "A session has what the role's policies and the session policy both allow.",
        DOCUMENTED,
        "STS API reference",
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.action_case",
        "Actions are compared without regard to case; `*` stands for any characters.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.resource_wildcards",
        "In a Resource, `*` also matches `/`, and `?` is one character.",
        GUESSED,
        "RAM documentation of the policy language says this about StringLike",
        "2025",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.condition_operators",
        "The string, numeric, date, bool and IP operators; values of a key are alternatives, keys "
        "must all hold.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.negative_operator_without_key",
        "If the key of a negative operator is absent, the condition holds.",
        GUESSED,
        "no source found",
        "2026-11",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.condition_keys",
        "Keys that the fake does not know are treated as absent.",
        GUESSED,
        "RAM documentation of the policy language has no complete list",
        "2025",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.vod_resource",
        "VOD's operations can only be allowed for the resource `*`.",
        DOCUMENTED,
        "VOD page about RAM authorization",
        "2024",
        no_probe=EXPLICIT,
    ),
)

LIMITS = (
    "RAM has no API here. Roles come from files or from Python.",
    "Resource groups, tags and multi-account control policies do not exist.",
)
"""What the fake leaves out or refuses, whatever the real service does."""

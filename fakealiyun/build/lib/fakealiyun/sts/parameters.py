"""Reads and checks the parameters of AssumeRole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fakealiyun.openapi import errors as openapi_errors
from fakealiyun.ram.policy import Policy, PolicyGrammarError
from fakealiyun.sts import errors

SHORTEST_SESSION = 900  # seconds
DEFAULT_SESSION = 3600  # seconds

LONGEST_POLICY = 2048
"""Bytes of UTF-8. The parameter table says 1 to 2,048 characters. The error text says "smaller than
2048 bytes". The fake counts bytes, which is stricter, and allows exactly 2048."""

_ROLE_ARN = re.compile(r"acs:ram::(?P<account>[0-9]{1,20}):role/(?P<role>[A-Za-z0-9.-]{1,64})")
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")
# The prefixes acs:, aliyun: and alibabacloud: are forbidden too. No colon is allowed at all.
_SOURCE_IDENTITY = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class RoleArn:
    """The role that a request names."""

    account_id: str
    role_name: str
    text: str


@dataclass(frozen=True)
class AssumeRoleParameters:
    """The parameters of AssumeRole. `duration` is in seconds; the role may still not allow it."""

    role_arn: RoleArn
    session_name: str
    duration: int
    policy: Policy | None
    external_id: str | None
    source_identity: str | None


def read_role_arn(parameters: Mapping[str, str]) -> RoleArn:
    """The parameter RoleArn. Raises ApiError MissingRoleArn or InvalidParameter.RoleArn."""
    text = _required(parameters, "RoleArn")
    found = _ROLE_ARN.fullmatch(text)
    if found is None:
        raise errors.wrongly_formed("RoleArn")
    return RoleArn(found["account"], found["role"], text)


def read(parameters: Mapping[str, str]) -> AssumeRoleParameters:
    """All parameters. Raises ApiError for the first one that breaks the API reference."""
    role_arn = read_role_arn(parameters)
    session_name = _required(parameters, "RoleSessionName")
    if not _SESSION_NAME.fullmatch(session_name):
        raise errors.wrongly_formed("RoleSessionName")
    return AssumeRoleParameters(
        role_arn=role_arn,
        session_name=session_name,
        duration=_duration(parameters.get("DurationSeconds")),
        policy=_policy(parameters.get("Policy")),
        external_id=_optional(parameters, "ExternalId", _EXTERNAL_ID),
        source_identity=_optional(parameters, "SourceIdentity", _SOURCE_IDENTITY),
    )


def _required(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise openapi_errors.missing(name)
    return value


def _optional(parameters: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str | None:
    value = parameters.get(name)
    if value is not None and not shape.fullmatch(value):
        raise errors.wrongly_formed(name)
    return value


def _duration(text: str | None) -> int:
    if text is None:
        return DEFAULT_SESSION
    if not _SECONDS.fullmatch(text) or int(text) < SHORTEST_SESSION:
        raise errors.duration()
    return int(text)


def _policy(text: str | None) -> Policy | None:
    if text is None:
        return None
    # A lone surrogate cannot arrive over the wire. If it did, its bytes would count as well.
    if len(text.encode("utf-8", errors="surrogatepass")) > LONGEST_POLICY:
        raise errors.policy_size()
    try:
        return Policy.parse(text)
    except PolicyGrammarError:
        raise errors.policy_grammar() from None

"""The errors of STS, with codes, statuses and texts from the page of AssumeRole.

The texts are exact, including spaces and capitals, because people search for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi import ApiError

NOT_AUTHORIZED = (
    "NoPermission",
    "You are not authorized to do this action. You should be authorized by RAM.",
)
"""The same answer has two causes: the caller's own policy, or the role's trust policy."""


def wrongly_formed(parameter: str) -> ApiError:
    """A parameter has the wrong form. (The code for SourceIdentity is a guess, by analogy.)"""
    return ApiError(
        400, f"InvalidParameter.{parameter}", f"The parameter {parameter} is wrongly formed."
    )


def duration() -> ApiError:
    """DurationSeconds is out of range. The text is the same if a role allows more than 1 hour."""
    return ApiError(
        400,
        "InvalidParameter.DurationSeconds",
        "The Min/Max value of DurationSeconds is 15min/1hr.",
    )


def policy_size() -> ApiError:
    """The session policy is too long."""
    return ApiError(
        400,
        "InvalidParameter.PolicySize",
        "The size of Policy must be smaller than 2048 bytes.",
    )


def policy_grammar() -> ApiError:
    """The session policy is not valid. Like the real service, the error names no place in it."""
    return ApiError(
        400,
        "InvalidParameter.PolicyGrammar",
        "The parameter Policy has not passed grammar check.",
    )


def role_not_found() -> ApiError:
    """The account has no such role, or the role belongs to another account."""
    return ApiError(404, "EntityNotExist.Role", "The specified Role not exists .")


def root_refused() -> ApiError:
    """The caller is the account itself."""
    return ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")


def not_authorized(access_denied_detail: Mapping[str, Any] | None = None) -> ApiError:
    """RAM or the trust policy refused the call."""
    details = {} if access_denied_detail is None else {"AccessDeniedDetail": access_denied_detail}
    return ApiError(403, *NOT_AUTHORIZED, details=details)

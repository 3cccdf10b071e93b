"""STS's errors, with the codes, statuses and texts of its AssumeRole page.

The texts are the service's own, blanks and capitals included: people search for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi import ApiError

NOT_AUTHORIZED = (
    "NoPermission",
    "You are not authorized to do this action. You should be authorized by RAM.",
)
"""One answer for two causes: the caller's own policy, or the role's trust policy."""


def wrongly_formed(parameter: str) -> ApiError:
    """A parameter of the wrong shape. (For SourceIdentity the code is formed by analogy.)"""
    return ApiError(
        400, f"InvalidParameter.{parameter}", f"The parameter {parameter} is wrongly formed."
    )


def duration() -> ApiError:
    """DurationSeconds out of range; the text is the same where a role allows more than 1 hour."""
    return ApiError(
        400,
        "InvalidParameter.DurationSeconds",
        "The Min/Max value of DurationSeconds is 15min/1hr.",
    )


def policy_size() -> ApiError:
    """A session policy that is too long."""
    return ApiError(
        400,
        "InvalidParameter.PolicySize",
        "The size of Policy must be smaller than 2048 bytes.",
    )


def policy_grammar() -> ApiError:
    """A session policy that is none. The live service gives no place, so neither does this."""
    return ApiError(
        400,
        "InvalidParameter.PolicyGrammar",
        "The parameter Policy has not passed grammar check.",
    )


def role_not_found() -> ApiError:
    """No such role in the account, or another account's."""
    return ApiError(404, "EntityNotExist.Role", "The specified Role not exists .")


def root_refused() -> ApiError:
    """The account itself asked."""
    return ApiError(403, "NoPermission", "Roles may not be assumed by root accounts.")


def not_authorized(access_denied_detail: Mapping[str, Any] | None = None) -> ApiError:
    """RAM or the trust policy refused."""
    details = {} if access_denied_detail is None else {"AccessDeniedDetail": access_denied_detail}
    return ApiError(403, *NOT_AUTHORIZED, details=details)

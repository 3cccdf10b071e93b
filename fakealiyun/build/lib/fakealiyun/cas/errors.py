"""The errors of Certificate Management Service. Their codes are guesses."""

from __future__ import annotations

from fakealiyun.openapi import ApiError

NOT_AUTHORIZED = ("NoPermission", "You are not authorized to do this action.")


def absent() -> ApiError:
    """The account has no certificate of this number."""
    return ApiError(404, "NotFound", "The specified certificate does not exist.")

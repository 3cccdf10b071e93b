"""The errors of the OpenAPI gateway itself, before a request reaches its operation.

Codes and messages are the vendor's. Its tables give different HTTP statuses for some errors; here
the table of VOD counts. Clients should use the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.types import ApiError


def missing(name: str) -> ApiError:
    """A required parameter or header is missing. `name` is its API name, such as `VideoId`."""
    return ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")


def invalid(name: str, allowed: str) -> ApiError:
    """The value of a parameter is not allowed. The code is from VOD's common table."""
    return ApiError(400, "InvalidParameter", f"The parameter {name} is invalid: {allowed}.")


def malformed(what: str) -> ApiError:
    """The request cannot be read. The code of the real gateway is not known."""
    return ApiError(400, "InvalidRequest", f"The request is malformed: {what}.")


def too_large(limit: int) -> ApiError:
    """The request is too large. The limits of the real gateway are not known."""
    return ApiError(413, "RequestEntityTooLarge", f"The request body exceeds {limit} bytes.")


def content_type() -> ApiError:
    """The body is neither empty nor a form. (The parameters of VOD and STS are flat.)"""
    return ApiError(400, "InvalidParameter.ContentType", "content type must be JSON or form")


def api_not_found() -> ApiError:
    """The product, or the fake of it, does not have this action."""
    return ApiError(
        404,
        "InvalidAction.NotFound",
        "Specified api is not found, please check your url and method.",
    )


def version_not_found() -> ApiError:
    """No service here has this API version."""
    return ApiError(400, "InvalidVersion", "Specified parameter Version is not valid.")


def method_not_supported() -> ApiError:
    """The method is neither GET nor POST."""
    return ApiError(405, "UnsupportedHTTPMethod", "This http method is not supported.")


def incomplete_signature(what: str) -> ApiError:
    """The Authorization header or the signature parameters follow neither scheme."""
    return ApiError(
        400,
        "IncompleteSignature",
        f"The request signature does not conform to Aliyun standards: {what}.",
    )


def signature_mismatch(string_to_sign: str) -> ApiError:
    """The signature is wrong. Like the real gateway, the error shows the string to sign.

    The caller passes it without the token.
    """
    return ApiError(
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. "
        f"server string to sign is:{string_to_sign}",
    )


def nonce_used() -> ApiError:
    """This AccessKey has used the nonce before, within the time window."""
    return ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def time_stamp_format() -> ApiError:
    """The date does not have the form `yyyy-MM-ddTHH:mm:ssZ`, with milliseconds or without."""
    return ApiError(
        400,
        "InvalidTimeStamp.Format",
        "Specified time stamp or date value is not well formatted.",
    )


def time_stamp_expired() -> ApiError:
    """The date differs from wall time by more than 15 minutes."""
    return ApiError(
        400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
    )


def access_key_not_found() -> ApiError:
    """The AccessKeyId does not exist."""
    return ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")


def access_key_inactive() -> ApiError:
    """The AccessKey is disabled."""
    return ApiError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")


def token_missing() -> ApiError:
    """The request has a temporary AccessKey and no token."""
    return ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")


def token_malformed() -> ApiError:
    """The token was never issued."""
    return ApiError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")


def token_mismatch() -> ApiError:
    """The token belongs to another AccessKey."""
    return ApiError(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
    )


def token_expired() -> ApiError:
    """The token is the right one, but it has expired by cloud time."""
    return ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")


def denied(code: str, message: str, details: Mapping[str, Any]) -> ApiError:
    """RAM refused the call. `details` is the AccessDeniedDetail."""
    return ApiError(403, code, message, details={"AccessDeniedDetail": dict(details)})


def throttled(code: str, message: str, status: int, retry_after: int | None) -> ApiError:
    """The rate is exceeded. `retry_after` (milliseconds) is sent as `x-acs-retry-after`."""
    headers = {} if retry_after is None else {"x-acs-retry-after": str(retry_after)}
    return ApiError(status, code, message, headers=headers)


def internal() -> ApiError:
    """The service itself failed."""
    return ApiError(
        500, "InternalError", "The request processing has failed due to some unknown error."
    )

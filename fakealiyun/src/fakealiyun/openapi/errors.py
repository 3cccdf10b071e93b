"""The errors that the OpenAPI gateway itself gives, before an operation is reached.

Codes and messages are the vendor's; where its tables disagree about an HTTP status the one for
VOD is used, and clients are told to go by the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.types import ApiError


def missing(name: str) -> ApiError:
    """A parameter or header that the request must have; `name` is the protocol's, `VideoId`."""
    return ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")


def invalid(name: str, allowed: str) -> ApiError:
    """A parameter whose value is not allowed. The code is the one of VOD's common table."""
    return ApiError(400, "InvalidParameter", f"The parameter {name} is invalid: {allowed}.")


def malformed(what: str) -> ApiError:
    """A request that cannot be read. The live gateway's code for it is not known."""
    return ApiError(400, "InvalidRequest", f"The request is malformed: {what}.")


def too_large(limit: int) -> ApiError:
    """A request above the size that is read. The live gateway's limits are not known."""
    return ApiError(413, "RequestEntityTooLarge", f"The request body exceeds {limit} bytes.")


def content_type() -> ApiError:
    """A body that is neither empty nor a form (the parameters of VOD and STS are flat)."""
    return ApiError(400, "InvalidParameter.ContentType", "content type must be JSON or form")


def api_not_found() -> ApiError:
    """An action that the product, or this fake of it, does not have."""
    return ApiError(
        404,
        "InvalidAction.NotFound",
        "Specified api is not found, please check your url and method.",
    )


def version_not_found() -> ApiError:
    """An API version that no service here has."""
    return ApiError(400, "InvalidVersion", "Specified parameter Version is not valid.")


def method_not_supported() -> ApiError:
    """A method other than GET and POST."""
    return ApiError(405, "UnsupportedHTTPMethod", "This http method is not supported.")


def incomplete_signature(what: str) -> ApiError:
    """An Authorization header or signature parameters that do not follow either scheme."""
    return ApiError(
        400,
        "IncompleteSignature",
        f"The request signature does not conform to Aliyun standards: {what}.",
    )


def signature_mismatch(string_to_sign: str) -> ApiError:
    """The live gateway echoes the string to sign; the caller's own token is left out of it."""
    return ApiError(
        400,
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. "
        f"server string to sign is:{string_to_sign}",
    )


def nonce_used() -> ApiError:
    """The nonce has been seen with this AccessKey within the window."""
    return ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def time_stamp_format() -> ApiError:
    """A date that is not `yyyy-MM-ddTHH:mm:ssZ`."""
    return ApiError(
        400,
        "InvalidTimeStamp.Format",
        "Specified time stamp or date value is not well formatted.",
    )


def time_stamp_expired() -> ApiError:
    """A date more than 15 minutes from the machine's clock, either way."""
    return ApiError(
        400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
    )


def access_key_not_found() -> ApiError:
    """An AccessKeyId that nobody has."""
    return ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")


def access_key_inactive() -> ApiError:
    """An AccessKey that was disabled."""
    return ApiError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")


def token_missing() -> ApiError:
    """Temporary keys without their token."""
    return ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")


def token_malformed() -> ApiError:
    """A token that was never issued."""
    return ApiError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")


def token_mismatch() -> ApiError:
    """Another AccessKey's token."""
    return ApiError(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
    )


def token_expired() -> ApiError:
    """The right token, after its time (by cloud time)."""
    return ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")


def denied(code: str, message: str, details: Mapping[str, Any]) -> ApiError:
    """RAM refused; `details` is the AccessDeniedDetail."""
    return ApiError(403, code, message, details={"AccessDeniedDetail": dict(details)})


def throttled(code: str, message: str, status: int, retry_after: int | None) -> ApiError:
    """Over the rate. `retry_after` in milliseconds becomes the header `x-acs-retry-after`."""
    headers = {} if retry_after is None else {"x-acs-retry-after": str(retry_after)}
    return ApiError(status, code, message, headers=headers)


def internal() -> ApiError:
    """A failure of the service itself."""
    return ApiError(
        500, "InternalError", "The request processing has failed due to some unknown error."
    )

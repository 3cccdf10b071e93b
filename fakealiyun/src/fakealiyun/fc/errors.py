"""The errors of Function Compute: `{"RequestId", "Code", "Message"}` with the documented statuses.

The table is from the pages about 2.0. No table for 3.0 was found. A comment marks each code that
has another source or is a guess by analogy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi import ApiError

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your access key and signing method"
)
# Errors of the OpenAPI layer, as Function Compute sends them. A wrong token keeps its code.
_TRANSLATED: Mapping[str, tuple[int, str, str | None]] = {
    "SignatureDoesNotMatch": (403, "SignatureNotMatch", _MISMATCH),
    "InvalidAccessKeyId.NotFound": (403, "InvalidAccessKeyID", "invalid access key ID"),
    "InvalidAccessKeyId.Inactive": (403, "InvalidAccessKeyID", "the access key ID is disabled"),
    "IncompleteSignature": (400, "InvalidArgument", None),
    "InvalidTimeStamp.Format": (400, "InvalidArgument", None),
    # The text is documented for HTTP triggers. The code is not documented.
    "InvalidTimeStamp.Expired": (
        400,
        "InvalidArgument",
        "the difference between the request time and the current time is too large",
    ),
    "InvalidRequest": (400, "InvalidArgument", None),
}


def translated(error: ApiError) -> ApiError:
    """An error of the OpenAPI layer, as Function Compute sends it. Other errors do not change."""
    if error.code in ("MissingTimestamp", "MissingSignatureNonce", "MissingContentSha256"):
        name = error.code.removeprefix("Missing")
        return missing_header(name)
    status, code, message = _TRANSLATED.get(error.code, (error.status, error.code, None))
    if message is None:
        message = error.message
    return ApiError(status, code, message, details=error.details, headers=error.headers)


def invalid_argument(message: str) -> ApiError:
    """400: a field is not valid. The message names it and says what is allowed."""
    return ApiError(400, "InvalidArgument", message)


def missing_header(name: str) -> ApiError:
    """400: a required header is missing."""
    return ApiError(400, "MissingRequiredHeader", f"required HTTP header {name} was not specified")


def path_not_supported(method: str, path: str) -> ApiError:
    """400: there is no such operation, or the fake does not have it."""
    return ApiError(
        400, "PathNotSupported", f"'{method[:16]}' against '{path[:256]}' is not supported"
    )


def too_large(limit: int) -> ApiError:
    """400: the body is longer than the operation allows."""
    return ApiError(
        400, "EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)"
    )


def unsupported_media_type() -> ApiError:
    """415: the Content-Type is not JSON."""
    return ApiError(415, "UnsupportedMediaType", "Content-Type must be application/json")


def access_denied(action: str, resource: str, details: Mapping[str, Any] | None = None) -> ApiError:
    """403: RAM does not allow the call."""
    return ApiError(
        403,
        "AccessDenied",
        f"the caller is not authorized to perform '{action}' on resource '{resource}'",
        details=details,
    )


def deployment_not_allowed() -> ApiError:
    """403: this fake was started without `--allow-deploy`."""
    return ApiError(
        403,
        "AccessDenied",
        "this fake Function Compute accepts no deployments: start it with --allow-deploy,"
        " or with FakeCloud(allow_deploy=True)",
    )


def not_faked(what: str) -> ApiError:
    """501: the real service may do this, but the fake does not. The code is the fake's own."""
    return ApiError(501, "NotImplemented", f"{what} (not faked)")


def not_found(kind: str, name: str) -> ApiError:
    """404: `kind` as in `FunctionNotFound`. The texts for 3.0 follow those for 2.0."""
    words = {
        "Function": f"function '{name}' does not exist",
        "Trigger": f"trigger '{name}' does not exist",
        "DomainName": f"domain name '{name}' does not exist",
        "Service": f"service '{name}' does not exist",
        "Version": f"version '{name}' does not exist",
        "Alias": f"alias '{name}' does not exist",
        "AsyncInvokeConfig": f"async invoke config of function '{name}' does not exist",
        "ConcurrencyConfig": f"concurrency config of function '{name}' does not exist",
        "ScalingConfig": f"scaling config of function '{name}' does not exist",
        "ProvisionConfig": f"provision config of function '{name}' does not exist",
    }
    return ApiError(404, f"{kind}NotFound", words[kind])


def already_exists(kind: str, name: str) -> ApiError:
    """409: `kind` as in `FunctionAlreadyExists`."""
    noun = {"DomainName": "domain name"}.get(kind, kind.lower())
    return ApiError(409, f"{kind}AlreadyExists", f"{noun} '{name}' already exists")


def function_not_empty(name: str, what: str) -> ApiError:
    """409: delete the function's parts first. Status and code are guesses (`ServiceNotEmpty`)."""
    return ApiError(409, "FunctionNotEmpty", f"function '{name}' still has {what}")


def nothing_to_publish(name: str) -> ApiError:
    """400: users report the code and the end of the text. The status is a guess."""
    return ApiError(
        400,
        "VersionPublishError",
        f"can not publish version for function '{name}', detail: "
        "'No changes were made since last publish'",
    )


def version_in_use(version: str, alias: str) -> ApiError:
    """409: status and code are guesses. Nobody says whether the service refuses it."""
    return ApiError(409, "VersionInUse", f"version '{version}' is used by alias '{alias}'")


def provision_config_exists(name: str) -> ApiError:
    """409: the code is known from the deployment tool. The status is a guess."""
    return ApiError(
        409, "ProvisionConfigExist", f"provision or scaling config of function '{name}' exists"
    )


def exhausted() -> ApiError:
    """429: all instances that the function may have are busy."""
    return ApiError(
        429, "ResourceExhausted", "the concurrency of the function has reached its limit"
    )


def internal(message: str = "an internal error has occurred") -> ApiError:
    """500: the service itself failed."""
    return ApiError(500, "InternalServerError", message)

"""The errors that Function Compute itself returns, before or instead of a function."""

from __future__ import annotations

from aiohttp import web

COMMON = "FCCommonError"
"""`X-Fc-Error-Type` of every error that does not come from the function."""


class FcError(Exception):
    """A request that Function Compute refuses, with the response's status, `Code` and `Message`.

    Body: `{"RequestId", "Code", "Message"}` (FC's documentation). The statuses of a wrong method
    (403) and of a body that is too large (413) come from pages about FC 2.0. Whether FC 3.0 has
    the same is in doubt, and so is the exact text of the messages.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def response(self, request_id: str) -> web.Response:
        """The HTTP response."""
        return web.json_response(
            {"RequestId": request_id, "Code": self.code, "Message": self.message},
            status=self.status,
            headers={"X-Fc-Error-Type": COMMON},
        )


def invalid_argument(message: str) -> FcError:
    """400: the request is outside the limits."""
    return FcError(400, "InvalidArgument", message)


def route_not_found(path: str) -> FcError:
    """404: no function is bound to the path."""
    return FcError(404, "DomainRouteNotFound", f"no route found for path '{path}'")


def method_not_allowed(method: str) -> FcError:
    """403: the trigger does not list the method."""
    return FcError(403, "AccessDenied", f"the HTTP trigger does not allow the method {method}")


def access_denied(message: str) -> FcError:
    """403: the address or the caller is not allowed."""
    return FcError(403, "AccessDenied", message)


def too_large(limit: int) -> FcError:
    """413: the body is larger than a function may get."""
    return FcError(
        413, "EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)"
    )


def exhausted() -> FcError:
    """429: every instance that the function may have is busy."""
    return FcError(
        429, "ResourceExhausted", "the concurrency of the function has reached its limit"
    )


def bad_response(message: str) -> FcError:
    """502: what the function returned is not a valid HTTP response."""
    return FcError(502, "BadResponse", message)


def internal(message: str) -> FcError:
    """500: the fault is in the service itself."""
    return FcError(500, "InternalServerError", message)

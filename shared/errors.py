"""Every refusal of vodpass: one class for each reason, in one table.

    Refusal
    ├── InvalidRequest        400  a field, header or the body is wrong (``errors`` names each)
    ├── InvalidToken          401  no usable bearer token
    ├── InvalidCallback       401  not a callback of VOD
    ├── Forbidden             403  the token lacks the scope or claim
    ├── VideoNotFound         404  absent, another owner's or unmarked: all alike
    ├── NotConfigured         404  this deployment does not offer it
    ├── MethodNotAllowed      405
    ├── Conflict              409
    │   ├── UploadFinished         the file has arrived (or failed): nothing to authorize
    │   ├── UploadWindowClosed     the upload took longer than the deployment allows
    │   ├── IdempotencyConflict    the key was used with another body
    │   ├── IdempotencyKeySpent    the key's video has been deleted
    │   └── VideoNotReady          not playable (yet): ``Status``, perhaps ``Retry-After``
    ├── PayloadTooLarge       413
    ├── UnsupportedMediaType  415
    └── Upstream                   VOD or STS did not do as asked
        ├── Throttled         429  a rate limit of the account (``Retry-After``)
        ├── Misconfigured     500  settings, permission or account: only the operator can fix it
        ├── UpstreamError     502  an unusable answer
        ├── Unavailable       503  no answer, or a temporary fault (``Retry-After``)
        └── UpstreamTimeout   504  the deadline passed

The text of a refusal never comes from upstream and never holds a secret, a token or a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Effect = Literal["none", "unknown"]  # of a failed call; if it is unknown, a repeat is not safe


@dataclass(frozen=True)
class FieldError:
    """One wrong field: where it is (an RFC 6901 pointer), and what is allowed there."""

    pointer: str
    reason: str


class Refusal(Exception):
    """The reason why a request is not served. The answer is an RFC 9457 problem.

    ``status``, ``code`` and ``title`` belong to the class. ``detail`` is one sentence. ``members``
    are further members of the problem.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.detail = detail
        self.headers: dict[str, str] = dict(headers or {})
        self.members: dict[str, Any] = dict(members or {})


def _retry_after(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(seconds)}


class InvalidRequest(Refusal):
    """400: ``errors`` lists the fields that are wrong, each with what is allowed."""

    status, code, title = 400, "InvalidRequest", "The request is not valid"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail, members={"errors": [*map(vars, errors)]} if errors else None)
        self.errors = tuple(errors)


class InvalidToken(Refusal):
    """401: ``reason`` is a stable word for the log."""

    status, code, title = 401, "InvalidToken", "The bearer token is missing or not valid"

    def __init__(self, reason: str, detail: str) -> None:
        challenge = "Bearer" if reason == "missing" else 'Bearer error="invalid_token"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})
        self.reason = reason


class InvalidCallback(Refusal):
    """401: the same text for a wrong URL, time or signature. ``reason`` is for the log."""

    status, code, title = 401, "InvalidCallback", "This is no callback of VOD's"

    def __init__(self, reason: str) -> None:
        super().__init__("URL, time and signature of a callback must be VOD's.")
        self.reason = reason


class Forbidden(Refusal):
    """403: the token is valid, but does not permit this."""

    status, code, title = 403, "Forbidden", "The token does not permit this"


class VideoNotFound(Refusal):
    """404: the same text for absent, foreign and unmarked videos, so it does not show which."""

    status, code, title = 404, "VideoNotFound", "There is no such video"

    def __init__(self) -> None:
        detail = "No video with this VideoId belongs to you."
        super().__init__(f"{detail} Only videos can be refreshed or played.")


class NotConfigured(Refusal):
    """404: this deployment does not offer this."""

    status, code, title = 404, "NotConfigured", "This deployment does not offer this"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not switched on in this deployment.")


class MethodNotAllowed(Refusal):
    """405: ``Allow`` lists the allowed methods."""

    status, code, title = 405, "MethodNotAllowed", "The method is not allowed here"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Allowed: {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})


class Conflict(Refusal):
    """409: the state of the video, or of the idempotency key, does not allow it."""

    status = 409


class UploadFinished(Conflict):
    """The video no longer awaits its file, or its file is damaged."""

    code, title = "UploadFinished", "The upload is finished"

    def __init__(self, reason: str = "This video no longer awaits its file") -> None:
        super().__init__(f"{reason}, so no credential is issued for it.")


class UploadWindowClosed(Conflict):
    """The upload was begun too long ago."""

    code, title = "UploadWindowClosed", "The upload was begun too long ago"

    def __init__(self) -> None:
        super().__init__("The time allowed for this upload has passed. Begin a new upload.")


class IdempotencyConflict(Conflict):
    """The Idempotency-Key was used before, with another body."""

    code, title = "IdempotencyConflict", "The Idempotency-Key belongs to another request"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another body. Use a new key.")


class IdempotencyKeySpent(Conflict):
    """The video of this Idempotency-Key was deleted."""

    code, title = "IdempotencyKeySpent", "The Idempotency-Key's video was deleted"

    def __init__(self) -> None:
        super().__init__("The video of this Idempotency-Key was deleted. Use a new key.")


class VideoNotReady(Conflict):
    """The video is not playable. ``retry_after`` (seconds) is set while that may change."""

    code, title = "VideoNotReady", "The video cannot be played in its present state"

    def __init__(self, video_status: str, retry_after: int | None) -> None:
        detail = "Only a video whose Status is Normal can be played."
        headers = _retry_after(retry_after)
        super().__init__(detail, headers=headers, members={"Status": video_status})


class PayloadTooLarge(Refusal):
    """413: ``limit`` is in bytes."""

    status, code, title = 413, "PayloadTooLarge", "The request is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} bytes are accepted.")


class UnsupportedMediaType(Refusal):
    """415: the body must be JSON in UTF-8, without a content encoding."""

    status, code, title = 415, "UnsupportedMediaType", "The body must be application/json"


class Upstream(Refusal):
    """The cloud did not do as asked. ``effect``: whether it may still have done something."""

    def __init__(
        self, detail: str, *, effect: Effect = "none", retry_after: int | None = None
    ) -> None:
        super().__init__(detail, headers=_retry_after(retry_after))
        self.effect: Effect = effect


class Throttled(Upstream):
    """429: a rate limit of the account."""

    status, code, title = 429, "Throttled", "Too many requests"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("The cloud's rate limit was reached.", retry_after=max(1, retry_after))


class Misconfigured(Upstream):
    """500: only the operator can fix it."""

    status, code, title = 500, "Misconfigured", "The service is not set up correctly"


class UpstreamError(Upstream):
    """502: the answer of the cloud cannot be used."""

    status, code, title = 502, "UpstreamError", "The cloud gave an answer that cannot be used"


class Unavailable(Upstream):
    """503: a temporary fault. Repeat after ``Retry-After``."""

    status, code, title = 503, "Unavailable", "The service is not available for the moment"

    def __init__(self, detail: str, *, effect: Effect = "none", retry_after: int = 1) -> None:
        super().__init__(detail, effect=effect, retry_after=retry_after)


class UpstreamTimeout(Upstream):
    """504: no answer within the deadline."""

    status, code, title = 504, "UpstreamTimeout", "The cloud did not answer in time"

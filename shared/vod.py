"""The seam to VOD: the operations vodpass needs, through the official client.

The client makes and signs the requests; ``shared.transport`` carries them. It is imported at the
first call, after token and body are known to be good: a stranger must not cost a cold SDK.
Whatever goes wrong leaves here as one of ``shared.errors``, in our words, never in upstream's.
"""

from __future__ import annotations

import base64
import calendar
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from shared.credentials import FunctionRole
from shared.errors import (
    Effect,
    FieldError,
    InvalidRequest,
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    Upstream,
    UpstreamError,
    UpstreamTimeout,
)
from shared.settings import Settings
from shared.transport import DeadlinePassed, Transport, TransportError

CREDENTIAL_LIFE = 3000  # seconds an upload credential lives, by VOD's documentation
AWAITING_FILE = "Uploading"
PLAYABLE = "Normal"
MAY_BECOME_PLAYABLE = frozenset({"Uploading", "UploadSucc", "Transcoding", "Checking"})

_FIRST_ATTEMPT = 3.0  # seconds, where a second one may follow
_LOOK_UP_RESERVE = 2.5  # seconds kept back from a create, to find out what became of it


@dataclass(frozen=True)
class Video:
    """What GetVideoInfo says of a video. ``age`` is in seconds, by VOD's own clock."""

    video_id: str
    status: str
    reference_id: str | None
    user_data: str | None = field(repr=False)
    age: float


@dataclass(frozen=True)
class UploadCredential:
    """A credential for one upload. ``expires_at`` is epoch seconds by VOD's clock."""

    video_id: str
    upload_address: str = field(repr=False)
    upload_auth: str = field(repr=False)
    expires_at: float
    expires_in: int


@dataclass(frozen=True)
class PlayCredential:
    """A credential to play one video."""

    play_auth: str = field(repr=False)
    video_meta: Mapping[str, Any] = field(repr=False)
    expires_at: float
    expires_in: int


class NotFoundAtVod(Exception):
    """VOD knows no such video."""


class IllegalStatus(Exception):
    """VOD does not do this in the video's present Status."""


class Rejected(Exception):
    """VOD refused for a reason of its own, that is no fault of field, permission or rate."""


class Vod:
    """VOD for one invocation: calls share its deadline, and ``request_ids`` keeps VOD's ids."""

    def __init__(self, client: Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self.request_ids: list[str] = []

    def create_upload_video(self, fields: Mapping[str, Any]) -> UploadCredential:
        """CreateUploadVideo, sent once and never again: a repeat would make a second video.

        ``fields`` are VOD's parameters in the SDK's spelling. Raises Rejected, or a Refusal
        whose ``effect`` tells whether the video may exist all the same.
        """
        timeout = self._left() - _LOOK_UP_RESERVE
        try:
            body, now, _ = self._once("create_upload_video", "CreateUploadVideo", fields, timeout)
        except (NotFoundAtVod, IllegalStatus):
            raise Rejected from None
        return _upload_credential(body, now)

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        """RefreshUploadVideo. Raises NotFoundAtVod, IllegalStatus or a Refusal."""
        fields = {"video_id": video_id}
        body, now, _ = self._call("refresh_upload_video", "RefreshUploadVideo", fields)
        credential = _upload_credential(body, now)
        if credential.video_id != video_id:
            raise UpstreamError("VOD answered for another video.")
        return credential

    def video(self, *, video_id: str | None = None, reference_id: str | None = None) -> Video:
        """GetVideoInfo, by either id. Raises NotFoundAtVod or a Refusal."""
        fields = {"video_id": video_id, "reference_id": reference_id}
        body, now, _ = self._call("get_video_info", "GetVideoInfo", fields)
        return _video(body, now)

    def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
        """GetVideoPlayAuth for ``timeout`` seconds. Raises NotFoundAtVod, IllegalStatus, …"""
        fields = {"video_id": video_id, "auth_info_timeout": timeout}
        body, now, took = self._call("get_video_play_auth", "GetVideoPlayAuth", fields)
        meta = body.get("VideoMeta")
        if not isinstance(meta, dict):
            raise UpstreamError("VOD's answer lacks VideoMeta.")
        # The credential's time began somewhere within the call: counted from before it.
        expires_at = now - took + timeout
        return PlayCredential(_text(body, "PlayAuth"), meta, expires_at, int(expires_at - now))

    def _call(
        self, method: str, operation: str, fields: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], float, float]:
        """An operation that may be repeated, once, after a passing fault."""
        try:
            try:
                timeout = min(self._left(), _FIRST_ATTEMPT)
                return self._once(method, operation, fields, timeout)
            except (Unavailable, UpstreamError, UpstreamTimeout):
                if self._client.key_expired or self._left() <= 0:
                    raise
            return self._once(method, operation, fields, self._left())
        except Rejected:
            raise UpstreamError("VOD refused for a reason that is not foreseen.") from None

    def _once(
        self, method: str, operation: str, fields: Mapping[str, Any], timeout: float
    ) -> tuple[Mapping[str, Any], float, float]:
        if timeout <= 0:
            raise UpstreamTimeout("The deadline of this call passed.")
        given = {name: value for name, value in fields.items() if value is not None}
        begin = time.monotonic()
        body, headers = self._client.send(method, operation, given, timeout, self.request_ids)
        return body, _server_time(headers), time.monotonic() - begin

    def _left(self) -> float:
        return self._deadline - time.monotonic()


def _upload_credential(body: Mapping[str, Any], now: float) -> UploadCredential:
    address, auth = _text(body, "UploadAddress"), _text(body, "UploadAuth")
    inner = _decoded(auth)
    # A client given a malformed pair hangs without a word: better refused here.
    if not inner.keys() >= {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}:
        raise UpstreamError("VOD's UploadAuth cannot be used.", effect="unknown")
    if not _decoded(address).keys() >= {"Endpoint", "Bucket", "FileName"}:
        raise UpstreamError("VOD's UploadAddress cannot be used.", effect="unknown")
    # Documents promise 3000 s; where the credential itself says less, that is what counts.
    expires_at = min(now + CREDENTIAL_LIFE, _utc(inner.get("ExpireUTCTime")) or float("inf"))
    expires_in = max(0, int(expires_at - now))
    return UploadCredential(_text(body, "VideoId"), address, auth, expires_at, expires_in)


def _video(body: Mapping[str, Any], now: float) -> Video:
    info = body.get("Video")
    if not isinstance(info, dict):
        raise UpstreamError("VOD's answer lacks Video.")
    created = _utc(info.get("CreationTime"))
    if created is None:
        raise UpstreamError("VOD's answer lacks a CreationTime.")
    reference_id, user_data = info.get("ReferenceId"), info.get("UserData")
    return Video(
        _text(info, "VideoId"),
        _text(info, "Status"),
        reference_id if isinstance(reference_id, str) else None,
        user_data if isinstance(user_data, str) else None,
        now - created,
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError(f"VOD's answer lacks {name}.", effect="unknown")
    return value


def _decoded(value: str) -> Mapping[str, Any]:
    try:
        decoded = json.loads(base64.b64decode(value, validate=True))
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)


def _utc(value: Any) -> float | None:
    """VOD's time text (UTC, to the second) as epoch seconds."""
    match = _UTC.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return float(calendar.timegm(tuple(int(part) for part in match.groups())))


def utc_text(seconds: float) -> str:
    """Epoch seconds as VOD writes time: UTC, to the second, rounded down."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def _server_time(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError, IndexError):
        raise UpstreamError("VOD's answer lacks a Date.", effect="unknown") from None


class Client:
    """The official client of one instance, made at the first call."""

    def __init__(self, settings: Settings, role: FunctionRole) -> None:
        self._settings = settings
        self._role = role
        self._transport = Transport()
        self._made: Any = None

    @property
    def key_expired(self) -> bool:
        """Whether VOD has said so of the key this instance holds: repeating is of no use then."""
        return self._role.spent

    def send(
        self,
        method: str,
        operation: str,
        fields: Mapping[str, Any],
        timeout: float,
        request_ids: list[str],
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """One request: the answer's body and headers. ``timeout`` in seconds."""
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from alibabacloud_vod20170321 import models
        from darabonba.runtime import RuntimeOptions
        from Tea.exceptions import UnretryableException

        if self._made is None:
            self._made = self._make()
        request = getattr(models, f"{operation}Request")(**fields)
        options = RuntimeOptions(read_timeout=max(1, int(timeout * 1000)))
        try:
            answer = getattr(self._made, f"{method}_with_options")(request, options)
            body, headers = answer.body.to_map(), answer.headers
        except AlibabaCloudException as fault:
            _remember(request_ids, getattr(fault, "request_id", None))
            raise self._refused(fault) from None
        except UnretryableException as fault:
            raise _unanswered(fault.inner_exception) from None
        except (AttributeError, TypeError, ValueError, KeyError):
            # What the client's model cannot hold; its text may quote the answer.
            raise UpstreamError("VOD's answer cannot be read.", effect="unknown") from None
        _remember(request_ids, body.get("RequestId"))
        return body, headers

    def _make(self) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config
        from alibabacloud_vod20170321.client import Client as SdkClient
        from darabonba.core import DaraCore

        DaraCore.do_action = staticmethod(self._carry)
        settings = self._settings
        config = Config(
            credential=self._role,
            region_id=settings.region,
            endpoint=settings.vod_endpoint or None,
            protocol="http" if settings.vod_endpoint else "https",
            user_agent="vodpass",
        )
        return SdkClient(config)

    def _carry(self, request: Any, options: Mapping[str, Any] | None = None) -> Any:
        """What the client calls instead of its own transport."""
        from urllib.parse import urlencode

        from darabonba.response import DaraResponse

        path = request.pathname or "/"
        if request.query:
            path += "?" + urlencode({k: str(v) for k, v in request.query.items() if v is not None})
        body = request.body or b""
        answer = self._transport.exchange(
            request.method,
            request.headers["host"],
            path,
            request.headers,
            body.encode("utf-8") if isinstance(body, str) else body,
            tls=request.protocol.lower() == "https",
            timeout=(options or {})["readTimeout"] / 1000,
        )
        _require_json_object(answer.body, answer.status)
        response = DaraResponse()
        response.status_code = answer.status
        response.headers = dict(answer.headers)
        response.body = answer.body
        return response

    def _refused(self, fault: Any) -> Exception:
        """VOD's refusal, by its Code: an HTTP status alone means too many things."""
        code = fault.code if isinstance(fault.code, str) else ""
        status = fault.status_code if isinstance(fault.status_code, int) else 0
        retry_after = getattr(fault, "retry_after", None)
        if code == "InvalidSecurityToken.Expired":
            self._role.mark_expired()
            return Unavailable("The service is renewing its own authorization.")
        if code.startswith("Throttling") or isinstance(retry_after, int) or status == 429:
            return Throttled(-(-retry_after // 1000) if isinstance(retry_after, int) else 1)
        if code == "InvalidVideo.NotFound":
            return NotFoundAtVod()
        if code == "Forbidden.IllegalStatus":
            return IllegalStatus()
        if code in _FIELD_FAULTS or code.startswith("Missing"):
            return _invalid_field(code)
        for prefix, detail in _OPERATOR_FAULTS.items():
            if code == prefix or code.startswith(f"{prefix}."):
                return Misconfigured(detail)
        if status >= 500:
            return _failed(status)
        return Rejected()


_FIELD_FAULTS: Mapping[str, str] = {
    "InvalidFileName.Extension": "/FileName",
    "IllegalCharacters": "",
    "LengthExceededMax": "",
    "TagsExceededMax": "/Tags",
    "InvalidParameter": "",
}
"""Codes by which VOD refuses a field, and the field where the code alone tells it."""

_OPERATOR_FAULTS: Mapping[str, str] = {
    "InvalidAccessKeyId": "VOD does not accept the function's key.",
    "SignatureDoesNotMatch": "VOD does not accept the function's signature.",
    "InvalidSecurityToken": "VOD does not accept the function's token.",
    "InvalidTimeStamp": "The instance's clock is off.",
    "InvalidTemplateGroupId": "VODPASS_TEMPLATE_GROUP_ID names nothing that VOD has.",
    "InvalidStorage": "VODPASS_STORAGE_LOCATION names nothing that VOD has in this region.",
    "OperationDenied": "The account's VOD service is not open, or suspended.",
    "Forbidden": "The function's role lacks a permission, or the account was not initialised.",
    "NoPermission": "The function's role lacks a permission.",
    "InvalidApi": "VOD does not offer this operation in this region.",
    "InvalidAction": "VOD does not offer this operation in this region.",
}
"""Codes only an operator can mend, with all that a caller may be told."""


def _invalid_field(code: str) -> InvalidRequest:
    pointer = _FIELD_FAULTS.get(code, "")
    errors = [FieldError(pointer, "is not accepted by VOD")] if pointer else []
    return InvalidRequest("VOD does not accept one of the fields as it is.", errors)


def _failed(status: int) -> Upstream:
    if status == 503:
        return Unavailable("VOD is not available.", effect="unknown")
    return UpstreamError("VOD failed.", effect="unknown")


def _unanswered(cause: object) -> Refusal:
    """Why there was no answer, from what the transport or our own code raised."""
    if isinstance(cause, Refusal):
        return cause
    if isinstance(cause, TransportError):
        effect: Effect = "unknown" if cause.sent else "none"
        if isinstance(cause, DeadlinePassed):
            return UpstreamTimeout("VOD did not answer within the deadline.", effect=effect)
        return Unavailable("VOD could not be reached, or broke off.", effect=effect)
    return UpstreamError("VOD's answer cannot be read.", effect="unknown")


def _require_json_object(body: bytes, status: int) -> None:
    """The client quotes what it cannot parse in its exceptions: it is never given such a thing."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        if status >= 500:
            raise _failed(status)
        raise UpstreamError("VOD's answer is not JSON.", effect="unknown")


def _remember(request_ids: list[str], request_id: object) -> None:
    if isinstance(request_id, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", request_id):
        request_ids.append(request_id)

"""The seam to Alibaba Cloud, one method wide, through the official clients.

A client makes and signs the requests; ``shared.transport`` carries them. It is imported at the
first call, after token and body are known to be good: a stranger must not cost a cold SDK.
Whatever goes wrong leaves here as one of ``shared.errors`` or as the service's own exception, in
our words, never in upstream's.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from shared.alibaba.credentials import FunctionRole
from shared.config.settings import Settings
from shared.errors import (
    Effect,
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    Upstream,
    UpstreamError,
    UpstreamTimeout,
)
from shared.transport import BrokenAnswer, DeadlinePassed, Transport, TransportError

T = TypeVar("T")

FIRST_ATTEMPT = 3.0  # seconds, where a second one may follow


@dataclass(frozen=True)
class Service:
    """One product: its official client, its endpoint by the settings, what its codes mean.

    ``models`` and ``client`` import the SDK when they are called, not before.
    """

    models: Callable[[], Any]
    client: Callable[[Any], Any]
    endpoint: Callable[[Settings], str]
    meaning: Callable[[str], Exception | None]
    """What a Code of the service's own means: the exception to raise, or None where unknown."""


class Rejected(Exception):
    """Refused for a reason that is no fault of field, permission, rate or state known to us.

    ``code`` is the service's own word for it, to be compared and never shown.
    """

    def __init__(self, code: str = "") -> None:
        super().__init__("the cloud refused")
        self.code = code


@dataclass(frozen=True)
class Answer:
    """An operation's answer. ``now``: epoch seconds by the service's clock; ``took``: seconds."""

    body: Mapping[str, Any] = field(repr=False)
    now: float
    took: float


class Session:
    """The cloud for one invocation: calls share its deadline; ``request_ids`` collects theirs."""

    def __init__(self, client: Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self.request_ids: list[str] = []

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - time.monotonic()

    def cloud_time(self) -> float:
        """Epoch seconds by the cloud's clock as of its last answer; by ours before the first."""
        return time.time() + self._client.ahead

    def once(
        self, operation: str, fields: Mapping[str, Any], timeout: float | None = None
    ) -> Answer:
        """Send a request, and never again. ``fields`` are parameters in the SDK's spelling; None
        means absent. Raises a Refusal, Rejected, or an exception of the service's own."""
        allowed = self.left if timeout is None else timeout
        if allowed <= 0:
            raise UpstreamTimeout("The deadline of this call passed.")
        given = {name: value for name, value in fields.items() if value is not None}
        begin = time.monotonic()
        body, headers = self._client.send(operation, given, allowed, self.request_ids)
        now = _server_time(headers)
        self._client.ahead = now - time.time()
        return Answer(body, now, time.monotonic() - begin)

    def repeatable(
        self, operation: str, fields: Mapping[str, Any], read: Callable[[Answer], T]
    ) -> T:
        """An operation that does no harm when repeated: sent once more after a passing fault, or
        an answer that ``read`` cannot use. Returns what ``read`` makes of the answer."""
        try:
            try:
                return read(self.once(operation, fields, min(self.left, FIRST_ATTEMPT)))
            except (Unavailable, UpstreamError, UpstreamTimeout):
                if self._client.key_expired or self.left <= 0:
                    raise
            return read(self.once(operation, fields))
        except Rejected:
            raise UpstreamError("The cloud refused for a reason that is not foreseen.") from None


def text(body: Mapping[str, Any], name: str) -> str:
    """A member of an answer that must be text. Raises UpstreamError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError(f"The cloud's answer lacks {name}.", effect="unknown")
    return value


_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)


def epoch(value: Any) -> float | None:
    """The cloud's time text (UTC, to the second) as epoch seconds; None for anything else."""
    match = _UTC.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return float(calendar.timegm(tuple(int(part) for part in match.groups())))
    except ValueError:
        return None


def utc_text(seconds: float) -> str:
    """Epoch seconds as the cloud writes time: UTC, to the second, rounded down."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def _server_time(headers: Mapping[str, str]) -> float:
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
        return calendar.timegm(date.utctimetuple())  # HTTP dates are GMT, whatever their zone says
    except (ValueError, TypeError, IndexError):
        raise UpstreamError("The cloud's answer lacks a Date.", effect="unknown") from None


class Client:
    """The official client of one service in one instance, made at the first call."""

    def __init__(self, service: Service, settings: Settings, role: FunctionRole) -> None:
        self._service = service
        self._settings = settings
        self._role = role
        self._transport = Transport()
        self._made: Any = None
        self.ahead = 0.0  # seconds the cloud's clock is ahead of ours

    @property
    def key_expired(self) -> bool:
        """Whether the cloud has said so of the key this instance holds: repeating is no use."""
        return self._role.spent

    def send(
        self, operation: str, fields: Mapping[str, Any], timeout: float, request_ids: list[str]
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """One request: the answer's body and headers. ``timeout`` in seconds."""
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from darabonba.runtime import RuntimeOptions
        from Tea.exceptions import UnretryableException

        if self._made is None:
            self._made = self._make()
        request = getattr(self._service.models(), f"{operation}Request")(**fields)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
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
            raise UpstreamError("The cloud's answer cannot be read.", effect="unknown") from None
        _remember(request_ids, body.get("RequestId"))
        return body, headers

    def _make(self) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config
        from darabonba.core import DaraCore

        DaraCore.do_action = staticmethod(self._carry)
        endpoint = self._service.endpoint(self._settings)
        config = Config(
            credential=self._role,
            region_id=self._settings.region,
            endpoint=endpoint or None,
            protocol="http" if endpoint else "https",
            user_agent="vodpass",
        )
        return self._service.client(config)

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
        """A refusal by its Code: an HTTP status alone means too many things."""
        code = fault.code if isinstance(fault.code, str) else ""
        status = fault.status_code if isinstance(fault.status_code, int) else 0
        retry_after = getattr(fault, "retry_after", None)
        if code == "InvalidSecurityToken.Expired":
            self._role.mark_expired()
            return Unavailable("The service is renewing its own authorization.")
        if code.startswith("Throttling") or isinstance(retry_after, int) or status == 429:
            return Throttled(-(-retry_after // 1000) if isinstance(retry_after, int) else 1)
        meant = self._service.meaning(code)
        if meant is not None:
            return meant
        for prefix, detail in _OPERATOR_FAULTS.items():
            if code == prefix or code.startswith(f"{prefix}."):
                return Misconfigured(detail)
        return _failed(status) if status >= 500 else Rejected(code)


_OPERATOR_FAULTS: Mapping[str, str] = {
    "InvalidAccessKeyId": "The cloud does not accept the function's key.",
    "SignatureDoesNotMatch": "The cloud does not accept the function's signature.",
    "MissingSecurityToken": "The cloud does not accept the function's key.",
    "InvalidSecurityToken": "The cloud does not accept the function's token.",
    "InvalidTimeStamp": "The instance's clock is off.",
    "OperationDenied": "The account's service is not open, or suspended.",
    "Forbidden": "The function's role lacks a permission, or the account was not initialised.",
    "NoPermission": "The function's role lacks a permission.",
    "InvalidApi": "This operation is not offered in this region.",
    "InvalidAction": "This operation is not offered in this region.",
}
"""Codes of every service that only an operator can mend, with all that a caller may be told."""


def _failed(status: int) -> Upstream:
    if status == 503:
        return Unavailable("The cloud is not available.", effect="unknown")
    return UpstreamError("The cloud failed.", effect="unknown")


def _unanswered(cause: object) -> Refusal:
    """Why there was no answer, from what the transport or our own code raised."""
    if isinstance(cause, Refusal):
        return cause
    if isinstance(cause, TransportError):
        effect: Effect = "unknown" if cause.sent else "none"
        if isinstance(cause, DeadlinePassed):
            return UpstreamTimeout("No answer came within the deadline.", effect=effect)
        if isinstance(cause, BrokenAnswer):
            return UpstreamError("The cloud's answer was cut short.", effect=effect)
        return Unavailable("The cloud could not be reached, or broke off.", effect=effect)
    return UpstreamError("The cloud's answer cannot be read.", effect="unknown")


def _require_json_object(body: bytes, status: int) -> None:
    """The client quotes what it cannot parse in its exceptions: it is never given such a thing."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        if status >= 500:
            raise _failed(status)
        raise UpstreamError("The cloud's answer is not JSON.", effect="unknown")


def _remember(request_ids: list[str], request_id: object) -> None:
    if isinstance(request_id, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", request_id):
        request_ids.append(request_id)

"""Sends delayed messages to a queue of SMQ (formerly MNS).

The official client would add three packages to every cold start, for one signed request. The
protocol is SendMessage of API 2015-06-06, signed as its documentation and clients do. Tests read
what is sent from here with the official client.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Protocol
from urllib.parse import urlsplit

from shared.alibaba.credentials import FunctionRole
from shared.errors import Effect, Misconfigured, Throttled, Unavailable
from shared.transport import Transport, TransportError

TIMEOUT = 1.5  # seconds

_TYPE = "text/xml;charset=utf-8"
_VERSION = "x-mns-version:2015-06-06"


class Queue:
    """One queue, by its URL ``https://ACCOUNT.mns.REGION.aliyuncs.com/queues/NAME``."""

    def __init__(self, url: str, role: FunctionRole) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.netloc
        self._path = f"{parts.path}/messages"
        self._role = role
        self._transport = Transport()

    def send(self, text: str, delay: int, timeout: float = TIMEOUT) -> None:
        """Sends a message that SMQ delivers after ``delay`` seconds (0 to 604800), at least once.

        ``timeout`` is in seconds. Raises Misconfigured if the queue does not exist or refuses this
        role, else Throttled or Unavailable. Then SMQ may still have accepted the message.
        """
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Message xmlns="http://mns.aliyuncs.com/doc/v1/">'
            f"<MessageBody>{base64.b64encode(text.encode('utf-8')).decode('ascii')}</MessageBody>"
            f"<DelaySeconds>{delay}</DelaySeconds>"
            "</Message>"
        ).encode("ascii")
        try:
            answer = self._transport.exchange(
                "POST",
                self._host,
                self._path,
                signed_headers(self._role.get_credential(), "POST", self._path, _TYPE),
                body,
                tls=self._tls,
                timeout=min(timeout, TIMEOUT),
            )
        except TransportError as fault:
            effect: Effect = "unknown" if fault.sent else "none"
            raise Unavailable("The queue could not be reached.", effect=effect) from None
        if answer.status == 201:
            return
        code = _code(answer.body)
        if code == EXPIRED:
            self._role.mark_expired()
            raise Unavailable("The service is renewing its own authorization.")
        if answer.status == 429 or code == "QpsLimitExceeded":
            raise Throttled
        if 400 <= answer.status < 500:
            raise Misconfigured(FAULTS.get(code, "The queue does not accept the message."))
        raise Unavailable("The queue is not available.", effect="unknown")


EXPIRED = "SecurityTokenExpired"
"""The role credential has expired. A new instance has another."""

FAULTS: Mapping[str, str] = {
    "QueueNotExist": "The queue that VODPASS_WATCH_QUEUE names does not exist.",
    "AccessDenied": "The function's role may not send to the queue.",
    "InvalidAccessKeyId": "The queue does not accept the function's key.",
    "SignatureDoesNotMatch": "The queue does not accept the function's signature.",
    "InvalidSecurityToken": "The queue does not accept the function's token.",
    "TimeExpired": "The instance's clock is off.",
}
"""Code of SendMessage -> what to say. All are for the operator."""


def _code(body: bytes) -> str:
    found = re.search(rb"<Code>([A-Za-z0-9.]{1,64})</Code>", body)
    return found[1].decode("ascii") if found else ""


class Signer(Protocol):
    """An AccessKey. ``security_token`` is empty for a long-term key."""

    @property
    def access_key_id(self) -> str: ...
    @property
    def access_key_secret(self) -> str: ...
    @property
    def security_token(self) -> str: ...


def signed_headers(key: Signer, method: str, target: str, content_type: str) -> dict[str, str]:
    """The headers of a request for ``target`` (path and query), signed with ``key``."""
    date = formatdate(usegmt=True)
    signed = f"{method}\n\n{content_type}\n{date}\n{_VERSION}\n{target}"
    mac = hmac.digest(key.access_key_secret.encode(), signed.encode("ascii"), "sha1")
    name, _, version = _VERSION.partition(":")
    headers = {
        "Content-Type": content_type,
        "Date": date,
        name: version,
        "Authorization": f"MNS {key.access_key_id}:{base64.b64encode(mac).decode('ascii')}",
        "security-token": key.security_token,
    }
    return {name: value for name, value in headers.items() if value}

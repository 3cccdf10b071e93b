"""Events handed on to the app: one signed POST, by the Standard Webhooks specification.

The published library would be one more package in every cold start, for a single HMAC; tests
verify with it what is sent from here. The URL is the operator's, yet it is kept to https and to
public addresses, follows no redirect and obeys no proxy variable: an event says which users
upload what.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.transport import Transport, TransportError

TIMEOUT = 5.0  # seconds


class NotDelivered(Exception):
    """The app has not taken the event. The text is constant: nothing of the answer is kept."""

    def __init__(self) -> None:
        super().__init__("the webhook did not take the event")


@dataclass(frozen=True)
class Event:
    """A CloudEvent to hand on; ``event_id`` is the same for every repeat of the same news."""

    event_id: str
    content: Mapping[str, Any] = field(repr=False)


class Webhook:
    """One receiver: its URL and the one or two secrets it knows."""

    def __init__(self, url: str, secrets: tuple[bytes, ...], *, private: bool = False) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.netloc
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._secrets = secrets
        self._transport = Transport(public_only=not private)

    def deliver(self, event: Event, timeout: float = TIMEOUT) -> None:
        """Send one event; any 2xx is taken for delivered. Raises NotDelivered."""
        body = json.dumps(event.content, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "vodpass",
            "webhook-id": event.event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._secrets, event.event_id, timestamp, body),
        }
        try:
            answer = self._transport.exchange(
                "POST",
                self._host,
                self._path,
                headers,
                body,
                tls=self._tls,
                timeout=min(timeout, TIMEOUT),
                read_body=False,
            )
        except TransportError:
            raise NotDelivered from None
        if not 200 <= answer.status < 300:
            raise NotDelivered


def sign(secrets: tuple[bytes, ...], event_id: str, timestamp: str, body: bytes) -> str:
    """The webhook-signature header: one signature a secret, so that a rotation loses nothing."""
    message = f"{event_id}.{timestamp}.".encode("ascii") + body
    signatures = (hmac.digest(secret, message, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(mac).decode('ascii')}" for mac in signatures)

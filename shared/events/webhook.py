"""Delivers events to the app's receiver: one signed POST, by the Standard Webhooks specification.

The published library would add a package to every cold start, for a single HMAC. Tests verify with
it what is sent from here. The operator chose the URL, but it is still restricted to https and
public addresses, and no redirect or proxy is followed: an event says which user uploads what.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from urllib.parse import urlsplit

from shared.config.settings import Settings
from shared.events.event import Event
from shared.transport import Transport, TransportError

TIMEOUT = 5.0  # seconds


class NotDelivered(Exception):
    """The receiver did not accept the event. The text is constant and holds nothing of it."""

    def __init__(self) -> None:
        super().__init__("the webhook did not take the event")


class Webhook:
    """One receiver: its URL, and its one or two secrets."""

    def __init__(self, url: str, secrets: tuple[bytes, ...], *, private: bool = False) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.netloc
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._secrets = secrets
        self._transport = Transport(public_only=not private)

    def deliver(self, event: Event, timeout: float = TIMEOUT) -> None:
        """Sends one event. Any 2xx means delivered. Raises NotDelivered. ``timeout``: seconds."""
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


class Receivers:
    """The app's receivers, each made once in an instance, so that its connection is kept."""

    def __init__(self) -> None:
        self._made: dict[bool, Webhook] = {}

    def of(self, settings: Settings, *, credentials: bool = False) -> Webhook:
        """The receiver of events; with ``credentials`` the receiver of renewed credentials."""
        if credentials not in self._made:
            url, secrets = settings.webhook_url, settings.webhook_secrets
            if credentials:
                url = settings.credential_webhook_url
                secrets = settings.credential_webhook_secrets
            private = settings.webhook_private or settings.local
            self._made[credentials] = Webhook(url, secrets, private=private)
        return self._made[credentials]


def sign(secrets: tuple[bytes, ...], event_id: str, timestamp: str, body: bytes) -> str:
    """The webhook-signature header: one signature for each secret, for the time of a rotation."""
    message = f"{event_id}.{timestamp}.".encode("ascii") + body
    signatures = (hmac.digest(secret, message, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(mac).decode('ascii')}" for mac in signatures)

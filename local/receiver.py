"""The app's side of webhooks, for whoever has no receiver of their own: it verifies what comes,
keeps it for a while and shows it."""

from __future__ import annotations

from collections import deque
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fakealiyun.guard import Refused

WEBHOOK_PATH = "/_local/webhook"
EVENTS_PATH = "/_local/events"
MAX_BODY = 256 * 1024  # bytes
MOST_KEPT = 500


class Receiver:
    """Takes webhooks of the Standard Webhooks specification at WEBHOOK_PATH and lists them at
    EVENTS_PATH, each delivery as `webhook-id`, `webhook-timestamp` and the parsed `body`, the
    newest last and no more than MOST_KEPT; a repeat is listed again. `secret` is `whsec_` and
    base64."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._delivered: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)

    def routes(self) -> list[web.RouteDef]:
        """The two routes. Foreign pages are kept from them by the server's guard."""
        return [web.post(WEBHOOK_PATH, self._take), web.get(EVENTS_PATH, self._list)]

    async def _take(self, request: web.Request) -> web.Response:
        """204 for what verifies; else 401, and it is forgotten."""
        body = bytearray()
        async for chunk in request.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > MAX_BODY:
                raise Refused(413, f"the body may have at most {MAX_BODY} bytes")
        try:
            content = self._webhook.verify(bytes(body), dict(request.headers))
        # The library lets a malformed signature, text or JSON surface as a ValueError.
        except (WebhookVerificationError, ValueError):
            raise Refused(401, "this is no webhook that the local functions signed") from None
        self._delivered.append(
            {
                "webhook-id": request.headers["webhook-id"],
                "webhook-timestamp": request.headers["webhook-timestamp"],
                "body": content,
            }
        )
        return web.Response(status=204)

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"events": list(self._delivered)}, headers={"Cache-Control": "no-store"}
        )

"""The built-in receiver of webhooks: verifies, keeps and lists them.

It is for developers who have no receiver yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fakealiyun.guard import GuardError

WEBHOOK_PATH = "/_local/webhook"
EVENTS_PATH = "/_local/events"
MAX_BODY = 256 * 1024  # bytes
MOST_KEPT = 500


class Receiver:
    """Accepts webhooks at WEBHOOK_PATH and lists them at EVENTS_PATH.

    The webhooks follow the Standard Webhooks specification. `secret` is `whsec_` and base64. Each
    delivery is listed as `webhook-id`, `webhook-timestamp` and the parsed `body`, newest last, also
    if it is a repeat. The last MOST_KEPT deliveries are kept. `on_delivery` is called with each
    delivery and `verified`. A delivery that does not verify has no other member.
    """

    def __init__(
        self, secret: str, on_delivery: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        self._webhook = Webhook(secret)
        self._on_delivery = on_delivery
        self._delivered: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)

    def routes(self) -> list[web.RouteDef]:
        """The two routes. The guard of the server refuses pages of other sites."""
        return [web.post(WEBHOOK_PATH, self._accept), web.get(EVENTS_PATH, self._list)]

    async def _accept(self, request: web.Request) -> web.Response:
        """204 if the webhook verifies. Else 401, and it is not kept."""
        body = bytearray()
        async for chunk in request.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > MAX_BODY:
                raise GuardError(413, f"the body may have at most {MAX_BODY} bytes")
        try:
            content = self._webhook.verify(bytes(body), dict(request.headers))
        # The library raises ValueError for a malformed signature, text or JSON.
        except (WebhookVerificationError, ValueError):
            self._report({"verified": False})
            raise GuardError(401, "the local functions did not sign this webhook") from None
        delivery = {
            "webhook-id": request.headers["webhook-id"],
            "webhook-timestamp": request.headers["webhook-timestamp"],
            "body": content,
        }
        self._delivered.append(delivery)
        self._report({**delivery, "verified": True})
        return web.Response(status=204)

    def _report(self, delivery: Mapping[str, Any]) -> None:
        if self._on_delivery is not None:
            self._on_delivery(delivery)

    async def _list(self, request: web.Request) -> web.Response:
        """The deliveries. `?subject=` selects those about one video, image or attached medium."""
        wanted = request.query.get("subject")
        listed = [one for one in self._delivered if wanted in (None, one["body"].get("subject"))]
        return web.json_response({"events": listed}, headers={"Cache-Control": "no-store"})

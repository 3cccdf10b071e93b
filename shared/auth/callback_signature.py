"""Is this a callback of VOD's? The URL first, then the time, then the signature.

VOD signs ``md5(URL|timestamp|key)``: neither strong nor over the body. So the URL itself carries
128 random bits, and the body is taken for a hint, never for a fact (see ``shared.events.event``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from shared.config.settings import Settings
from shared.errors import InvalidCallback
from shared.web.http import Request

WINDOW = 300  # seconds either way


def from_vod(settings: Settings) -> Callable[[Request], None]:
    """What raises InvalidCallback for any request that is not VOD's."""
    path = urlsplit(settings.callback_url).path.encode("utf-8")

    def admit(request: Request) -> None:
        sent = request.path.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(sent, path) or request.query:
            raise InvalidCallback("url")
        timestamp = request.headers.get("x-vod-timestamp", "")
        if not re.fullmatch(r"[0-9]{10}", timestamp, re.ASCII):
            raise InvalidCallback("timestamp")
        if abs(time.time() - int(timestamp)) > WINDOW:
            raise InvalidCallback("timestamp")
        given = request.headers.get("x-vod-signature", "").encode("utf-8", "surrogatepass")
        genuine = False
        for key in settings.callback_keys:
            message = f"{settings.callback_url}|{timestamp}|{key}".encode()
            # MD5 is VOD's choice; the key is long, and the URL is a secret of its own.
            expected = hashlib.md5(message, usedforsecurity=False).hexdigest().encode()
            genuine |= hmac.compare_digest(expected, given)
        if not genuine:
            raise InvalidCallback("signature")

    return admit

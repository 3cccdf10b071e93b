"""Check that the deployed `events` accepts callbacks that are signed with a key.

This sends a callback without an event, signed as VOD would sign it. `events` answers 401 if it
does not accept the signature. Otherwise it reads the body and answers 400, because there is no
event in it. The only effect is one line in the function's log.
"""

import json
import time
from urllib.parse import urlsplit

from ops import signed_callback
from ops.command_line import Refused
from shared.transport import Transport, TransportError

TIMEOUT = 15.0  # seconds, with a cold start
_BODY = b'{"EventType": ""}'


def require_accepted(url: str, key: str) -> None:
    """Raise Refused unless the receiver at the CallbackURL `url` accepts what `key` signs."""
    parts = urlsplit(url)
    signed = signed_callback.headers(url, int(time.time()), key)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        answer = Transport().exchange(
            "POST",
            parts.netloc,
            path or "/",
            {"Connection": "close", **signed},
            _BODY,
            tls=parts.scheme == "https",
            timeout=TIMEOUT,
        )
        code = json.loads(answer.body).get("Code")
    except (TransportError, ValueError, AttributeError, RecursionError):
        raise Refused("the receiver at the CallbackURL did not answer as vodpass does") from None
    if (answer.status, code) == (401, "InvalidCallback"):
        raise Refused(
            "the receiver does not accept the new key yet: deploy the value of --prepare first,"
            " and check the clock of this machine"
        )
    if (answer.status, code) != (400, "InvalidRequest"):
        raise Refused("the receiver at the CallbackURL did not answer as vodpass does")

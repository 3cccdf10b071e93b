"""Does the deployed receiver take callbacks signed with this key?

A callback without an event is sent as VOD would sign it. `functions/events` answers 401 where the
signature is not one it accepts, and only then looks into the body: 400, because there is no event.
Nothing comes of it but one line in the function's log.
"""

import hashlib
import json
import time
from urllib.parse import urlsplit

from ops.keyring import Refused
from shared.transport import Transport, TransportError

TIMEOUT = 15.0  # seconds; a cold start is among them
_BODY = b'{"EventType": ""}'


def require_accepted(url: str, key: str) -> None:
    """Raises Refused unless the receiver at `url` accepts what `key` signs. `url` as VOD has it."""
    parts = urlsplit(url)
    timestamp = str(int(time.time()))
    text = f"{url}|{timestamp}|{key}"
    headers = {
        "Host": parts.netloc,
        "Connection": "close",
        "Content-Type": "application/json",
        "X-VOD-TIMESTAMP": timestamp,
        # MD5 is VOD's choice.
        "X-VOD-SIGNATURE": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    }
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        answer = Transport().exchange(
            "POST",
            parts.netloc,
            path or "/",
            headers,
            _BODY,
            tls=parts.scheme == "https",
            timeout=TIMEOUT,
        )
        code = json.loads(answer.body).get("Code")
    except (TransportError, ValueError, AttributeError):
        raise Refused("the receiver at the CallbackURL gave no answer of vodpass's") from None
    if (answer.status, code) == (401, "InvalidCallback"):
        raise Refused(
            "the receiver does not accept the new key yet: deploy the value of --prepare first,"
            " and look at the clock of this machine"
        )
    if (answer.status, code) != (400, "InvalidRequest"):
        raise Refused("the receiver at the CallbackURL gave no answer of vodpass's")

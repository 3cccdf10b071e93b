"""Receives events from vodpass. Set VODPASS_WEBHOOK_SECRETS and PORT, then: python3 receiver.py"""

import base64
import hmac
import json
import logging
import os
import threading
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE = 300  # seconds
LONGEST = 1024 * 1024  # bytes
# During a rotation: two secrets, separated by a comma.
SECRETS = [
    base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    for secret in os.environ["VODPASS_WEBHOOK_SECRETS"].split(",")
]
if min(map(len, SECRETS)) < 24:  # anybody could sign with an empty secret
    raise SystemExit("each secret of VODPASS_WEBHOOK_SECRETS must have 24 bytes or more")
seen: set[str] = set()  # in your app: a unique column, written in one transaction with the effect
writing = threading.Lock()


def verify(headers: Message, body: bytes) -> Any:
    """The verified event. Raises ValueError if the signature or the time is wrong."""
    timestamp = headers.get("webhook-timestamp", "")
    if abs(int(time.time()) - int(timestamp)) > TOLERANCE:
        raise ValueError("the timestamp is too old or in the future")
    signed = f"{headers.get('webhook-id')}.{timestamp}.".encode() + body
    macs = (hmac.digest(secret, signed, "sha256") for secret in SECRETS)
    expected = [b"v1," + base64.b64encode(mac) for mac in macs]
    given = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        raise ValueError("the signature matches none of our secrets")
    return json.loads(body)


class Receiver(BaseHTTPRequestHandler):
    timeout = 10  # seconds

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
            body = self.rfile.read(min(max(length, 0), LONGEST))
            event = verify(self.headers, body)
        except ValueError:
            self.send_error(401)
            return
        with writing:
            repeated = event["id"] in seen
            seen.add(event["id"])
        if not repeated:  # of a video's state, a repeat with a newer time counts too
            logging.info("%s %s", event["type"], event.get("subject"))
        self.send_response(204)
        self.end_headers()


logging.basicConfig(level=logging.INFO, format="%(message)s")
with ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver) as server:
    logging.info("listening on http://127.0.0.1:%d", server.server_port)
    server.serve_forever()

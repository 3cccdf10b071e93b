"""An issuer of tokens on loopback. It signs with its own keys and publishes their public halves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PATH = "/.well-known/jwks.json"

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Key:
    """A private key and its key id."""

    kid: str
    alg: str = "RS256"
    private: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.private is None and self.alg == "RS256":
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif self.private is None:
            self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a JWK, in the form that most issuers publish."""
        kind = RSAAlgorithm if self.alg == "RS256" else ECAlgorithm
        members = kind.to_jwk(self.private.public_key(), as_dict=True)
        numbers = {name: members[name] for name in members if name != "key_ops"}
        return {**numbers, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **headers: Any) -> str:
        """A token with these claims. By default it is issued now and expires in an hour."""
        now = int(time.time())
        timed = {"iat": now, "exp": now + 3600, **claims}
        return jwt.encode(
            timed, self.private, algorithm=self.alg, headers={"kid": self.kid, **headers}
        )


class JwksServer:
    """Serves a JWKS over HTTP and records each fetch. It can also send another response."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.fetched: list[str] = []
        self.answer: Callable[[], Answer]
        self.publish(*keys)
        serving = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                serving.fetched.append(self.path)
                status, headers, body = serving.answer()
                defaults = {"Content-Length": str(len(body)), "Connection": "close"}
                self.send_response(status)
                for name, value in {**defaults, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the client has closed the connection

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.02), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def publish(self, *keys: Mapping[str, Any]) -> None:
        """From now on, serve a JWKS of these keys."""
        self.send(json.dumps({"keys": list(keys)}).encode())

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        """From now on, send this response."""
        self.answer = lambda: (status, headers, body)

    def __enter__(self) -> JwksServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

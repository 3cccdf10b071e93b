"""Functions that accept what they must refuse; each has a mistake that people have made."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import jwt


class FaultyFunction(BaseHTTPRequestHandler):
    """Answers every path as one function would, except for its `mistake`."""

    protocol_version = "HTTP/1.1"
    mistake: ClassVar[str]
    method: ClassVar[str]
    secret: ClassVar[bytes]
    kid: ClassVar[str]
    public_key: ClassVar[bytes]
    bodies: ClassVar[list[bytes]]

    def do_OPTIONS(self) -> None:
        headers = {"Allow": f"{self.method}, OPTIONS"}
        if self.mistake == "any origin":
            headers["Access-Control-Allow-Origin"] = "*"
        self.answer(204, None, headers)

    def do_PUT(self) -> None:
        headers = {} if self.mistake == "no Allow" else {"Allow": f"{self.method}, OPTIONS"}
        self.answer(405, "MethodNotAllowed", headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.bodies.append(body)
        if self.mistake == "any signature of a callback":
            signed = "X-VOD-SIGNATURE" in self.headers
            self.answer(*((400, "InvalidRequest") if signed else (401, "InvalidCallback")))
            return
        if self.headers.get("Authorization") is None and self.mistake != "no token":
            self.answer(401, "InvalidToken", {"WWW-Authenticate": "Bearer"})
        elif self.mistake == "no keys":
            self.answer(503, "Unavailable", {"Retry-After": "1"})
        elif self.admits(self.headers.get("Authorization", "").partition(" ")[2]):
            self.answer(400, "InvalidRequest")
        else:
            self.answer(401, "InvalidToken", {"WWW-Authenticate": "Bearer"})

    def admits(self, token: str) -> bool:
        if self.mistake == "no token" and not token:
            return True
        options: Any = {"verify_aud": False}
        header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        if self.mistake == "alg none" and header["alg"] == "none":
            return True
        if self.mistake == "no signature":
            options["verify_signature"] = False
        if self.mistake == "no expiry":
            options["verify_exp"] = False
        if self.mistake != "any audience":
            options["verify_aud"] = True
        if self.mistake == "HS256 with a public key" and header["alg"] == "HS256":
            signed, _, signature = token.rpartition(".")
            made = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
            padded = base64.urlsafe_b64decode(signature + "==")
            return made.verify(signed.encode(), self.public_key, padded)
        try:
            claims = jwt.decode(
                token, self.secret, algorithms=["HS256"], audience="vodpass", options=options
            )
        except jwt.PyJWTError:
            return False
        return bool(
            claims["exp"] - claims.get("iat", 0) <= 86400
            and "nbf" not in claims
            and claims["iss"] == "vodpass-local"
            and (header.get("kid") == self.kid or self.mistake == "no signature")
        )

    def answer(self, status: int, code: str | None, headers: dict[str, str] | None = None) -> None:
        body = b"" if code is None else json.dumps({"Code": code, "status": status}).encode()
        self.send_response(status)
        given = {
            "Cache-Control": "public" if self.mistake == "stored" else "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def serve(mistake: str, secret: bytes, kid: str, public_key: bytes = b"") -> Iterator[str]:
    """The URL of a function with this mistake."""
    made = type(
        "Function",
        (FaultyFunction,),
        {
            "mistake": mistake,
            "method": "POST",
            "secret": secret,
            "kid": kid,
            "public_key": public_key,
            "bodies": [],
        },
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
        # No accepted request could have created an upload.
        assert set(made.bodies) == {b"{}"}  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)

"""`POST /_local/token`: issues a token like one from the app's own login."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt
from aiohttp import web

from fakealiyun.guard import GuardError, control_body
from local.checkout_keys import LocalKeys

ROUTE = "/_local/token"
ISSUER = "vodpass-local"
AUDIENCE = "vodpass"
SCOPES = ("vod:upload", "vod:refresh", "vod:play", "vod:sts")
DEFAULT_LIFE = 3600  # seconds
MAX_LIFE = 86400
MAX_SUBJECT_BYTES = 128

_VOD_KEYS = {"play", "upload", "sts", "limits"}


def token_routes(keys: LocalKeys) -> list[web.RouteDef]:
    """The route that signs development tokens with the key of this checkout, and its preflight.

    Body: `sub` (1 to 128 bytes). Optional: `scope` (words separated by spaces; default: all four),
    `vod` (the claim that restricts the token; default: none) and `expires_in` (seconds, 1 to 86400;
    default 3600). Any other body gets 400. The guard of the server refuses pages of other sites;
    a page that it admits may read the answer.
    """

    async def issue(request: web.Request) -> web.Response:
        claims = _claims(await control_body(request))
        token = jwt.encode(claims, keys.secret, algorithm="HS256", headers={"kid": keys.kid})
        headers = {"Cache-Control": "no-store", **_readable_by(request)}
        return web.json_response({"token": token}, headers=headers)

    async def preflight(request: web.Request) -> web.Response:
        if "Origin" not in request.headers:
            raise GuardError(405, "allowed: POST")
        return web.Response(
            status=204,
            headers={
                **_readable_by(request),
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": "600",
            },
        )

    return [web.post(ROUTE, issue), web.options(ROUTE, preflight)]


def _readable_by(request: web.Request) -> dict[str, str]:
    """The CORS headers for the page that the guard has admitted."""
    origin = request.headers.get("Origin")
    return {} if origin is None else {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _claims(body: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(body) - {"sub", "scope", "vod", "expires_in"})
    if unknown:
        raise GuardError(400, "the body may have sub, scope, vod and expires_in only")
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": _subject(body.get("sub")),
        "scope": _scope(body.get("scope", " ".join(SCOPES))),
        "iat": now,
        "exp": now + _life(body.get("expires_in", DEFAULT_LIFE)),
    }
    if "vod" in body:
        claims["vod"] = _vod(body["vod"])
    return claims


def _subject(value: Any) -> str:
    try:
        sound = isinstance(value, str) and 1 <= len(value.encode()) <= MAX_SUBJECT_BYTES
    except UnicodeEncodeError:
        sound = False
    if not sound:
        raise GuardError(400, f"sub must be a string of 1 to {MAX_SUBJECT_BYTES} bytes of UTF-8")
    return str(value)


def _scope(value: Any) -> str:
    if not isinstance(value, str) or not set(value.split()) <= set(SCOPES):
        raise GuardError(400, f"scope must be words out of: {' '.join(SCOPES)}")
    return value


def _vod(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= _VOD_KEYS:
        raise GuardError(400, "vod must be an object that may have play, upload, sts and limits")
    return value


def _life(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_LIFE:
        raise GuardError(400, f"expires_in must be a whole number of seconds from 1 to {MAX_LIFE}")
    return value

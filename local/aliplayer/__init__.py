"""Aliplayer for the page: a sandboxed frame with a policy of its own.

Aliplayer needs `eval`, which the policy of the page forbids. So it runs in a frame whose origin is
opaque: it can read nothing of the page, and gets only what the page sends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from local.static import file_route, static_routes

PREFIX = "/aliplayer"
PACKAGE = Path("aliyun-aliplayer") / "build"
_VENDOR = "https://g.alicdn.com"
_LOOPBACK = "http://127.0.0.1:* http://localhost:* http://*.localhost:*"
POLICY = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        # The player loads its parts and the check of the licence from the vendor's CDN.
        f"script-src 'self' 'unsafe-eval' {_VENDOR}",
        f"style-src 'self' 'unsafe-inline' {_VENDOR}",
        f"img-src 'self' data: blob: {_LOOPBACK} {_VENDOR}",
        f"font-src data: {_VENDOR}",
        f"media-src blob: {_LOOPBACK}",
        f"connect-src {_LOOPBACK} {_VENDOR} https://*.aliyuncs.com",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"}


def aliplayer_routes(modules: Path) -> Iterator[web.RouteDef]:
    """The frame, and the files of the player's npm package in `modules`. None if it is missing."""
    build = modules / PACKAGE
    if not build.is_dir():
        return
    here = Path(__file__).parent
    yield file_route(f"{PREFIX}/", here / "frame.html", _HEADERS)
    yield file_route(f"{PREFIX}/frame.js", here / "frame.js")
    yield file_route(f"{PREFIX}/frame.css", here / "frame.css")
    yield from static_routes(build, f"{PREFIX}/build")

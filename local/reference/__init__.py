"""`/docs/`: openapi.yaml, shown by Swagger UI. Everything comes from this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from local.static import file_route

PREFIX = "/docs"
PACKAGE = "swagger-ui-dist"
FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # Swagger UI sets style attributes.
        "style-src 'self'; style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def reference_routes(project: Path) -> Iterator[web.RouteDef]:
    """The page, openapi.yaml, and the files of the npm package. None if it is not installed."""
    package = project / "node_modules" / PACKAGE
    if not package.is_dir():
        return
    here = Path(__file__).parent
    yield web.get(PREFIX, _to_the_page)
    yield file_route(f"{PREFIX}/", here / "index.html", {"Content-Security-Policy": POLICY})
    yield file_route(f"{PREFIX}/start.js", here / "start.js")
    yield file_route(f"{PREFIX}/reference.css", here / "reference.css")
    yield file_route("/openapi.yaml", project / "openapi.yaml")
    for name in FILES:
        yield file_route(f"{PREFIX}/{name}", package / name)


async def _to_the_page(_request: web.Request) -> web.Response:
    # Relative addresses on the page need the final slash.
    raise web.HTTPPermanentRedirect(f"{PREFIX}/")

"""Serves the page at `/`: the files of one folder, and no other file of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp4": "video/mp4",
    ".wasm": "application/wasm",
    ".yaml": "application/yaml; charset=utf-8",
}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def static_routes(folder: Path, prefix: str = "") -> list[web.RouteDef]:
    """One route for each file, at `prefix` and its path below `folder`. `index.html` is also served
    at `prefix` and `/`.

    The path of a request never becomes a path on disk, so no request can leave the folder. New
    files need a restart; the content of a file is read at each request. Links and hidden files are
    not served.
    """
    routes = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.is_symlink() or not path.is_file() or path.suffix not in _TYPES:
            continue
        routes.append(file_route(f"{prefix}/{relative.as_posix()}", path))
        if relative.as_posix() == "index.html":
            routes.append(file_route(f"{prefix}/", path))
    return routes


def file_route(url: str, path: Path, headers: Mapping[str, str] | None = None) -> web.RouteDef:
    """One file at one address. `headers` come before the usual ones."""
    sent = {**_HEADERS, "Content-Type": _TYPES[path.suffix], **(headers or {})}

    async def serve(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(path, headers=sent)

    return web.get(url, serve)

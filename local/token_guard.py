"""Lets pages of the developer's own front end get development tokens, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from fakealiyun.guard import Guard, split_host
from local.development_token import ROUTE


def loopback_origins(origins: Iterable[str]) -> frozenset[str]:
    """Those whose host is a loopback name. Other machines can serve pages of any other origin."""
    return frozenset(origin for origin in origins if _is_loopback(origin))


def _is_loopback(origin: str) -> bool:
    scheme, mark, host = origin.partition("://")
    parts = split_host(host) if mark and scheme in ("http", "https") else None
    if parts is None:
        return False
    name = parts[0]
    return name in ("127.0.0.1", "localhost", "[::1]") or name.endswith(".localhost")


class TokenGuard(Guard):
    """A guard that also admits `token_origins` to ROUTE, by POST and by its preflight.

    Every other control route refuses them, as it refuses every foreign page.
    """

    def __init__(self, *, own_origins: Iterable[str], token_origins: Iterable[str]) -> None:
        super().__init__(own_origins=own_origins)
        self._token_origins = loopback_origins(token_origins)

    def check_page(self, request: web.BaseRequest) -> None:
        """See Guard."""
        if request.path == ROUTE and request.method in ("POST", "OPTIONS"):
            origins = request.headers.getall("Origin", [])
            if len(origins) == 1 and origins[0] in self._token_origins:
                return
        super().check_page(request)

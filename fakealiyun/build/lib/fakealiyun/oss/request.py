"""The head of a request, before authentication: method, host, path, query, headers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from fakealiyun.oss.errors import OssError

if TYPE_CHECKING:
    from aiohttp import web


@dataclass(frozen=True)
class RequestHead:
    """A request without its body.

    `raw_path` is encoded. `query` and `headers` are decoded and have each name once. Header names
    are lower case. `repr` shows none of them, because they may contain a secret or a signature.
    """

    method: str
    host: str
    raw_path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    secure: bool = False
    source_ip: str = ""

    def __repr__(self) -> str:
        return f"<RequestHead {self.method}>"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query parameters by name."""
        return dict(self.query)

    @cached_property
    def _headers(self) -> dict[str, str]:
        return dict(self.headers)

    def header(self, name: str) -> str | None:
        """The value of a header by its lower-case name, or None."""
        return self._headers.get(name)


def read_head(request: web.Request) -> RequestHead:
    """The head of a request.

    Raises OssError InvalidURI for a target that is not a path, or a query that is not well-formed.
    Raises InvalidArgument if a parameter or a signed header occurs twice, because it is unclear
    which one counts.
    """
    raw_path, _, raw_query = request.raw_path.partition("?")
    return RequestHead(
        method=request.method,
        host=request.host,
        raw_path=raw_path,
        query=parse_query(raw_query),
        headers=_merge_headers(request),
        secure=request.secure,
        source_ip=request.remote or "",
    )


def parse_query(raw: str) -> tuple[tuple[str, str], ...]:
    """The query parameters in order. `+` is a space, as in a form. Raises OssError."""
    pairs = [_pair(piece) for piece in raw.split("&") if piece]
    if len(pairs) != len(dict(pairs)):
        raise OssError("InvalidArgument", "A query parameter occurs more than once.")
    return tuple(pairs)


def _pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return _form_decode(name), _form_decode(value)


def _form_decode(raw: str) -> str:
    try:
        plain = raw.replace("+", " ").encode("utf-8", "surrogateescape")
        return unquote_to_bytes(plain).decode("utf-8")
    except UnicodeDecodeError:
        raise OssError("InvalidURI") from None


def _merge_headers(request: web.Request) -> tuple[tuple[str, str], ...]:
    merged: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        if lower not in merged:
            merged[lower] = value.strip()
        elif lower.startswith("x-oss-") or lower in _ONCE:
            raise OssError("InvalidArgument", f"The header {lower} occurs more than once.")
        else:
            merged[lower] += "," + value.strip()
    return tuple(merged.items())


_ONCE = frozenset({"authorization", "content-md5", "content-type", "date", "host", "range"})

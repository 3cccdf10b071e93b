"""Reads a request: its parts, its flat parameters, and their canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from multidict import CIMultiDictProxy

from fakealiyun.openapi import errors

MAX_BODY = 256 * 1024  # bytes; the longest parameters are a few KB of text
MAX_PARAMETERS = 256
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class RawRequest:
    """One complete HTTP request. The query is not decoded."""

    method: str
    path: str
    query: str = field(repr=False)
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)
    host: str
    source_ip: str
    secure: bool

    def header(self, name: str) -> str | None:
        """The value of a header, or None. Raises ApiError if the header is repeated."""
        values = self.headers.getall(name, [])
        if len(values) > 1:
            raise errors.malformed(f"header {name.lower()} occurs more than once")
        return values[0].strip() if values else None

    @property
    def has_form(self) -> bool:
        """Whether the body is a url-encoded form."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower() == (
            "application/x-www-form-urlencoded"
        )


def parameters_of(request: RawRequest) -> dict[str, str]:
    """The parameters of the query and, for POST, of the form in the body.

    Raises ApiError for a name that occurs twice, bytes that are not UTF-8, a broken escape, too
    many parameters, or a body that is not a form.
    """
    parsed = parse(request.query)
    if request.body:
        if request.method != "POST" or not request.has_form:
            raise errors.content_type()
        try:
            form = request.body.decode("ascii")
        except UnicodeDecodeError:
            raise errors.malformed("the form is not url-encoded") from None
        parsed += parse(form)
    if len(parsed) > MAX_PARAMETERS:
        raise errors.malformed("too many parameters")
    found = dict(parsed)
    if len(found) != len(parsed):
        # Which of the two values the real gateway uses is not known. A signature covers both.
        raise errors.malformed("a parameter occurs more than once")
    return found


def parse(text: str) -> list[tuple[str, str]]:
    """Url-encoded text as pairs. Both `+` and `%20` mean a space. Raises ApiError."""
    pairs = []
    if text.count("&") > MAX_PARAMETERS:
        raise errors.malformed("too many parameters")
    for part in text.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if _BAD_ESCAPE.search(part):
            raise errors.malformed("a percent sign without two hexadecimal digits")
        try:
            pairs.append((_decode(name), _decode(value)))
        except UnicodeDecodeError:
            raise errors.malformed("a parameter is not UTF-8") from None
        if not pairs[-1][0]:
            raise errors.malformed("a parameter without a name")
    return pairs


def _decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")


def encode(text: str) -> str:
    """Escape text as RFC 3986 says: only letters, digits and `-_.~` stay unescaped."""
    return quote(text, safe="~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs sorted by name, escaped, and joined as `k=v&k=v`. An empty value gives `k=`."""
    encoded = sorted((encode(name), encode(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)

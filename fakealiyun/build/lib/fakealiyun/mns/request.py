"""A complete request to SMQ: method, host, path, query, headers and body."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_to_bytes

from aiohttp import web

from fakealiyun.mns.documents import UnknownElement, parse
from fakealiyun.mns.errors import MnsError, against_schema
from fakealiyun.xml import Element, MalformedXml

MAX_BODY = 512 * 1024
"""The largest body in bytes: 64 KB of messages, in which every character may be escaped."""
_CHUNK = 64 * 1024
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_XML_TYPES = ("text/xml", "application/xml")


@dataclass(frozen=True)
class MnsRequest:
    """One request. `path` and `query` are not decoded. The names of `headers` are lower case."""

    method: str
    host: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    source_ip: str = ""
    secure: bool = False

    def header(self, name: str) -> str | None:
        """A header by its lower-case name, or None."""
        return self.headers.get(name)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The decoded segments of the path. Raises MnsError InvalidRequestURL."""
        if not self.path.startswith("/"):
            raise MnsError("InvalidRequestURL")
        return tuple(_decode(part, "InvalidRequestURL") for part in self.path[1:].split("/"))

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The query parameters by lower-case name: the service's pages differ in their case.

        A `+` is not decoded to a space, because clients put handles into the URL without encoding.
        Raises MnsError.
        """
        pairs = [part.partition("=") for part in self.query.split("&") if part]
        code = "InvalidQueryString"
        decoded = [(_decode(name, code).lower(), _decode(value, code)) for name, _, value in pairs]
        found = dict(decoded)
        if len(found) != len(decoded):
            raise MnsError(code, "A query parameter occurs more than once.")
        return found

    def check_body(self) -> None:
        """Raises MnsError InvalidDegist if Content-MD5 is present and does not match the body.

        The header is base64 of the digest or of its hexadecimal form. All official clients except
        one send the second form.
        """
        given = self.header("content-md5")
        digest = hashlib.md5(self.body, usedforsecurity=False)
        if given is None or given in (_base64(digest.digest()), _base64(digest.hexdigest())):
            return
        raise MnsError("InvalidDegist")

    @cached_property
    def document(self) -> Element:
        """The root element of the body. Raises MnsError MalformedXML and InvalidArgument."""
        kind = (self.header("content-type") or _XML_TYPES[0]).partition(";")[0].strip().lower()
        if kind not in _XML_TYPES:
            raise MnsError("InvalidArgument", "Content-Type must be text/xml or application/xml.")
        try:
            return parse(self.body)
        except MalformedXml:
            raise MnsError("MalformedXML") from None
        except UnknownElement as error:
            raise against_schema(error.name) from None


async def read(request: web.Request) -> MnsRequest:
    """Reads the complete request.

    Raises MnsError as soon as the body is larger than MAX_BODY. Raises MnsError if a header that
    matters occurs twice, because it is unclear which one counts.
    """
    path, _, query = request.raw_path.partition("?")
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        if name.lower() in headers and not _may_repeat(name.lower()):
            raise MnsError("InvalidArgument", f"The header {name.lower()} occurs more than once.")
        headers[name.lower()] = value.strip()
    return MnsRequest(
        method=request.method,
        host=request.headers.get("Host", ""),
        path=path,
        query=query,
        headers=headers,
        body=await _body(request),
        source_ip=request.remote or "",
        secure=request.secure,
    )


async def _body(request: web.Request) -> bytes:
    too_large = MnsError("InvalidArgument", f"A request has at most {MAX_BODY} bytes.")
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > MAX_BODY:
            raise too_large
    return bytes(body)


def _may_repeat(name: str) -> bool:
    signed = ("authorization", "content-md5", "content-type", "date", "security-token")
    return not name.startswith("x-mns-") and name not in signed


def _decode(raw: str, code: str) -> str:
    if _BAD_ESCAPE.search(raw):
        raise MnsError(code)
    try:
        return unquote_to_bytes(raw.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        raise MnsError(code) from None


def _base64(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()

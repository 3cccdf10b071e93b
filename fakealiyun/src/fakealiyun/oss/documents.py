"""The XML of OSS: results in answers, and the list of parts in a request."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fakealiyun import xml
from fakealiyun.oss.errors import XML_LAYOUT, OssError
from fakealiyun.xml import Element, XmlContent

_MAX_DEPTH = 3
_MAX_ELEMENTS = 100_000
MAX_PARTS = 10_000


def render(root: str, content: Mapping[str, XmlContent]) -> bytes:
    """An XML document in UTF-8 with its elements in the order given."""
    return xml.render(root, content, XML_LAYOUT)


def encoded(value: str, encoding_type: str | None) -> str:
    """A key or prefix as the caller asked for it: percent-encoded with `encoding-type=url`.

    `/` is encoded too (source: recorded answers).
    """
    return quote(value, safe="~") if encoding_type == "url" else value


def parse_complete(body: bytes) -> list[tuple[int, str]]:
    """The (number, ETag) pairs of a CompleteMultipartUpload body, in the order of the body.

    The list may be empty: the real service accepts that. Raises OssError MalformedXML for anything
    else: a document type, entities, other elements, or more than 10,000 parts.
    """
    try:
        root = xml.read(body, depth=_MAX_DEPTH, elements=_MAX_ELEMENTS)
    except xml.MalformedXml:
        raise OssError("MalformedXML") from None
    parts = [_part(element) for element in _children(root, "CompleteMultipartUpload")]
    if len(parts) > MAX_PARTS:
        raise OssError("MalformedXML")
    return parts


def _part(element: Element) -> tuple[int, str]:
    """One part. It may have other fields, but each only once."""
    fields = {child.name: child for child in _children(element, "Part")}
    if len(fields) != len(element.children) or any(f.children for f in fields.values()):
        raise OssError("MalformedXML")
    number, etag = (fields[name].text if name in fields else "" for name in ("PartNumber", "ETag"))
    number = number.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 9 and etag):
        raise OssError("MalformedXML")
    return int(number), etag.strip()


def _children(element: Element, name: str) -> list[Element]:
    """The children of an element with this name, which has no text of its own."""
    if element.name != name or element.text.strip():
        raise OssError("MalformedXML")
    return element.children

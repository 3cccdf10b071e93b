"""The XML of OSS: results in answers, and the bodies of requests."""

from __future__ import annotations

from urllib.parse import quote

from fakealiyun import xml
from fakealiyun.oss.errors import XML_LAYOUT, OssError
from fakealiyun.xml import Element, XmlContent

_MAX_DEPTH = 4
_MAX_ELEMENTS = 100_000
MAX_PARTS = 10_000


def render(root: str, content: XmlContent) -> bytes:
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
    root = read(body, "CompleteMultipartUpload")
    parts = [_part(element) for element in root.children]
    if len(parts) > MAX_PARTS:
        raise OssError("MalformedXML")
    return parts


def _part(element: Element) -> tuple[int, str]:
    """One part. It may have other fields, but each only once."""
    found = fields(element, "Part")
    number, etag = found.get("PartNumber", "").strip(), found.get("ETag", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 9 and etag):
        raise OssError("MalformedXML")
    return int(number), etag.strip()


def read(body: bytes, name: str) -> Element:
    """The root of a request's XML, which must have this name. Raises OssError MalformedXML."""
    try:
        root = xml.read(body, depth=_MAX_DEPTH, elements=_MAX_ELEMENTS)
    except xml.MalformedXml:
        raise OssError("MalformedXML") from None
    children(root, name)
    return root


def fields_of(body: bytes, name: str) -> dict[str, str]:
    """The fields of a document that is one level deep. Raises OssError MalformedXML."""
    return fields(read(body, name), name)


def fields(element: Element, name: str) -> dict[str, str]:
    """The texts of the children of an element with this name, each of which occurs once.

    Raises OssError MalformedXML.
    """
    found = {child.name: child.text for child in children(element, name)}
    if len(found) != len(element.children) or any(child.children for child in element.children):
        raise OssError("MalformedXML")
    return found


def children(element: Element, name: str) -> list[Element]:
    """The children of an element with this name, which has no text of its own.

    Raises OssError MalformedXML.
    """
    if element.name != name or element.text.strip():
        raise OssError("MalformedXML")
    return element.children

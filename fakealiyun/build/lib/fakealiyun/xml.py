"""XML for every service: writes answers, and reads requests without expanding anything in them.

A service says how it lays out its answers with a `Layout`. Which elements a request may hold is
the service's business; this module only checks that the body is plain, well-formed XML.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

#: A value, a nested element, or several elements of one name.
XmlContent = Union[str, int, float, "Mapping[str, XmlContent]", "Sequence[XmlContent]"]

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Layout:
    """How a service writes its XML.

    `indent` is repeated for each level; None puts the whole document on one line. `replacement`
    stands for each character that XML cannot hold. With `keep_carriage_return` a carriage return
    is written as a character reference, so that the reader does not see a line feed instead.
    `short_empty` writes an element without content as one tag.
    """

    indent: str | None
    namespace: str = ""
    replacement: str = "\ufffd"
    keep_carriage_return: bool = False
    short_empty: bool = False

    def text(self, value: object) -> str:
        """A value as character data. True and False become `true` and `false`."""
        plain = str(value).lower() if isinstance(value, bool) else str(value)
        references = {"\r": "&#13;"} if self.keep_carriage_return else {}
        return escape(_NOT_IN_XML.sub(self.replacement, plain), references)


def render(root: str, content: XmlContent, layout: Layout) -> bytes:
    """A document in UTF-8, with its elements in the order given.

    A list becomes one element for each item, all of the same name.
    """
    attribute = f' xmlns="{layout.namespace}"' if layout.namespace else ""
    lines = [DECLARATION, *_element(root, content, layout, 0, attribute)]
    if layout.indent is None:
        return "".join(lines).encode()
    return "\n".join([*lines, ""]).encode()


def _element(
    name: str, value: XmlContent, layout: Layout, depth: int, attribute: str = ""
) -> Iterable[str]:
    indent = (layout.indent or "") * depth
    if layout.short_empty and value in ("", {}):
        yield f"{indent}<{name}{attribute} />"
    elif isinstance(value, Mapping):
        yield f"{indent}<{name}{attribute}>"
        for inner, item in value.items():
            for one in _repeated(item):
                yield from _element(inner, one, layout, depth + 1)
        yield f"{indent}</{name}>"
    else:
        yield f"{indent}<{name}{attribute}>{layout.text(value)}</{name}>"


def _repeated(item: XmlContent) -> Sequence[XmlContent]:
    return item if isinstance(item, Sequence) and not isinstance(item, str) else [item]


class MalformedXml(ValueError):
    """The body is not well-formed, not UTF-8, too deep, too large, or has a document type or a
    processing instruction."""


@dataclass
class Element:
    """An element of a request. `text` is its own character data, without that of its children."""

    name: str
    namespace: str = ""
    has_attributes: bool = False
    text: str = field(default="", repr=False)
    children: list[Element] = field(default_factory=list)


def read(body: bytes, *, depth: int, elements: int) -> Element:
    """The root of a document with at most this many levels and elements. Raises MalformedXml.

    A document type is refused, and with it every entity that the document defines. Nothing is
    expanded and nothing is fetched.
    """
    try:
        body.decode("utf-8")  # the parser would follow the byte order mark of another encoding
    except UnicodeDecodeError:
        raise MalformedXml("not UTF-8") from None
    if b"\0" in body:  # UTF-16 without a byte order mark: the parser would accept it
        raise MalformedXml("a character that XML cannot hold")
    builder = _Builder(depth, elements)
    parser = DefusedXMLParser(target=builder, encoding="UTF-8", forbid_dtd=True)
    parser.parser.XmlDeclHandler = _check_declaration
    try:
        parser.feed(body)
        parser.close()
    except (ET.ParseError, DefusedXmlException):
        raise MalformedXml("not well-formed, or with a document type") from None
    return builder.root


class _Builder:
    """Receives the parser's events and builds the tree."""

    def __init__(self, depth: int, elements: int) -> None:
        self.root = Element("")
        self._depth = depth
        self._left = elements
        self._path: list[Element] = []
        self._pieces: list[list[str]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._left -= 1
        if len(self._path) == self._depth or self._left < 0:
            raise MalformedXml("too deep or too large")
        namespace, _, name = tag.rpartition("}")
        element = Element(name, namespace[1:], bool(attributes))
        if self._path:
            self._path[-1].children.append(element)
        else:
            self.root = element
        self._path.append(element)
        self._pieces.append([])

    def data(self, characters: str) -> None:
        self._pieces[-1].append(characters)

    def end(self, _tag: str) -> None:
        self._path.pop().text = "".join(self._pieces.pop())

    def pi(self, *_: Any) -> None:
        raise MalformedXml("a processing instruction")

    def close(self) -> None:
        """The tree is complete."""


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() != "utf-8":
        raise MalformedXml("not UTF-8")

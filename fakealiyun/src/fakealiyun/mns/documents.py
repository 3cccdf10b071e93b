"""XML of SMQ: what comes in is read without expanding or fetching anything, what goes out written.

A document is a root with fields, or with several groups of fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union
from xml.parsers import expat
from xml.sax.saxutils import escape

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"
_NAMESPACES = ("", NAMESPACE, NAMESPACE.rstrip("/"))  # the official clients send each of them
_MAX_DEPTH = 5
_MAX_ELEMENTS = 1024
_MAX_NAME = 64
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: A value, nested elements, or several groups of one name.
Content = Union[str, int, "Mapping[str, Content]", "Sequence[Content]"]


class MalformedXml(ValueError):
    """Not well-formed, not UTF-8, with a document type, or deeper or larger than any request."""


class UnknownElement(ValueError):
    """An element or attribute that the service's schema has not; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__("an element that is not in the schema")
        self.name = name


@dataclass
class Element:
    """An element with its text as it stands, or with its children."""

    name: str
    text: str = field(default="", repr=False)
    children: list[Element] = field(default_factory=list)


def parse(body: bytes) -> Element:
    """The root of a document. Raises MalformedXml and UnknownElement.

    A document type, and with it every entity of one's own, is refused; so are other encodings
    than UTF-8, processing instructions, attributes and text between elements.
    """
    try:
        body.decode("utf-8")  # expat would follow the byte order mark of another encoding
    except UnicodeDecodeError:
        raise MalformedXml("not UTF-8") from None
    if b"\0" in body:
        raise MalformedXml("a character that XML has not")
    reader = _Reader()
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.XmlDeclHandler = _check_declaration
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    for handler in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ProcessingInstructionHandler"):
        setattr(parser, handler, _refuse)
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise MalformedXml("not well-formed") from None
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root = Element("")
        self._path: list[Element] = []
        self._pieces: list[list[str]] = []
        self._count = 0

    def start(self, qualified: str, attributes: Mapping[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        self._count += 1
        if len(self._path) == _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise MalformedXml("too deep or too large")
        if namespace not in _NAMESPACES or attributes:
            raise UnknownElement(name[:_MAX_NAME])
        element = Element(name[:_MAX_NAME])
        if self._path:
            self._path[-1].children.append(element)
        else:
            self.root = element
        self._path.append(element)
        self._pieces.append([])

    def data(self, characters: str) -> None:
        self._pieces[-1].append(characters)

    def end(self, _name: str) -> None:
        element, text = self._path.pop(), "".join(self._pieces.pop())
        if not element.children:
            element.text = text
        elif text.strip():
            raise UnknownElement(element.name)


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() != "utf-8":
        raise MalformedXml("not UTF-8")


def _refuse(*_: object) -> None:
    raise MalformedXml("not allowed in a request")


def render(root: str, content: Content) -> bytes:
    """A document in UTF-8, elements in the order given; in a list, mappings of one entry each."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}">']
    lines += _lines(content)
    lines += [f"</{root}>", ""]
    return "\n".join(lines).encode()


def _lines(content: Content) -> Iterable[str]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            if isinstance(value, (str, int)):
                yield f"<{name}>{_text(value)}</{name}>"
            else:
                yield f"<{name}>"
                yield from _lines(value)
                yield f"</{name}>"
    elif not isinstance(content, (str, int)):
        for item in content:
            yield from _lines(item)


def _text(value: str | int) -> str:
    """Character data: what XML cannot hold becomes U+FFFD, a carriage return survives."""
    return escape(_NOT_IN_XML.sub("\ufffd", str(value)), {"\r": "&#13;"})

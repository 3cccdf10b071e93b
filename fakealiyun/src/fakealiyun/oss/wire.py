"""XML of OSS: results on the way out, the list of parts on the way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Union
from urllib.parse import quote
from xml.parsers import expat

from fakealiyun.oss.errors import OssError, text

#: A value, a nested element, or several elements of one name.
Element = Union[str, int, "Mapping[str, Element]", "Sequence[Mapping[str, Element]]"]

_MAX_DEPTH = 4
MAX_PARTS = 10_000


def document(root: str, content: Mapping[str, Element]) -> bytes:
    """An XML document in UTF-8, elements in the order given."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>"]
    lines += _render(content, "  ")
    lines += [f"</{root}>", ""]
    return "\n".join(lines).encode()


def encoded(value: str, encoding_type: str | None) -> str:
    """A key or prefix as the caller wants it: as it is, or with `encoding-type=url` escaped."""
    return quote(value, safe="/~") if encoding_type == "url" else value


def parse_complete(body: bytes) -> list[tuple[int, str]]:
    """The (number, ETag) pairs of a CompleteMultipartUpload body, in its order.

    Raises OssError MalformedXML for anything else: a DTD, entities, other elements, more than
    10,000 parts. Nothing is ever expanded or fetched.
    """
    reader = _CompleteReader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise OssError("MalformedXML") from None
    if not reader.parts:
        raise OssError("MalformedXML")
    return reader.parts


class _CompleteReader:
    def __init__(self) -> None:
        self.parts: list[tuple[int, str]] = []
        self._path: list[str] = []
        self._part: dict[str, str] = {}

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH or self._path[0] != "CompleteMultipartUpload":
            raise OssError("MalformedXML")
        if self._path[1:] == ["Part"]:
            self._part = {}
        elif len(self._path) == 3 and self._path[1] == "Part" and name not in self._part:
            self._part[name] = ""
        elif len(self._path) != 1:
            raise OssError("MalformedXML")

    def data(self, characters: str) -> None:
        if len(self._path) == 3:
            self._part[self._path[2]] += characters
        elif characters.strip():
            raise OssError("MalformedXML")

    def end(self, _name: str) -> None:
        if len(self._path) == 2:
            number, etag = self._part.get("PartNumber", ""), self._part.get("ETag", "")
            number = number.strip()
            if not (number.isascii() and number.isdigit() and len(number) <= 9 and etag):
                raise OssError("MalformedXML")
            self.parts.append((int(number), etag.strip()))
            if len(self.parts) > MAX_PARTS:
                raise OssError("MalformedXML")
        self._path.pop()


def _refuse(*_: object) -> None:
    raise OssError("MalformedXML")


def _render(content: Mapping[str, Element], indent: str) -> Iterable[str]:
    for name, value in content.items():
        if isinstance(value, (str, int)):
            yield f"{indent}<{name}>{text(value)}</{name}>"
            continue
        for item in [value] if isinstance(value, Mapping) else value:
            yield f"{indent}<{name}>"
            yield from _render(item, indent + "  ")
            yield f"{indent}</{name}>"

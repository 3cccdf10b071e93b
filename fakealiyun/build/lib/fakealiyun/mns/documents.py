"""The XML of SMQ: the service's namespace, its schema's limits, and how it lays out answers."""

from __future__ import annotations

from collections.abc import Mapping

from fakealiyun import xml
from fakealiyun.xml import Element, XmlContent

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"
_NAMESPACES = ("", NAMESPACE, NAMESPACE.rstrip("/"))  # the official clients send each of them
_MAX_DEPTH = 5
_MAX_ELEMENTS = 1024
_MAX_NAME = 64
_LAYOUT = xml.Layout(indent="", namespace=NAMESPACE, keep_carriage_return=True)


class UnknownElement(ValueError):
    """The schema does not have this element or its attribute; `name` is the element's name."""

    def __init__(self, name: str) -> None:
        super().__init__("an element that is not in the schema")
        self.name = name


def parse(body: bytes) -> Element:
    """The root of a document. Raises MalformedXml and UnknownElement.

    Refused are: another encoding than UTF-8, document types and entities, processing
    instructions, attributes, and text between elements.
    """
    root = xml.read(body, depth=_MAX_DEPTH, elements=_MAX_ELEMENTS)
    _check(root)
    return root


def _check(element: Element) -> None:
    element.name = element.name[:_MAX_NAME]
    if element.namespace not in _NAMESPACES or element.has_attributes:
        raise UnknownElement(element.name)
    for child in element.children:
        _check(child)
    if element.children and element.text.strip():
        raise UnknownElement(element.name)


def render(root: str, content: Mapping[str, XmlContent]) -> bytes:
    """A document in UTF-8 with its elements in the order given."""
    return xml.render(root, content, _LAYOUT)

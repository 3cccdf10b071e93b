"""XML: what is written is exactly what the services send, and hostile bodies are refused."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from fakealiyun.mns import documents as mns_documents
from fakealiyun.openapi.render import success_body
from fakealiyun.oss import documents as oss_documents
from fakealiyun.xml import Layout, MalformedXml, XmlContent, read, render

HARD_TEXT = "a<b>&\"'\r\n\t\0\x01\ufffe\U0001f600 ]]>"
LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE A [
 <!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
 <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
 <!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">
]>
<A>&g;</A>"""
EXTERNAL = '<!DOCTYPE A [<!ENTITY x SYSTEM "file:///etc/passwd">]><A>&x;</A>'
EXTERNAL_DTD = '<!DOCTYPE A SYSTEM "http://127.0.0.1:1/a.dtd"><A/>'
PARAMETER = '<!DOCTYPE A [<!ENTITY % x SYSTEM "http://127.0.0.1:1/a.dtd"> %x;]><A/>'


def test_oss_indents_by_two_spaces() -> None:
    content: dict[str, XmlContent] = {
        "A": HARD_TEXT,
        "B": {"C": 1},
        "D": [{"E": "x"}, {"E": ""}],
        "F": [],
    }
    assert (
        oss_documents.render("Root", content)
        == (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Root>\n'
            "  <A>a&lt;b&gt;&amp;\"'\r\n\t\ufffd\ufffd\ufffd\U0001f600 ]]&gt;</A>\n"
            "  <B>\n    <C>1</C>\n  </B>\n"
            "  <D>\n    <E>x</E>\n  </D>\n  <D>\n    <E></E>\n  </D>\n</Root>\n"
        ).encode()
    )


def test_smq_names_its_namespace_and_keeps_a_carriage_return() -> None:
    content: dict[str, XmlContent] = {"Message": [{"A": HARD_TEXT}, {"A": ""}], "NextMarker": "m"}
    assert (
        mns_documents.render("Messages", content)
        == (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Messages xmlns="http://mns.aliyuncs.com/doc/v1/">\n'
            "<Message>\n"
            "<A>a&lt;b&gt;&amp;\"'&#13;\n\t\ufffd\ufffd\ufffd\U0001f600 ]]&gt;</A>\n</Message>\n"
            "<Message>\n<A></A>\n</Message>\n<NextMarker>m</NextMarker>\n</Messages>\n"
        ).encode()
    )


def test_the_gateway_writes_one_line_and_short_empty_elements() -> None:
    fields = {"A": HARD_TEXT, "B": {}, "C": "", "D": True, "E": 1.5, "F": ["x", False], "G": []}
    assert (
        success_body("Get", fields, "R", "XML")
        == (
            '<?xml version="1.0" encoding="UTF-8"?><GetResponse><RequestId>R</RequestId>'
            "<A>a&lt;b&gt;&amp;\"'\r\n\t\U0001f600 ]]&gt;</A><B /><C /><D>true</D><E>1.5</E>"
            "<F>x</F><F>false</F></GetResponse>"
        ).encode()
    )


def test_a_lone_surrogate_is_replaced() -> None:
    assert b"<A>\xef\xbf\xbd</A>" in render("R", {"A": "\ud800"}, Layout(indent=None))


def test_what_is_written_can_be_read() -> None:
    body = render("R", {"A": "<&>", "B": [{"C": 1}, {"C": 2}]}, Layout("", namespace="urn:x"))
    root = read(body, depth=3, elements=10)
    assert (root.name, root.namespace, root.has_attributes) == ("R", "urn:x", False)
    assert [child.name for child in root.children] == ["A", "B", "B"]
    assert root.children[0].text == "<&>"
    assert [child.children[0].text for child in root.children[1:]] == ["1", "2"]


def test_text_comments_and_attributes() -> None:
    root = read(b'<A b="1">x<!-- no --><B><![CDATA[<y>]]></B>z</A>', depth=2, elements=2)
    assert root.has_attributes
    assert root.text == "xz"
    assert root.children[0].text == "<y>"
    assert "<y>" not in repr(root)


@pytest.mark.parametrize("body", [LAUGHS, EXTERNAL, EXTERNAL_DTD, PARAMETER, "<!DOCTYPE A><A/>"])
def test_document_types_and_entities_are_refused(body: str) -> None:
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(MalformedXml):
            read(body.encode(), depth=5, elements=100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 1024
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"<A>",
        b"<A></B>",
        b"<A/><A/>",
        b"<A>&unknown;</A>",
        b"<A>&#0;</A>",
        b"<A>\0</A>",
        b"<A>\xff</A>",
        b"<a:A/>",
        b"<?php x ?><A/>",
        b'<?xml version="1.0" encoding="GBK"?><A/>',
        "<A/>".encode("utf-16"),
        "<A/>".encode("utf-16-be"),
    ],
)
def test_bodies_that_are_not_plain_xml(body: bytes) -> None:
    with pytest.raises(MalformedXml):
        read(body, depth=5, elements=100)


def test_the_limits_are_exact() -> None:
    assert read(b"<A><B><C/></B></A>", depth=3, elements=3).name == "A"
    with pytest.raises(MalformedXml):
        read(b"<A><B><C/></B></A>", depth=2, elements=3)
    with pytest.raises(MalformedXml):
        read(b"<A><B><C/></B></A>", depth=3, elements=2)

"""Strict JSON: what it accepts, and what every refusal says."""

from __future__ import annotations

import pytest

from fakealiyun.strict_json import StrictJsonError, parse, parse_object


def test_it_reads_json() -> None:
    assert parse('{"a": [1, {"b": null}], "c": "\\u00e9"}') == {"a": [1, {"b": None}], "c": "é"}
    assert parse(b"[true, 1.5]") == [True, 1.5]
    assert parse_object(b'{"a": {}}') == {"a": {}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not well-formed JSON"),
        ("{", "not well-formed JSON"),
        (b"\xff", "not well-formed JSON"),
        ("{} {}", "not well-formed JSON"),
        ("[" * 100_000, "not well-formed JSON"),
        ("[" * 700 + "]" * 700, "nested more than 3 deep|not well-formed JSON"),
        ("[[[[]]]]", "nested more than 3 deep"),
        ('{"a": {"a": [{}]}}', "nested more than 3 deep"),
        ('{"a": 1, "a": 1}', "a key occurs twice in one object"),
        ('[{"b": {"a": 1, "a": 2}}]', "a key occurs twice in one object"),
        ("NaN", "NaN and Infinity are not JSON"),
        ("[-Infinity]", "NaN and Infinity are not JSON"),
    ],
)
def test_what_it_refuses(text: str | bytes, reason: str) -> None:
    with pytest.raises(StrictJsonError, match=f"^({reason})$"):
        parse(text, max_depth=3)


@pytest.mark.parametrize("text", ["[]", "1", '"text"', "null"])
def test_a_value_that_is_no_object(text: str) -> None:
    with pytest.raises(StrictJsonError, match=r"^not a JSON object$"):
        parse_object(text)

"""The messages in the event of a queue trigger: a bad one never keeps the others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.runtime.queue_trigger import messages, parse

NESTED = "[" * 100_000 + "]" * 100_000


def item(body: str, message_id: str = '"1"') -> str:
    """An item of an event, as JSON text."""
    return f'{{"id": "a,]}}[{{\\"b", "data": {{"messageId": {message_id}, "messageBody": {body}}}}}'


def texts(event: str) -> list[str]:
    return [text for _, text in messages(parse(event.encode()))]


GOOD = item(json.dumps('{"a": 1}'))


@pytest.mark.parametrize(
    "bad",
    [
        item(NESTED),
        item(f'{{"a": {NESTED}}}'),
        item('"x"', NESTED),
        NESTED,
        f'{{"data": {NESTED}}}',
        item('{"a":' * 950 + "1" + "}" * 950),
        item(NESTED.replace("[", '{"a":').replace("]", "}")),
    ],
    ids=["body", "in the body", "message id", "item", "data", "almost too deep", "objects"],
)
def test_a_message_that_is_nested_deep_does_not_keep_the_others(bad: str) -> None:
    found = texts(f"[{GOOD}, {bad} ,{GOOD}]")
    assert (found[0], found[2]) == ('{"a": 1}', '{"a": 1}')
    assert len(found) == 3
    assert texts(f"[{bad}]") == [found[1]]


@pytest.mark.parametrize(
    "event", ["", "{", "[" * 100_000, "]" * 100_000, "\xff", '{"a": ' + NESTED]
)
def test_an_event_that_is_no_json_is_refused(event: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json, or the bytes, say why
        parse(event.encode("latin-1"))


@pytest.mark.parametrize(
    "event", [f"[{NESTED}]", f'{{"id": "a", "data": {NESTED}}}', GOOD.replace('"1"', NESTED)]
)
def test_an_event_that_is_nested_deep_is_never_empty(event: str) -> None:
    """An event without messages would count as handled."""
    found = texts(event)
    assert found
    assert set(found) == {""}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ({"a": 1}, '{"a": 1}'),
        (base64.b64encode(b'{"a": 1}').decode(), '{"a": 1}'),
        (base64.b64encode(b'{"a": 1}').decode() + "\n", '{"a": 1}'),
        (base64.encodebytes(b'{"a": 1}' + b" " * 200).decode(), '{"a": 1}' + " " * 200),
        ("no base64!", ""),
        (base64.b64encode(b"\xff").decode(), ""),
        (None, ""),
        (5, ""),
        ([], ""),
    ],
)
def test_the_text_of_a_message_may_be_plain_or_base64(body: Any, text: str) -> None:
    event = {"id": "e", "data": {"messageId": "m", "messageBody": body}}
    assert list(messages(event)) == [("m", text)]
    assert list(messages([event])) == [("m", text)]


@pytest.mark.parametrize("event", [None, 5, "text", [], [[]], {"data": []}, [{"id": 5}]])
def test_what_is_no_event_of_a_queue_has_only_empty_messages(event: Any) -> None:
    assert {text for _, text in messages(event)} <= {""}


@pytest.mark.parametrize(
    ("item", "identifier"),
    [
        ({"id": "e", "data": {"messageId": "m"}}, "m"),
        ({"id": "e", "data": {"messageId": ""}}, "e"),
        ({"id": "e", "data": {}}, "e"),
        ({"id": "e"}, "e"),
        ({"data": {}}, ""),
        ({"id": 5}, ""),
        ({"id": "e", "data": {"messageId": 5}}, ""),
        ("text", ""),
    ],
)
def test_a_message_is_known_by_its_own_id_or_the_id_of_its_event(
    item: Any, identifier: str
) -> None:
    assert list(messages([item])) == [(identifier, "")]


@pytest.mark.parametrize("event", [f"[1, {NESTED}, 2]", f'[{NESTED}, "a,]", {{"b": [1, 2]}}]'])
def test_the_items_beside_one_that_is_nested_deep_are_whole(event: str) -> None:
    expected = json.loads(event.replace(NESTED, "null"))
    assert parse(event.encode()) == expected


def test_base64_with_anything_else_in_it_is_no_text() -> None:
    body = base64.b64encode(b'{"a": 1}').decode()
    for odd in (f"{body[:4]}!{body[4:]}", f"{body}\n!", f"-{body}"):
        assert list(messages({"id": "e", "data": {"messageBody": odd}})) == [("e", "")]

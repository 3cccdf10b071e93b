"""What a function returns, and what its caller gets for it."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from tests.support.gateway import RunningGateway
from tests.support.reply import Reply
from tests.support.waiting import wait_for


@pytest.fixture
def answer(serve: Callable[..., RunningGateway]) -> Callable[[str], Reply]:
    served = serve(["answer"])

    def ask(expression: str) -> Reply:
        return served.call(
            "/answer", method="POST", body=expression, headers={"Content-Type": "text/plain"}
        )

    return ask


def test_a_response_object_becomes_the_response(answer: Callable[[str], Reply]) -> None:
    given = answer(
        '{"statusCode": 418, "headers": {"Content-Type": "text/x", "x-own": "1"},'
        ' "isBase64Encoded": False, "body": "short"}'
    )
    assert (given.status, given.body) == (418, b"short")
    assert given.headers["Content-Type"] == "text/x"
    assert given.headers["X-Own"] == "1"


def test_a_base64_body_is_decoded(answer: Callable[[str], Reply]) -> None:
    given = answer('{"statusCode": 200, "isBase64Encoded": True, "body": "/wA="}')
    assert given.body == b"\xff\x00"


def test_a_function_cannot_set_headers_of_the_service(
    answer: Callable[[str], Reply],
) -> None:
    given = answer(
        '{"statusCode": 200, "body": "abc", "headers": {"X-Fc-Request-Id": "mine",'
        ' "x-fc-error-type": "mine", "Server": "mine", "Date": "mine", "Connection": "mine",'
        ' "Keep-Alive": "mine", "Content-Length": "1", "Transfer-Encoding": "chunked"}}'
    )
    assert given.body == b"abc"
    assert "mine" not in str(given.headers)
    assert "X-Fc-Error-Type" not in given.headers


@pytest.mark.parametrize(
    "expression",
    [
        '{"statusCode": "200"}',
        '{"statusCode": True}',
        '{"statusCode": 99}',
        '{"statusCode": 101}',
        '{"statusCode": 1000}',
        '{"statusCode": 200, "body": {}}',
        '{"statusCode": 200, "body": "%%", "isBase64Encoded": True}',
        '{"statusCode": 200, "isBase64Encoded": "yes"}',
        '{"statusCode": 200, "headers": []}',
        '{"statusCode": 200, "headers": {"X-A": 1}}',
        '{"statusCode": 200, "headers": {"X A": "1"}}',
        '{"statusCode": 200, "headers": {"X-A": "1\\r\\nX-B: 2"}}',
        '{"statusCode": 200, "headers": {"X-A\\r\\nX-B": "2"}}',
        '{"statusCode": 200, "headers": {"X-A": "a" * 8192}}',
        '{"statusCode": 200, "body": "\\ud800"}',
        '{"statusCode": 200, "body": "a" * (33 * 1024 * 1024)}',
        '"a" * (33 * 1024 * 1024)',
    ],
)
def test_an_invalid_response_object_is_a_bad_response(
    answer: Callable[[str], Reply], expression: str
) -> None:
    given = answer(expression)
    assert (given.status, given.json()["Code"]) == (502, "BadResponse")
    assert given.headers["X-Fc-Error-Type"] == "FCCommonError"
    assert "X-B" not in given.headers


@pytest.mark.parametrize(
    ("expression", "body", "content_type"),
    [
        ('"text"', b"text", "text/plain; charset=utf-8"),
        ('b"bytes"', b"bytes", "text/plain; charset=utf-8"),
        ('{"a": 1}', b'{"a": 1}', "application/json"),
        ("None", b"null", "application/json"),
        ("datetime.date(2026, 1, 2)", b'"2026-01-02"', "application/json"),
        ('decimal.Decimal("1.50")', b'"1.50"', "application/json"),
    ],
)
def test_any_other_result_is_the_body_of_a_200(
    answer: Callable[[str], Reply], expression: str, body: bytes, content_type: str
) -> None:
    given = answer(expression)
    assert (given.status, given.body) == (200, body)
    assert given.headers["Content-Type"] == content_type


@pytest.mark.parametrize("expression", ["object()", '"\\ud800"', "{1, 2}"])
def test_a_result_that_is_not_json_is_an_error_of_the_function(
    answer: Callable[[str], Reply], expression: str
) -> None:
    given = answer(expression)
    assert given.status == 502
    assert given.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    assert given.json()["errorType"] in ("TypeError", "UnicodeEncodeError")


def test_a_204_has_no_body(answer: Callable[[str], Reply]) -> None:
    given = answer('{"statusCode": 204, "body": "ignored"}')
    assert (given.status, given.body) == (204, b"")


def test_a_caller_that_disconnects_does_not_break_the_instance(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["state"])
    gate, started = served.folder / "gate", served.folder / "started"
    with socket.create_connection(("127.0.0.1", served.gateway.port)) as connection:
        request = f"GET /state?gate={gate}&started={started} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request.encode())
        wait_for(started.exists, "the function starts")
    gate.touch()
    wait_for(lambda: [found for found in served.instances() if found["served"]], "it ends")
    assert served.call("/state").json()["calls"] == 2

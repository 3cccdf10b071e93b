"""The event that an HTTP trigger sends to a function, compared with the vendor's sample."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.support.gateway import RunningGateway
from tests.support.gateway_cloud import ACCOUNT


@pytest.fixture
def echo(serve: Callable[..., RunningGateway]) -> RunningGateway:
    return serve(["echo"])


def raw(served: RunningGateway, request: bytes) -> bytes:
    """Everything the gateway sends back on one connection."""
    with socket.create_connection(("127.0.0.1", served.gateway.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_has_exactly_the_documented_keys(echo: RunningGateway) -> None:
    event = echo.call(
        "/echo/a%20b?k=v1&k=v2&empty=&plus=a+b",
        method="POST",
        body='{"x": "\u00e9"}'.encode(),
        headers={"content-type": "application/json", "user-agent": "sample/1"},
    ).json()
    assert set(event) == {
        "version",
        "rawPath",
        "headers",
        "queryParameters",
        "body",
        "isBase64Encoded",
        "requestContext",
    }
    assert event["version"] == "v1"
    assert event["rawPath"] == "/echo/a%20b"
    assert event["queryParameters"] == {"k": "v1,v2", "empty": "", "plus": "a b"}
    assert event["body"] == '{"x": "\u00e9"}'
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert set(context) == {
        "accountId",
        "triggerId",
        "domainName",
        "domainPrefix",
        "requestId",
        "time",
        "timeEpoch",
        "http",
    }
    assert context["accountId"] == ACCOUNT
    assert context["domainName"] == "127.0.0.1"
    assert context["http"] == {
        "method": "POST",
        "path": "/echo/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "sample/1",
    }


def test_request_id_and_time_match_the_response_and_the_clouds_clock(
    echo: RunningGateway,
) -> None:
    echo.cloud.advance(100_000)
    answer = echo.call("/echo")
    context = answer.json()["requestContext"]
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}", context["requestId"])
    assert answer.headers["X-Fc-Request-Id"] == context["requestId"]
    assert isinstance(context["timeEpoch"], str)
    milliseconds = int(context["timeEpoch"])
    assert abs(milliseconds / 1000 - echo.cloud.now()) < 60
    moment = datetime.strptime(context["time"], "%Y-%m-%dT%H:%M:%S%z")
    assert int(moment.timestamp()) == milliseconds // 1000
    sent = datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S %Z")
    assert abs(sent.replace(tzinfo=timezone.utc).timestamp() - echo.cloud.now()) < 60


def test_header_names_are_canonical_and_repeated_headers_are_joined_by_commas(
    echo: RunningGateway,
) -> None:
    answer = raw(
        echo,
        b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nx-one: a\r\nX-ONE: b\r\nAUTHORIZATION: t\r\n"
        b"accept-encoding: gzip\r\nConnection: close\r\nx-fc-secret: 1\r\n\r\n",
    )
    body = answer.partition(b"\r\n\r\n")[2]
    assert b'"X-One": "a,b"' in body
    assert b'"Authorization": "t"' in body
    assert b'"Accept-Encoding": "gzip"' in body
    assert b"X-Fc-Secret" not in body
    assert b'"Connection"' not in body


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json", b"{}", False),
        ("application/problem+json; charset=utf-8", b"{}", False),
        ("text/plain", b"text", False),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("application/octet-stream", b"text", True),
        ("image/png", b"\x89PNG", True),
        ("application/json", b"\xff\xfe", True),
    ],
)
def test_binary_bodies_arrive_as_base64(
    echo: RunningGateway, content_type: str, body: bytes, encoded: bool
) -> None:
    event = echo.call(
        "/echo", method="POST", body=body, headers={"Content-Type": content_type}
    ).json()
    assert event["isBase64Encoded"] is encoded
    given = base64.b64decode(event["body"]) if encoded else event["body"].encode()
    assert given == body


def test_a_compressed_body_is_passed_on_compressed(echo: RunningGateway) -> None:
    event = echo.call(
        "/echo",
        method="POST",
        body=b"not gzip at all",
        headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"},
    ).json()
    assert event["body"] == "not gzip at all"


def test_a_chunked_body_is_joined(echo: RunningGateway) -> None:
    answer = raw(
        echo,
        b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    assert b'"body": "abcde"' in answer


def test_limits_are_the_documented_ones(echo: RunningGateway) -> None:
    accepted = echo.call("/echo?" + "q" * (4096 - len("/echo?")))
    assert accepted.status == 200
    refused = echo.call("/echo?" + "q" * (4097 - len("/echo?")))
    assert (refused.status, refused.json()["Code"]) == (400, "InvalidArgument")
    assert refused.headers["X-Fc-Error-Type"] == "FCCommonError"
    assert refused.json()["RequestId"] == refused.headers["X-Fc-Request-Id"]

    assert echo.call("/echo", headers={"X-Large": "a" * 7500}).status == 200
    refused = echo.call("/echo", headers={"X-Large": "a" * 8192})
    assert (refused.status, refused.json()["Code"]) == (400, "InvalidArgument")
    many = echo.call("/echo", headers={f"X-{number}": "" for number in range(1500)})
    assert (many.status, many.json()["Code"]) == (400, "InvalidArgument")


def test_a_body_over_32_mb_is_refused_by_its_announced_length_and_by_its_real_one(
    echo: RunningGateway,
) -> None:
    limit = 32 * 1024 * 1024
    head = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", echo.gateway.port), timeout=60) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % (limit + 1))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", echo.gateway.port), timeout=60) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(33):
            connection.sendall(chunk)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_20_mb_reaches_the_function_complete(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve({"size": {"sample": "answer"}})
    body = b"len(" + b'"' + b"a" * (20 * 1024 * 1024) + b'"' + b")"
    answer = served.call("/size", method="POST", body=body, headers={"Content-Type": "text/plain"})
    assert answer.body == str(20 * 1024 * 1024).encode()


def test_a_trigger_serves_only_its_methods(serve: Callable[..., RunningGateway]) -> None:
    trigger = {
        "triggerName": "http",
        "triggerType": "http",
        "triggerConfig": {"authType": "anonymous", "methods": ["GET", "HEAD"]},
    }
    served = serve({"echo": {"triggers": [trigger]}})
    assert served.call("/echo").status == 200
    head = served.call("/echo", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "DELETE", "OPTIONS", "TRACE"):
        refused = served.call("/echo", method=method)
        assert (refused.status, refused.json()["Code"]) == (403, "AccessDenied"), method


def test_a_function_without_an_http_trigger_cannot_be_reached(
    serve: Callable[..., RunningGateway],
) -> None:
    timer = {
        "triggerName": "timer",
        "triggerType": "timer",
        "triggerConfig": {"cronExpression": "@every 5m", "enable": True},
    }
    served = serve({"echo": {"triggers": [timer]}})
    assert served.call("/echo").status == 404


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/other",
        "/echoes",
        "//echo",
        "/../echo",
        "/%2e%2e/echo",
        "/ECHO",
        "/index.py",
        "/build/echo/index.py",
        "/%00",
    ],
)
def test_other_paths_find_no_function(echo: RunningGateway, target: str) -> None:
    answer = echo.call(target)
    assert (answer.status, answer.json()["Code"]) == (404, "DomainRouteNotFound")
    assert echo.instances() == []


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/echo/../../etc/passwd", "/echo/../../etc/passwd"),
        (b"/echo/%2e%2e/x", "/echo/../x"),
        (b"/echo/%00", "/echo/\x00"),
        (b"/echo/%ff", "/echo/\ufffd"),
        (b"/echo//x", "/echo//x"),
        (b"/echo/;a=b", "/echo/;a=b"),
    ],
)
def test_an_unusual_path_below_a_function_arrives_unchanged(
    echo: RunningGateway, target: bytes, path: str
) -> None:
    answer = raw(
        echo, b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    event = json.loads(body)
    assert event["rawPath"] == target.decode()
    assert event["requestContext"]["http"]["path"] == path


@pytest.mark.parametrize("target", [b"/echo/\xc3\xa9", b"*", b"http://127.0.0.1/echo"])
def test_a_target_that_is_not_an_ascii_path_is_refused(echo: RunningGateway, target: bytes) -> None:
    answer = raw(
        echo, b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert answer.partition(b" ")[2].startswith(b"4")
    assert echo.instances() == []


def test_a_custom_domains_route_replaces_the_resources_name(
    serve: Callable[..., RunningGateway],
) -> None:
    def domain(path: str, **more: Any) -> dict[str, Any]:
        return {"domainName": "auto", "protocol": "HTTP", "route": {"path": path, **more}}

    served = serve(
        {
            "one": {"sample": "echo", "customDomain": domain("/v1/*")},
            "two": {"sample": "echo", "customDomain": domain("/v1/two", methods=["POST"])},
        }
    )
    assert served.call("/v1/x").status == 200
    assert served.call("/one").status == 404
    assert served.call("/v1/two").status == 403
    assert served.call("/v1/two", method="POST").status == 200
    assert {found["function"] for found in served.instances()} == {"one", "two"}

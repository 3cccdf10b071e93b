"""The gateway beside a developer's browser: pages of other sites are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.support.gateway import PAGE, RunningGateway


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", ""])
@pytest.mark.parametrize("target", ["/echo", "/_local/instances", "/"])
def test_a_foreign_host_is_misdirected(
    serve: Callable[..., RunningGateway], host: str, target: str
) -> None:
    assert serve(["echo"]).call(target, headers={"Host": host}).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:9000", "app.localhost:9000"])
def test_the_names_of_loopback_are_served(serve: Callable[..., RunningGateway], host: str) -> None:
    assert serve(["echo"]).call("/echo", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9001"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_control_routes_are_closed_to_foreign_pages(
    serve: Callable[..., RunningGateway], headers: Mapping[str, str]
) -> None:
    served = serve(["echo"])
    for target in ("/_local/instances", "/_local/absent", "/%5flocal/instances", "/_local%2Fx"):
        answer = served.call(target, headers=headers)
        assert answer.status in (403, 404), target
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert b"pid" not in answer.body
    assert served.call("/_local/instances", headers=headers).status == 403
    assert served.call("/_local/instances", headers={"Origin": PAGE}).status == 200


def test_functions_get_requests_of_every_origin(
    serve: Callable[..., RunningGateway],
) -> None:
    event = serve(["echo"]).call("/echo", headers={"Origin": "https://app.example"}).json()
    assert event["headers"]["Origin"] == "https://app.example"


def test_unknown_control_routes_reach_no_function(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["echo"])
    assert served.call("/_local/other").status == 404
    assert served.call("/_local", method="POST").status == 404

"""A hostile page in the developer's browser attacks the servers on the developer's machine."""

from __future__ import annotations

import json

import pytest

from tests.support.house import House
from tests.support.reply import Reply, send

CLOUD = [
    ("POST", "/_local/clock", {"advance": 100_000}),
    ("POST", "/_local/faults", {"service": "vod", "kind": "throttle"}),
    ("POST", "/_local/reset", {}),
    ("GET", "/_local/state", None),
]
GATEWAY = [("POST", "/_local/token", {"sub": "alice"}), ("GET", "/_local/instances", None)]
ROUTES = [("cloud", *route) for route in CLOUD] + [("gateway", *route) for route in GATEWAY]
JSON = {"Content-Type": "application/json"}


def port(house: House, server: str) -> int:
    return house.cloud.port if server == "cloud" else house.port


def unchanged(house: House, reply: Reply, status: int) -> None:
    assert reply.status == status
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    assert b"token" not in reply.body
    assert house.cloud.clock.offset == 0
    assert house.cloud.faults.pending() == []


@pytest.mark.parametrize(("server", "method", "path", "body"), ROUTES)
class TestControl:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example.com"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "http://localhost.evil.example.com"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
        ids=str,
    )
    def test_from_a_page_of_another_site(
        self,
        house: House,
        server: str,
        method: str,
        path: str,
        body: object,
        headers: dict[str, str],
    ) -> None:
        raw = None if body is None else json.dumps(body).encode()
        unchanged(house, send(port(house, server), method, path, {**JSON, **headers}, raw), 403)

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example.com",
            "127.0.0.1.evil.example.com",
            "10.0.0.1",
            "0.0.0.0",
            "localhost.",
            "a",
            # The cloud answers names of buckets, for OSS alone.
            "bucket.oss-cn-shanghai.aliyuncs.com",
        ],
    )
    def test_under_a_rebound_host_name(
        self, house: House, server: str, method: str, path: str, body: object, host: str
    ) -> None:
        raw = None if body is None else json.dumps(body).encode()
        given = {**JSON, "Host": f"{host}:{port(house, server)}"}
        unchanged(house, send(port(house, server), method, path, given, raw), 421)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_form_that_needs_no_preflight(house: House, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for server, method, path, body in ROUTES:
        if method == "POST":
            raw = json.dumps(body).encode()
            # With an issuer of its own, the gateway signs no tokens at all.
            closed = 404 if path == "/_local/token" else 415
            unchanged(house, send(port(house, server), method, path, headers, raw), closed)


def test_a_preflight_is_not_granted(house: House) -> None:
    asked = {
        "Origin": "https://evil.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for server, _, path, _ in ROUTES:
        reply = send(port(house, server), "OPTIONS", path, asked)
        assert reply.status >= 400
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["//_local/token", "/_local//token", "/%5flocal/token", "/_local%2ftoken", "/_LOCAL/token",
     "/x/../_local/token", "/_local/token/", "/_local/./token"],
)  # fmt: skip
def test_another_spelling_of_the_path(house: House, path: str) -> None:
    headers = {**JSON, "Origin": "https://evil.example.com"}
    reply = send(house.port, "POST", path, headers, b'{"sub": "alice"}')
    assert reply.status in (400, 403, 404)
    assert b'"token"' not in reply.body


@pytest.mark.parametrize("path", ["/upload", "/refresh", "/play"])
def test_the_functions_under_a_rebound_host_name(house: House, alice: str, path: str) -> None:
    headers = {"Host": "evil.example.com", "Authorization": f"Bearer {alice}"}
    assert send(house.port, "POST", path, headers, b"{}").status == 421
    assert house.calls() == {}


def test_the_clouds_services_under_a_rebound_host_name(house: House) -> None:
    headers = {"Host": "evil.example.com"}
    query = "/?Action=GetVideoList&Version=2017-03-21"
    assert send(house.cloud.port, "GET", query, headers).status == 421

"""Protection of the developer's machine: which host names, pages and bodies are accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from fakealiyun import FakeCloud
from fakealiyun.guard import Guard
from fakealiyun.testing.vod import Acs3Request, Vod, post_control, rpc_parameters, send

FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:3000"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
)


@pytest.fixture(scope="module")
def mapped() -> Iterator[FakeCloud]:
    names = ("vod.cn-shanghai.aliyuncs.com", "*.oss-cn-shanghai.aliyuncs.com")
    with FakeCloud(mapped_hosts=names) as cloud:
        yield cloud


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "vod.localhost", "a.b.localhost", "LOCALHOST"]
)
def test_loopback_names_are_served_on_any_port(cloud: FakeCloud, host: str) -> None:
    for name in (host, f"{host}:{cloud.port}", f"{host}:80"):
        assert send(cloud, "GET", "/_local/clock", {"Host": name}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "xlocalhost",
        "169.254.169.254",
        "127.0.0.2",
        "0.0.0.0",
        "2130706433",
        "[::2]",
        "[::1",
        "localhost:",
        "localhost:99999",
        "localhost:80:80",
        "localhost@evil.example",
        "localhost/",
        "",
        ".localhost",
        "a..localhost",
    ],
)
@pytest.mark.parametrize("path", ["/_local/state", "/?Action=GetVideoList", "/bucket/key"])
def test_other_names_are_misdirected(cloud: FakeCloud, host: str, path: str) -> None:
    answer = send(cloud, "GET", path, {"Host": host})
    assert answer.status == 421
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_mapped_names_are_served_where_they_belong(mapped: FakeCloud) -> None:
    query = "/?" + urlencode(rpc_parameters(mapped.admin, "GetVideoList"))
    vod = send(mapped, "GET", query, {"Host": "vod.cn-shanghai.aliyuncs.com"})
    assert vod.json()["Total"] == 0
    bucket = f"{mapped.vod.bucket}.oss-cn-shanghai.aliyuncs.com"
    assert send(mapped, "GET", "/none.mp4", {"Host": bucket}).status == 403
    for other in ("sts.cn-shanghai.aliyuncs.com", "oss-cn-shanghai.aliyuncs.com.evil.example"):
        assert send(mapped, "GET", "/", {"Host": other}).status == 421


def test_a_guard_refuses_a_rule_that_would_mean_everything() -> None:
    for name in ("*", "*.", "*.com", "com", "", "a.b:80", "*.*.com", "http://a.b"):
        with pytest.raises(ValueError, match="mapped host"):
            Guard(mapped_hosts=[name])
    for origin in ("*", "null", "http://", "127.0.0.1:9000", "http://a.b/"):
        with pytest.raises(ValueError, match="origin"):
            Guard(own_origins=[origin])


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_cannot_use_the_control_routes(
    cloud: FakeCloud, vod: Vod, headers: dict[str, str]
) -> None:
    vod.create()
    moved = post_control(cloud, "clock", {"advance": 100}, **headers)
    reset = post_control(cloud, "reset", {}, **headers)
    read = send(cloud, "GET", "/_local/state", headers)
    for answer in (moved, reset, read):
        assert answer.status == 403
        assert not any(name.lower().startswith("access-control") for name in answer.headers)
        assert b"VideoId" not in answer.body
    assert cloud.clock.offset == 0
    assert len(cloud.vod.library.all()) == 1


@pytest.mark.parametrize("path", ["/_local/state", "/%5flocal/state", "/_loca%6c/state"])
def test_no_spelling_of_the_path_gets_around_the_guard(cloud: FakeCloud, path: str) -> None:
    answer = send(cloud, "GET", path, {"Origin": "https://evil.example"})
    assert answer.status == 403


def test_a_page_served_by_the_cloud_itself_is_foreign(cloud: FakeCloud) -> None:
    """An uploaded HTML file would have the cloud's own origin."""
    read = send(cloud, "GET", "/_local/state", {"Sec-Fetch-Site": "same-origin"})
    moved = post_control(cloud, "clock", {"advance": 1}, Origin=cloud.url)
    assert (read.status, moved.status) == (403, 403)


OWN_PAGES = (
    {"Origin": "http://127.0.0.1:9000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:9000", "Sec-Fetch-Site": "cross-site"},
)
ADDRESS_BAR = {"Sec-Fetch-Site": "none"}


def test_own_pages_and_the_address_bar_are_accepted() -> None:
    with FakeCloud(own_origins=[page["Origin"] for page in OWN_PAGES]) as cloud:
        for headers in (*OWN_PAGES, ADDRESS_BAR):
            answer = send(cloud, "GET", "/_local/state", headers)
            assert answer.status == 200
            assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_no_page_is_accepted_unless_it_is_named(cloud: FakeCloud) -> None:
    for headers in OWN_PAGES:
        assert send(cloud, "GET", "/_local/state", headers).status == 403
    assert send(cloud, "GET", "/_local/state", ADDRESS_BAR).status == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_cannot_make_server_side_calls(
    cloud: FakeCloud, headers: dict[str, str]
) -> None:
    by_acs3 = Acs3Request(cloud, cloud.admin, "GetVideoList", headers=dict(headers)).send()
    query = "/?" + urlencode(rpc_parameters(cloud.admin, "GetVideoList"))
    by_rpc = send(cloud, "GET", query, headers)
    play = urlencode(rpc_parameters(cloud.admin, "GetPlayInfo", VideoId="a" * 32))
    by_key = send(cloud, "GET", "/?" + play, headers)
    sts = urlencode(rpc_parameters(cloud.admin, "GetCallerIdentity", Version="2015-04-01"))
    by_sts = send(cloud, "GET", "/?" + sts, headers)
    for answer in (by_acs3, by_rpc, by_key, by_sts):
        assert (answer.status, answer.json()["Code"]) == (403, "LocalGuard")
        assert not any(name.lower().startswith("access-control") for name in answer.headers)
    assert cloud.calls.snapshot() == {}


def test_no_preflight_is_granted_outside_oss(cloud: FakeCloud) -> None:
    for path in ("/", "/_local/clock", "/_local/state"):
        headers = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,authorization",
            "Access-Control-Request-Private-Network": "true",
        }
        answer = send(cloud, "OPTIONS", path, headers)
        assert answer.status >= 400
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_control_calls_must_be_json(cloud: FakeCloud) -> None:
    body = json.dumps({"advance": 5}).encode()
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
    ):
        answer = send(cloud, "POST", "/_local/clock", {"Content-Type": content_type}, body)
        assert answer.status == 415
    assert send(cloud, "POST", "/_local/clock", {}, body).status == 415
    good = {"Content-Type": "application/json; charset=utf-8"}
    assert send(cloud, "POST", "/_local/clock", good, body).status == 200
    assert cloud.clock.offset == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"1", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"advance": NaN}', 400),
        (b'{"advance": 1, "advance": 2}', 400),
        (b'{"advance": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"x": {"x": {"x": ' * 9 + b"1" + b"}}}" * 9, 400),
        (b'{"advance": 1}' + b" " * 70_000, 413),
    ],
)
def test_a_control_body_that_is_no_small_object(cloud: FakeCloud, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    assert send(cloud, "POST", "/_local/clock", headers, body).status == status
    assert cloud.clock.offset == 0


def test_a_chunked_control_body_is_bounded_too(cloud: FakeCloud) -> None:
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    body = chunk * 3 + b"0\r\n\r\n"
    answer = send(cloud, "POST", "/_local/clock", {**headers, "Content-Length": ""}, None)
    assert answer.status in (400, 415)
    import socket

    head = (
        f"POST /_local/clock HTTP/1.1\r\nHost: {cloud.endpoint}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        assert b" 413 " in connection.makefile("rb").readline()

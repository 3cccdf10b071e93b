"""Texts of 1 KB and more are compressed for clients that accept gzip."""

from __future__ import annotations

import gzip
import http.client
from contextlib import closing

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import OssReply, browser, browser_headers, sdk

KEY = "a.txt"
TEXT = b"0123456789abcdef" * 64
GZIP = {"accept-encoding": "gzip"}


class _OlderConnection(http.client.HTTPConnection):
    _http_vsn = 10
    _http_vsn_str = "HTTP/1.0"


def store(
    cloud: FakeCloud, owner: Credential, content_type: str = "text/plain", body: bytes = TEXT
) -> None:
    sdk(cloud, owner).put_object(KEY, body, headers={"content-type": content_type})


def get(
    cloud: FakeCloud, owner: Credential, headers: dict[str, str], method: str = "GET"
) -> OssReply:
    return browser(cloud, owner, method, KEY, headers=headers)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/css; charset=utf-8", "application/json", "TEXT/HTML"]
)
@pytest.mark.parametrize("accepted", ["gzip", "br;q=1.0, gzip;q=0.5, *;q=0"])
def test_a_text_is_compressed(
    cloud: FakeCloud, owner: Credential, content_type: str, accepted: str
) -> None:
    store(cloud, owner, content_type)
    reply = get(cloud, owner, {"accept-encoding": accepted})
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.headers["vary"] == "Accept-Encoding"
    assert not {"content-length", "etag", "accept-ranges"} & set(reply.headers)
    assert reply.headers["content-md5"]
    assert gzip.decompress(reply.body) == TEXT
    assert len(reply.body) < 100


def test_a_large_text(cloud: FakeCloud, owner: Credential) -> None:
    body = bytes(range(256)) * 4096 * 3
    store(cloud, owner, body=body)
    assert gzip.decompress(get(cloud, owner, GZIP).body) == body


def test_a_head_says_so(cloud: FakeCloud, owner: Credential) -> None:
    store(cloud, owner)
    reply = get(cloud, owner, GZIP, "HEAD")
    assert (reply.status, reply.headers["content-encoding"]) == (200, "gzip")
    assert not {"content-length", "etag", "accept-ranges"} & set(reply.headers)
    plain = get(cloud, owner, {}, "HEAD")
    assert plain.headers["content-length"] == "1024"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        ("text/plain", TEXT[:-1], GZIP),
        ("video/mp4", TEXT, GZIP),
        ("application/vnd.apple.mpegurl", TEXT, GZIP),
        ("text/plain", TEXT, {}),
        ("text/plain", TEXT, {"accept-encoding": "identity"}),
        ("text/plain", TEXT, {"accept-encoding": "gzip;q=0"}),
        ("text/plain", TEXT, {"accept-encoding": "gzip; q=0.000, br"}),
    ],
)
def test_all_else_is_sent_as_it_is(
    cloud: FakeCloud, owner: Credential, content_type: str, body: bytes, headers: dict[str, str]
) -> None:
    store(cloud, owner, content_type, body)
    reply = get(cloud, owner, headers)
    assert reply.body == body
    assert reply.headers["content-length"] == str(len(body))
    assert reply.headers["etag"]


def test_a_range_is_not_compressed(cloud: FakeCloud, owner: Credential) -> None:
    store(cloud, owner)
    reply = get(cloud, owner, {**GZIP, "range": "bytes=0-9"})
    assert (reply.status, reply.body) == (206, TEXT[:10])


def test_what_is_compressed_already_is_not_compressed_again(
    cloud: FakeCloud, owner: Credential
) -> None:
    headers = {"content-type": "text/plain", "content-encoding": "br"}
    sdk(cloud, owner).put_object(KEY, TEXT, headers=headers)
    reply = get(cloud, owner, GZIP)
    assert (reply.headers["content-encoding"], reply.body) == ("br", TEXT)


def test_an_older_client_gets_a_length(cloud: FakeCloud, owner: Credential) -> None:
    """HTTP/1.0 has no chunks."""
    store(cloud, owner)
    with closing(_OlderConnection(cloud.endpoint, timeout=30)) as connection:
        headers = {**browser_headers(owner, "GET", KEY, headers=GZIP), "Host": cloud.endpoint}
        connection.request("GET", f"/{KEY}", headers=headers)
        with connection.getresponse() as response:
            assert response.read() == TEXT


def test_the_sdk_reads_it(cloud: FakeCloud, owner: Credential) -> None:
    store(cloud, owner)
    found = sdk(cloud, owner).get_object(KEY, headers={"Accept-Encoding": "gzip"})
    assert found.headers["Content-Encoding"] == "gzip"
    assert found.read() == TEXT

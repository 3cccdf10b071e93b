"""PutObject: what is stored, what is refused, and what happens if the connection breaks."""

from __future__ import annotations

import base64
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss.incoming_file import crc64
from fakealiyun.testing.oss import BUCKET, OssReply, browser, browser_headers, md5, sdk, send

CONTENT = b"123456789"


def test_the_answer_of_a_put(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4", CONTENT)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["etag"] == '"25F9E794323B453885F5181F1B624D0B"'
    assert reply.headers["content-md5"] == "JfnnlDI7RTiF9RgfG2JNCw=="
    assert reply.headers["x-oss-hash-crc64ecma"] == "11051210869376104954"
    assert len(reply.headers["x-oss-request-id"]) == 24
    assert reply.headers["x-oss-server-time"].isdigit()


def test_what_is_stored(cloud: FakeCloud, owner: Credential, version: str) -> None:
    cloud.clock.advance(86400)
    headers = {
        "Content-Type": "video/mp4",
        "Cache-Control": "max-age=60",
        "Content-Disposition": 'attachment; filename="视频.mp4"'.encode(),
        "x-oss-meta-note": "hello",
    }
    # The old credential was issued before the clock moved. The new day needs a new one.
    owner = cloud.identities.issue(owner.principal, owner.policies, 3600)
    sdk(cloud, owner, version).put_object("a.mp4", CONTENT, headers=headers)
    stored = cloud.storage.get(BUCKET, "a.mp4")
    assert stored is not None
    assert stored.path.read_bytes() == CONTENT
    assert (stored.size, stored.content_type) == (len(CONTENT), "video/mp4")
    assert stored.md5 == md5(CONTENT).hex()
    assert abs(stored.last_modified - cloud.clock.now()) < 60
    head = sdk(cloud, owner, version).head_object("a.mp4")
    assert head.headers["Cache-Control"] == "max-age=60"
    assert head.headers["x-oss-meta-note"] == "hello"
    assert head.object_type == "Normal"


def test_oss_v2_puts_and_checks_the_crc(cloud: FakeCloud, owner: Credential) -> None:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        owner.access_key_id, owner.access_key_secret, owner.security_token
    )
    config.region, config.endpoint = "cn-shanghai", cloud.url
    client = oss.Client(config)
    body = os.urandom(300_000)
    put = client.put_object(oss.PutObjectRequest(BUCKET, "目录/a b+c.mp4", body=body))
    assert put.hash_crc64 == str(crc64(body))
    got = client.get_object(oss.GetObjectRequest(BUCKET, "目录/a b+c.mp4"))
    assert got.body is not None
    assert got.body.content == body


def test_a_second_put_replaces_the_object(cloud: FakeCloud, owner: Credential) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object("a.mp4", b"first")
    first = cloud.storage.get(BUCKET, "a.mp4")
    assert first is not None
    bucket.put_object("a.mp4", b"second one")
    assert bucket.get_object("a.mp4").read() == b"second one"
    assert not first.path.exists()


def test_overwriting_can_be_forbidden(cloud: FakeCloud, owner: Credential, version: str) -> None:
    bucket = sdk(cloud, owner, version)
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("a.mp4", b"first", headers=forbid)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("a.mp4", b"second", headers=forbid)
    assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("a.mp4").read() == b"first"


def test_an_empty_object(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("empty", b"")
    assert sdk(cloud, owner).get_object("empty").read() == b""
    assert sdk(cloud, owner).head_object("empty").content_length == 0


@pytest.mark.parametrize(
    "digest",
    [
        base64.b64encode(md5(b"other")).decode(),
        "not base64!",
        "AAAA",
        "",
        md5(CONTENT).hex(),
    ],
)
def test_a_content_md5_that_does_not_hold(cloud: FakeCloud, owner: Credential, digest: str) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4", CONTENT, headers={"content-md5": digest})
    assert (reply.status, reply.code) == (400, "InvalidDigest")
    assert reply.element("Message") == "The Content-MD5 you specified was invalid."
    assert reply.headers["x-oss-ec"] == reply.element("EC") == "0017-00000503"
    assert cloud.storage.get(BUCKET, "a.mp4") is None


def test_a_content_md5_that_holds(cloud: FakeCloud, owner: Credential) -> None:
    digest = base64.b64encode(md5(CONTENT)).decode()
    headers = {"content-md5": digest}
    assert browser(cloud, owner, "PUT", "a.mp4", CONTENT, headers=headers).status == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_an_encoded_body_is_stored_as_it_is(
    cloud: FakeCloud, owner: Credential, encoding: str
) -> None:
    headers = {"content-encoding": encoding}
    assert browser(cloud, owner, "PUT", "a", b"not compressed", headers=headers).status == 200
    reply = browser(cloud, owner, "GET", "a")
    assert (reply.body, reply.headers["content-encoding"]) == (b"not compressed", encoding)


def test_a_body_of_unknown_length(cloud: FakeCloud, owner: Credential, version: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000

    sdk(cloud, owner, version).put_object("a.mp4", pieces())
    assert sdk(cloud, owner).get_object("a.mp4").read() == b"x" * 5000


def test_a_body_without_any_length(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4")
    assert (reply.status, reply.code) == (411, "MissingContentLength")


def test_more_than_five_gigabytes_are_refused_unread(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "PUT", "a.mp4")
    headers["Content-Length"] = str(5 * 1024**3 + 1)
    reply = send(cloud, "PUT", "/a.mp4", headers)
    assert (reply.status, reply.code) == (400, "EntityTooLarge")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-oss-object-acl", "public-read"),
        ("x-oss-server-side-encryption", "KMS"),
        ("x-oss-storage-class", "Archive"),
    ],
)
def test_what_is_asked_and_not_done_here_is_refused(
    cloud: FakeCloud, owner: Credential, name: str, value: str
) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4", b"x", headers={name: value})
    assert (reply.status, reply.code, reply.element("Header")) == (501, "NotImplemented", name)
    assert cloud.storage.get(BUCKET, "a.mp4") is None


def test_what_the_vod_uploaders_add_is_taken(cloud: FakeCloud, owner: Credential) -> None:
    added = {
        "x-oss-notification": base64.b64encode(b'{"Vod":{}}').decode(),
        "x-oss-md5": "",
        "x-oss-user-agent": "aliyun-sdk-js/6.23.0",
    }
    assert browser(cloud, owner, "PUT", "a.mp4", b"x", headers=added).status == 200


def test_too_much_metadata(cloud: FakeCloud, owner: Credential) -> None:
    headers = {"x-oss-meta-a": "x" * 8193}
    reply = browser(cloud, owner, "PUT", "a.mp4", b"x", headers=headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


class HalfAPut:
    """A PUT whose connection closes after half of the body."""

    def __init__(self, cloud: FakeCloud, head: bytes, half: bytes) -> None:
        host, _, port = cloud.endpoint.partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.sendall(head + half)

    def end(self) -> bytes:
        self.socket.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := self.socket.recv(65536):
            answer += piece
        self.socket.close()
        return answer


def raw_head(
    cloud: FakeCloud, owner: Credential, *extra: str, headers: dict[str, str] | None = None
) -> bytes:
    signed = browser_headers(owner, "PUT", "a.mp4", headers=headers)
    lines = ["PUT /a.mp4 HTTP/1.1", f"Host: {cloud.endpoint}"]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    return "\r\n".join([*lines, *extra, "", ""]).encode()


@pytest.mark.parametrize(
    ("framing", "half"),
    [
        ("Content-Length: 1000", b"x" * 500),
        ("Transfer-Encoding: chunked", b"1f4\r\n" + b"x" * 500 + b"\r\n"),
        ("Transfer-Encoding: chunked", b"1f4\r\n" + b"x" * 100),
        ("Transfer-Encoding: chunked", b"zz\r\nnonsense\r\n"),
    ],
)
def test_a_put_that_breaks_off_leaves_the_old_object(
    cloud: FakeCloud, owner: Credential, framing: str, half: bytes
) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"old")
    told = []
    cloud.storage.on_stored(lambda stored: told.append(stored.key))
    answer = HalfAPut(cloud, raw_head(cloud, owner, framing), half).end()
    assert b" 200 " not in answer.partition(b"\r\n")[0]
    assert sdk(cloud, owner).get_object("a.mp4").read() == b"old"
    assert told == []
    assert [path.suffix for path in cloud.storage.folder.iterdir()] == [".object"]


def test_the_old_object_is_read_while_the_new_one_arrives(
    cloud: FakeCloud, owner: Credential
) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"old")
    put = HalfAPut(cloud, raw_head(cloud, owner, "Content-Length: 6"), b"new")
    assert sdk(cloud, owner).get_object("a.mp4").read() == b"old"
    put.socket.sendall(b"est")
    assert b" 200 " in put.end()
    assert sdk(cloud, owner).get_object("a.mp4").read() == b"newest"


def test_overwriting_is_forbidden_at_the_end_too(cloud: FakeCloud, owner: Credential) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    head = raw_head(cloud, owner, "Content-Length: 6", headers=forbid)
    slow = HalfAPut(cloud, head, b"new")
    sdk(cloud, owner).put_object("a.mp4", b"first", headers=forbid)
    slow.socket.sendall(b"est")
    assert b"FileAlreadyExists" in slow.end()
    assert sdk(cloud, owner).get_object("a.mp4").read() == b"first"


def test_puts_of_one_key_at_once(cloud: FakeCloud, owner: Credential) -> None:
    bodies = [bytes([number]) * 200_000 for number in range(16)]
    told = []
    cloud.storage.on_stored(lambda stored: told.append(stored.md5))

    def put(body: bytes) -> OssReply:
        return browser(cloud, owner, "PUT", "a.mp4", body)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(put, bodies))
    assert [reply.status for reply in replies] == [200] * 16
    assert sdk(cloud, owner).get_object("a.mp4").read() in bodies
    assert sorted(told) == sorted(md5(body).hex() for body in bodies)
    assert len(list(cloud.storage.folder.iterdir())) == 1


def resident() -> int:
    """The memory of this process in bytes, including the server of the cloud."""
    with open("/proc/self/statm") as statistics:
        return int(statistics.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads Linux's /proc")
def test_a_large_upload_does_not_fill_memory(cloud: FakeCloud, owner: Credential) -> None:
    size = 192 * 1024 * 1024
    piece = os.urandom(1024 * 1024)
    put = HalfAPut(cloud, raw_head(cloud, owner, f"Content-Length: {size}"), piece)
    before = resident()
    for _ in range(size // len(piece) - 1):
        put.socket.sendall(piece)
    grown = resident() - before
    assert b" 200 " in put.end()
    stored = cloud.storage.get(BUCKET, "a.mp4")
    assert stored is not None
    assert stored.size == size
    assert grown < size // 8


def test_others_are_served_during_a_large_upload(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("small", b"small")
    size = 64 * 1024 * 1024
    piece = bytes(1024 * 1024)
    put = HalfAPut(cloud, raw_head(cloud, owner, f"Content-Length: {size}"), piece)
    sent = threading.Event()

    def rest() -> None:
        for _ in range(size // len(piece) - 1):
            put.socket.sendall(piece)
        sent.set()

    sender = threading.Thread(target=rest)
    sender.start()
    served_meanwhile = 0
    while not sent.is_set():
        assert browser(cloud, owner, "GET", "small").body == b"small"
        served_meanwhile += not sent.is_set()
    sender.join()
    assert b" 200 " in put.end()
    assert served_meanwhile > 0

"""Requests that try to confuse the gateway, a function, or the readers of the log."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any

import pytest

from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import ORIGIN, House

SDK = ("alibabacloud_vod20170321", "alibabacloud_tea_openapi", "darabonba")


def raw(house: House, request: bytes) -> int:
    """The status of the response to these raw bytes. 0 if there is no response."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]) if answer else 0


def request_with(house: House, token: str, *lines: bytes) -> bytes:
    body = b'{"FileName": "a.mp4"}'
    head = [
        b"POST /upload HTTP/1.1",
        f"Host: 127.0.0.1:{house.port}".encode(),
        f"Authorization: Bearer {token}".encode(),
        b"Content-Type: application/json",
        b"Connection: close",
        *lines,
    ]
    if not any(line.lower().startswith((b"content-length", b"transfer")) for line in lines):
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, b"", body])


class TestHeaders:
    def test_a_valid_raw_request_is_answered(self, house: House, alice: str) -> None:
        """Without this, the refusals below would prove nothing."""
        assert raw(house, request_with(house, alice, b"Idempotency-Key: k")) == 200

    @pytest.mark.parametrize(
        "line",
        [
            b"Idempotency-Key: a\nX-Evil: 1",
            b"Idempotency-Key: a\rX-Evil: 1",
            b"Idempotency-Key: a\x00b",
            b"Idempotency-Key: a\r\n b",
            b"Idempotency-Key : a",
            b" Idempotency-Key: a",
            b"Idempotency Key: a",
            b"Content-Length: 21\r\nTransfer-Encoding: chunked",
            b"Content-Length: 21\r\nContent-Length: 5",
            b"Content-Length: -1",
            b"Content-Length: +21",
            b"Transfer-Encoding: chunked, identity",
        ],
    )
    def test_a_header_that_can_be_read_as_two_or_none(
        self, house: House, alice: str, line: bytes
    ) -> None:
        status = raw(house, request_with(house, alice, line))
        assert status in (0, 400)
        assert house.calls() == {}

    def test_two_idempotency_keys(self, house: House, alice: str) -> None:
        twice = (b"Idempotency-Key: a", b"idempotency-key: b")
        assert raw(house, request_with(house, alice, *twice)) == 400
        assert house.calls() == {}

    def test_two_content_types(self, house: House, alice: str) -> None:
        # The parser of the local gateway refuses it. The function itself would return 415.
        assert raw(house, request_with(house, alice, b"Content-Type: text/plain")) in (400, 415)
        assert house.calls() == {}

    @pytest.mark.parametrize(
        "method", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
    )
    def test_a_method_in_a_header(self, house: House, alice: str, method: str) -> None:
        headers = {"Authorization": f"Bearer {alice}", method: "POST"}
        assert house.send("GET", "/upload", headers).refusal == (405, "MethodNotAllowed")

    @pytest.mark.parametrize(
        "header",
        [
            "X-Fc-Access-Key-Id",
            "X-Fc-Access-Key-Secret",
            "X-Fc-Security-Token",
            "X-Fc-Account-Id",
            "X-Fc-Function-Name",
            "X-Fc-Request-Id",
            "X-Forwarded-For",
            "X-Forwarded-Host",
        ],
    )
    def test_forged_headers_of_function_compute(
        self, house: House, alice: str, header: str
    ) -> None:
        reply = house.post("/upload", alice, {"FileName": "a.mp4"}, {header: "pretended"})
        assert reply.status == 200
        assert "pretended" not in reply.body.decode() + str(reply.headers)


class TestText:
    """Line ends and quotes in a caller's text start no new header, parameter or log line."""

    TEXTS = (
        "a\r\nX-Evil: 1",
        "a\nb",
        "a\x00b",
        "a\x1b[2Jb",
        "a\u2028b",
        "a\x85b",
    )

    @pytest.mark.parametrize("text", TEXTS)
    @pytest.mark.parametrize("field", ["FileName", "Title", "Description", "Tags", "CoverURL"])
    def test_control_characters(self, house: House, alice: str, field: str, text: str) -> None:
        if field == "Description" and set(text) & set("\r\n"):
            # It may have several lines, which stay text.
            media = house.cloud.vod.library.get(house.begun(alice, Description=text))
            assert media is not None
            assert media.description == text
            assert not any(line == "X-Evil: 1" for line in house.log())
            return
        value = f"{text}.mp4" if field == "FileName" else text
        assert house.upload(alice, **{field: value}).pointers() == [f"/{field}"]
        assert house.calls() == {}

    @pytest.mark.parametrize("field", ["FileName", "Title"])
    def test_another_direction_of_writing(self, house: House, alice: str, field: str) -> None:
        reply = house.upload(alice, **{field: "\u202egnp.4pm\u202c.mp4"})
        assert reply.pointers() == [f"/{field}"]
        assert house.calls() == {}

    @pytest.mark.parametrize(
        "text",
        [
            'a","ReferenceId":"x',
            "a&ReferenceId=xxxxxxxx&TemplateGroupId=VOD_NO_TRANSCODE",
            "a%26UserData%3D%7B%7D",
            "a#?&=+%",
            "${alice} {{7*7}} %s %(a)s",
            "a'; DROP TABLE videos; --",
            "../../etc/passwd",
            "<script>alert(1)</script>",
            "\\u0000\\n",
        ],
    )
    def test_text_that_looks_like_code_stays_text(
        self, house: House, alice: str, text: str
    ) -> None:
        video_id = house.begun(alice, Title=text, FileName=f"{text}.mp4")
        media = house.cloud.vod.library.get(video_id)
        assert media is not None
        assert media.title == text
        assert str(media.reference_id).startswith("v1k1")
        assert media.key.startswith("sv/")
        assert ".." not in media.key

    @pytest.mark.parametrize(
        "sub", ['a","decision":"issued', "a\u2028b", "\u202eecila", "a\\nb", "\x9b2J"]
    )
    def test_a_subject_is_one_value_in_one_log_line(self, house: House, sub: str) -> None:
        before = len(house.decisions("upload"))
        house.upload(house.issuer.token(sub), FileName="a.exe")
        written = house.decisions("upload")[before:]
        assert len(written) == 1
        assert (written[0]["subject"], written[0]["decision"]) == (sub, "refused")
        assert all(" " <= c <= "~" for line in house.log()[-5:] for c in line)

    def test_an_unknown_field_is_shown_in_plain_characters(self, house: House, alice: str) -> None:
        name = "é\u202e\n<b>" + "x" * 500
        problem = house.post("/upload", alice, {"FileName": "a.mp4", name: 1}).json()
        shown = problem["errors"][0]["pointer"]
        assert len(shown) < 200
        assert all(" " <= c <= "~" for c in shown + problem["detail"])


class TestLogTail:
    """With `X-Fc-Log-Type: Tail`, any caller gets the end of the log of their request."""

    def tail(self, house: House, token: str | None, video_id: str) -> dict[str, Any]:
        headers = {"X-Fc-Log-Type": "Tail"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        reply = house.send("GET", f"/play?VideoId={video_id}", headers)
        text = base64.b64decode(reply.headers["X-Fc-Log-Result"]).decode()
        line = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
        assert isinstance(line, dict)
        return line

    def test_is_the_same_for_anothers_video_as_for_none(
        self, house: House, alice: str, mallory: str
    ) -> None:
        begun = house.upload(alice).json()
        put(begun, SMALL)
        seen = []
        for video_id in (begun["VideoId"], "0" * 32):
            line = self.tail(house, mallory, video_id)
            assert line.pop("VideoId") == video_id
            line["cloud_request_ids"] = len(line["cloud_request_ids"])
            seen.append({k: v for k, v in line.items() if k not in ("ms", "request_id", "cold")})
        assert seen[0] == seen[1]

    def test_holds_no_secret(self, house: House, alice: str) -> None:
        begun = house.upload(alice).json()
        put(begun, SMALL)
        assert self.tail(house, alice, begun["VideoId"])["decision"] == "issued"
        assert self.tail(house, None, begun["VideoId"])["decision"] == "refused"
        # The fixture searches the log for secrets after every test.


class TestAsynchronous:
    """Anyone can send `X-Fc-Invocation-Type: Async`, but it is of no use."""

    def wait(self, house: House, function: str, more_than: int) -> dict[str, Any]:
        while len(house.decisions(function)) <= more_than:
            time.sleep(0.01)
        return house.decisions(function)[-1]

    def test_without_a_valid_token(self, house: House) -> None:
        before = len(house.decisions("upload"))
        later = {"X-Fc-Invocation-Type": "Async"}
        reply = house.post("/upload", None, {"FileName": "a.mp4"}, later)
        assert (reply.status, reply.body) == (202, b"")
        assert self.wait(house, "upload", before)["code"] == "InvalidToken"
        assert house.calls() == {}

    def test_with_a_valid_token_nobody_gets_the_credential(self, house: House, alice: str) -> None:
        before = len(house.decisions("refresh"))
        video_id = house.begun(alice)
        headers = {"X-Fc-Invocation-Type": "Async", "Origin": ORIGIN}
        reply = house.post("/refresh", alice, {"VideoId": video_id}, headers)
        assert (reply.status, reply.body) == (202, b"")
        assert self.wait(house, "refresh", before)["decision"] == "issued"
        assert len(house.decisions("refresh")) == before + 1  # once, without retries


def imported(house: House, function: str) -> list[str]:
    """The modules that a function imported, if its interpreter logs them."""
    lines = [line.text for line in house.gateway.logs.lines(function)]
    return [line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")]


class TestResources:
    """The cost that a stranger can cause."""

    def test_a_stranger_does_not_cause_an_import_of_the_sdk(self, house: House) -> None:
        """The import takes most of a cold start and of an instance's memory."""
        cold = house.at("cold")  # no other test calls it
        for _ in range(3):
            assert cold.play("a.b.c", "0" * 32).status == 401
            assert cold.play(house.issuer.token(scope=""), "0" * 32).status == 403
            assert cold.play(house.issuer.token(), "0").status == 400
        before = imported(house, "cold-play")
        assert "index" in before
        assert not [name for name in before if name.startswith(SDK)]
        assert cold.play(house.issuer.token(), "0" * 32).status == 404
        assert {name.partition(".")[0] for name in imported(house, "cold-play")} >= set(SDK)
        [instance] = house.instances("cold-play")
        assert instance["served"] == 10

    @pytest.mark.parametrize("path", ["/upload", "/refresh"])
    def test_a_megabyte_from_a_stranger(self, house: House, path: str) -> None:
        reply = house.post(path, None, b"[" * 1_000_000)
        assert reply.refusal == (413, "PayloadTooLarge")

    @pytest.mark.parametrize(
        "value",
        ["9" * 5000, "1" + "0" * 15000, "1e999999999", "-" + "9" * 4301, "0." + "1" * 15000],
    )
    def test_a_huge_number(self, house: House, alice: str, value: str) -> None:
        body = f'{{"FileName": "a.mp4", "FileSize": {value}}}'.encode()
        assert house.post("/upload", alice, body).refusal == (400, "InvalidRequest")
        assert house.calls() == {}

    def test_many_keys_that_collide(self, house: House, alice: str) -> None:
        body = json.dumps({f"k{n}": 0 for n in range(1200)}).encode()
        reply = house.post("/upload", alice, body)
        assert reply.refusal == (400, "InvalidRequest")
        assert len(reply.body) < 1_000_000

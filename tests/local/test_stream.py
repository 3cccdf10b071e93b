"""`GET /_local/stream`: what the page gets, in which order, and that no secret is in it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.activity import ObservedLogs, without_credentials
from local.checkout_keys import LocalKeys, load_keys
from local.gateway import LogLine
from local.stack import Stack
from local.stream import Stream
from tests.browser.functions import call, token
from tests.support.clients import put
from tests.support.code_under_test import CodeUnderTest
from tests.support.waiting import wait_for

Message = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LocalKeys:
    return load_keys(tmp_path_factory.mktemp("stream"))


@pytest.fixture(scope="module")
def stack(code_under_test: CodeUnderTest, keys: LocalKeys) -> Iterator[Stack]:
    """A stack whose cloud calls back."""
    with code_under_test.stack(keys=keys, events=True) as running:
        yield running


class Listener:
    """A connection to the stream, as a browser has it."""

    def __init__(self, stack: Stack, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
        self._connection.request("GET", "/_local/stream", headers=headers)
        self.response = self._connection.getresponse()

    def messages(self) -> Iterator[Message]:
        """Id, kind and data of each message."""
        fields: dict[str, str] = {}
        for line in self.response:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}

    def until(self, kind: str, **data: object) -> list[Message]:
        """The messages up to one of that kind and data."""
        found = []
        for message in self.messages():
            found.append(message)
            if message[1] == kind and message[2].items() >= data.items():
                return found
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.response.close()
        self._connection.close()


def events_of(messages: list[Message], kind: str) -> list[dict[str, Any]]:
    return [data for _, found, data in messages if found == kind]


def test_reports_an_upload_from_the_call_to_the_event(stack: Stack, keys: LocalKeys) -> None:
    listener = Listener(stack)
    assert listener.response.getheader("Content-Type") == "text/event-stream"
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    put(begun, b"not a film")
    seen: list[Message] = []
    for message in listener.messages():
        seen.append(message)
        body = message[2].get("body", {})
        if message[1] == "webhook" and body.get("type") == "upload.completed":
            assert body["subject"] == begun["VideoId"]
            assert message[2]["verified"] is True
            break
    listener.close()
    [upload] = [one for one in events_of(seen, "invocation") if one["function"] == "upload"]
    assert (upload["status"], upload["code"], upload["subject"]) == (200, "OK", "alice")
    assert upload["ms"] > 0
    assert upload["requestId"] == begun["RequestId"]
    calls = {one["requestId"]: one for one in events_of(seen, "cloud")}
    [created] = [calls[one] for one in upload["cloud_request_ids"]]
    assert (created["action"], created["status"]) == ("CreateUploadVideo", 200)
    text = json.dumps(seen)
    for secret in (
        keys.owner_keys.partition(":")[2],
        keys.webhook_secret,
        keys.callback_key,
        keys.callback_path,
        base64.b64encode(keys.secret).decode(),
        begun["UploadAuth"],
        json.loads(base64.b64decode(begun["UploadAuth"]))["AccessKeySecret"],
        json.loads(base64.b64decode(begun["UploadAuth"]))["SecurityToken"],
    ):
        assert secret not in text


def test_a_browser_that_connects_again_gets_only_what_it_missed(stack: Stack) -> None:
    stack.stream.publish("webhook", {"number": 1})
    listener = Listener(stack)
    last = listener.until("webhook", number=1)[-1][0]
    listener.close()
    stack.stream.publish("webhook", {"number": 2})
    again = Listener(stack, **{"Last-Event-ID": last})
    missed = again.until("webhook", number=2)
    again.close()
    assert {"number": 1} not in events_of(missed, "webhook")
    # The id of an earlier run says nothing about this one.
    fresh = Listener(stack, **{"Last-Event-ID": "00000000-999999"})
    everything = fresh.until("webhook", number=2)
    fresh.close()
    assert {"number": 1} in events_of(everything, "webhook")


def test_says_which_call_was_a_cold_start(stack: Stack) -> None:
    for _ in range(2):
        listener = Listener(stack)
        refused = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        refused.request("GET", "/sts")
        identifier = refused.getresponse().getheader("X-Fc-Request-Id")
        refused.close()
        seen = listener.until("invocation", requestId=identifier)
        listener.close()
    found = [one["cold"] for one in events_of(seen, "invocation") if one["function"] == "sts"]
    assert len(found) == 2
    assert found[0] > 0
    assert found[1] is None


def test_pages_of_other_sites_get_nothing(stack: Stack) -> None:
    listener = Listener(stack, Origin="https://evil.example")
    assert listener.response.status == 403
    listener.close()


def test_credentials_in_an_event_are_left_out() -> None:
    event = {"type": "upload.refreshed", "data": {"UploadAuth": "secret", "VideoId": "v"}}
    assert without_credentials({"body": [event]}) == {
        "body": [{"type": "upload.refreshed", "data": {"UploadAuth": "…", "VideoId": "v"}}]
    }


def test_other_text_in_the_log_is_not_sent() -> None:
    sent: list[dict[str, Any]] = []

    class Kept(Stream):
        def publish(self, kind: str, data: Any) -> None:
            sent.append({"kind": kind, **data})

    logs = ObservedLogs(Kept())
    for text in (
        "FC Invoke Start RequestId: r",
        "a line with a secret",
        '{"status": 200, "secret": "s", "code": "OK"}',
        "FC Invoke End RequestId: r",
        "Duration: 1.50 ms, Billed Duration: 2 ms, Memory Size: 512 MB, Max Memory Used: 9 MB",
    ):
        logs.write(LogLine("upload", "i", "r", text))
    wait_for(lambda: sent, "the invocation is reported")
    assert sent == [
        {
            "kind": "invocation",
            "function": "upload",
            "requestId": "r",
            "cold": None,
            "status": 200,
            "code": "OK",
            "ms": 1.5,
        }
    ]

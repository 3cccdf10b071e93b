"""Deployed functions that the gateway runs."""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from alibabacloud_openapi_util.client import (  # type: ignore[import-untyped]
    Client as OpenApiUtil,
)
from Tea.request import TeaRequest

from fakealiyun.identity import Credential
from fakealiyun.testing.fc import ANONYMOUS, Fc, FcReply, get, packed, refusal, send
from local.stack import Stack
from tests.support.waiting import wait_for

SHOW = """\
import json, os

def handler(event, context):
    print("at work")
    said = {"event": json.loads(event), "env": dict(os.environ), "id": context.request_id}
    return json.dumps(said)
"""
SLOW = """\
import os, time

def handler(event, context):
    folder = os.environ["FOLDER"]
    open(os.path.join(folder, "begun"), "w").close()
    while not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.01)
    return "old"
"""


SIGNED = {"authType": "function", "methods": ["GET", "POST"]}


def saying(word: str) -> str:
    return f"def handler(event, context):\n    return {word!r}\n"


def test_a_function_is_invoked_by_its_name(running: Fc) -> None:
    running.create(code=SHOW, role=running.role("vodpass-play"), environmentVariables={"MINE": "1"})
    answer = running.invoke("echo", b'{"n": 1}', log_type="Tail")
    said = json.loads(answer.body)
    assert answer.status == 200
    assert said["event"] == {"n": 1}
    assert said["id"] == answer.headers["x-fc-request-id"]
    assert said["env"]["MINE"] == "1"
    assert said["env"]["FC_FUNCTION_NAME"] == "echo"
    assert said["env"]["ALIBABA_CLOUD_ACCESS_KEY_ID"].startswith("STS.")
    assert "at work" in answer.log
    assert answer.headers["x-fc-code-checksum"] == running.get("echo")["codeChecksum"]
    assert "x-fc-error-type" not in answer.headers


def test_a_function_has_the_credential_of_its_role(running: Fc, stack: Stack) -> None:
    running.create(code=SHOW, role=running.role("vodpass-play"))
    env = json.loads(running.invoke("echo").body)["env"]
    key = stack.cloud.identities.find(env["ALIBABA_CLOUD_ACCESS_KEY_ID"])
    assert key is not None
    assert key.principal.name == "vodpass-play"
    running.create("poor", code=SHOW)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" not in json.loads(running.invoke("poor").body)["env"]


def test_an_error_of_the_function_is_a_200_with_its_type(running: Fc) -> None:
    running.create(code="def handler(event, context):\n    raise ValueError('no')\n")
    answer = running.invoke("echo")
    assert (answer.status, answer.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")
    assert json.loads(answer.body)["errorType"] == "ValueError"


def test_an_asynchronous_invocation_is_accepted_and_run(running: Fc, stack: Stack) -> None:
    running.create(code="def handler(event, context):\n    print('ran', event.decode())\n")
    answer = running.invoke("echo", b"later", invocation_type="Async")
    assert (answer.status, answer.body) == (202, b"")
    wait_for(
        lambda: [line for line in stack.logs.lines("echo") if "ran later" in line.text],
        "the function ran",
    )
    assert running.refused("POST", "/functions/absent/invocations").code == "FunctionNotFound"


def test_an_unsupported_invocation_is_refused(running: Fc) -> None:
    running.create()
    assert refusal(lambda: running.invoke("echo", invocation_type="Task")).code == "InvalidArgument"
    assert refusal(lambda: running.invoke("echo", async_task_id="t")).code == "NotImplemented"
    large = b"x" * (128 * 1024 + 1)
    assert refusal(lambda: running.invoke("echo", large, invocation_type="Async")).code == (
        "EntityTooLarge"
    )
    assert running.invoke("echo", large).body == large


def test_an_http_trigger_has_its_own_url(running: Fc, stack: Stack) -> None:
    running.create(code=SHOW)
    assert get(f"{stack.url}/echo").status == 404
    url = running.trigger("echo", ANONYMOUS)["httpTrigger"]["urlInternet"]
    assert url == f"{stack.url}/echo"
    for below, path in (("", "/"), ("/", "/"), ("/a%20b/c?x=1", "/a%20b/c")):
        event = json.loads(get(url + below).body)["event"]
        assert event["rawPath"] == path
        assert event["requestContext"]["http"]["path"] == path.replace("%20", " ")
    assert get(url, "DELETE").code == "AccessDenied"
    running.sdk.delete_trigger("echo", "http")
    assert get(url).status == 404


def test_a_url_can_be_disabled(running: Fc) -> None:
    running.create()
    url = running.trigger("echo", {**ANONYMOUS, "disableURLInternet": True})["httpTrigger"]
    answer = get(url["urlInternet"])
    assert (answer.status, "internet URL is disable" in answer.message) == (403, True)


def test_an_update_takes_effect_and_running_requests_complete(running: Fc, tmp_path: Any) -> None:
    running.create(code=SLOW, timeout=60, environmentVariables={"FOLDER": str(tmp_path)})
    answers: list[bytes] = []
    waiting = threading.Thread(target=lambda: answers.append(running.invoke("echo").body))
    waiting.start()
    wait_for((tmp_path / "begun").exists, "the handler has begun")
    running.update("echo", code={"zipFile": packed({"index.py": saying("new")})})
    assert running.invoke("echo").body == b"new"
    (tmp_path / "go").touch()
    waiting.join(30)
    assert answers == [b"old"]


def test_reserved_concurrency_limits_the_instances(running: Fc, tmp_path: Any) -> None:
    running.create(code=SLOW, timeout=60, environmentVariables={"FOLDER": str(tmp_path)})
    running.send("PUT", "/functions/echo/concurrency", {"reservedConcurrency": 1})
    waiting = threading.Thread(target=lambda: running.invoke("echo"))
    waiting.start()
    wait_for((tmp_path / "begun").exists, "the handler has begun")
    refused = refusal(lambda: running.invoke("echo"))
    (tmp_path / "go").touch()
    waiting.join(30)
    assert (refused.status, refused.code) == (429, "ResourceExhausted")


def test_a_timer_fires_by_the_cloud_s_clock_until_it_is_removed(running: Fc, stack: Stack) -> None:
    running.create("ticker", code="def handler(event, context):\n    print(event.decode())\n")
    timer = {"cronExpression": "@every 5m", "enable": True, "payload": "tick"}
    running.trigger("ticker", timer, "clock", "timer")

    def ticks() -> int:
        return sum('"payload": "tick"' in line.text for line in stack.logs.lines("ticker"))

    before = ticks()
    stack.cloud.clock.advance(301)
    wait_for(lambda: ticks() == before + 1, "the timer has fired")
    running.sdk.delete_trigger("ticker", "clock")
    stack.cloud.clock.advance(301)
    assert running.invoke("ticker", b"after").status == 200
    assert ticks() == before + 1


def test_a_queue_feeds_a_function(running: Fc, stack: Stack) -> None:
    running.create("taker", code="def handler(event, context):\n    print(event.decode())\n")
    config = {
        "triggerEnable": True,
        "asyncInvocationType": False,
        "eventRuleFilterPattern": "{}",
        "eventSourceConfig": {
            "eventSourceType": "MNS",
            "eventSourceParameters": {
                "sourceMNSParameters": {
                    "RegionId": "cn-shanghai",
                    "QueueName": "feed",
                    "IsBase64Decode": False,
                }
            },
        },
        "eventSinkConfig": {"deliveryOption": {"eventSchema": "CloudEvents"}},
        "runOptions": {"mode": "event-streaming", "errorsTolerance": "ALL"},
    }
    running.trigger("taker", config, "queue", "eventbridge")
    stack.cloud.queues.queue("feed").send("hello")
    wait_for(
        lambda: [line for line in stack.logs.lines("taker") if "hello" in line.text],
        "the message was taken",
    )


def test_a_custom_domain_routes_to_functions_by_path(running: Fc, stack: Stack) -> None:
    running.create(code=SHOW)
    running.create("other", code=saying("other"))
    routes = [
        {"path": "/*", "functionName": "echo"},
        {"path": "/other/*", "functionName": "other", "methods": ["GET"]},
    ]
    body = {"domainName": "vod.localhost", "routeConfig": {"routes": routes}}
    running.send("POST", "/custom-domains", body)

    def ask(path: str, method: str = "GET") -> FcReply:
        return send(f"127.0.0.1:{stack.port}", method, path, {"Host": "vod.localhost"})

    assert ask("/other/x").body == b"other"
    assert ask("/other/x", "POST").code == "AccessDenied"
    assert json.loads(ask("/upload").body)["event"]["rawPath"] == "/upload"
    running.sdk.delete_function("other")
    assert json.loads(ask("/other/x").body)["event"]["rawPath"] == "/other/x"
    running.sdk.delete_custom_domain("vod.localhost")
    # The functions of s.yaml are served under every host name of this machine.
    assert ask("/upload").status == 405


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"runtime": "nodejs20"}, "runtime must be one of python3.10"),
        ({"handler": "a.b.c"}, "handler must match"),
        ({"functionName": "_under"}, "name of a resource"),
        ({"functionName": "upload"}, "another function is served at /upload here"),
    ],
)
def test_an_unsupported_function_is_refused_as_a_whole(
    running: Fc, fields: dict[str, str], reason: str
) -> None:
    name = fields.get("functionName", "echo")
    refused = refusal(lambda: running.create(name, **fields))
    assert (refused.status, refused.code) == (501, "NotImplemented")
    assert reason in refused.message
    assert running.names() == []


def test_an_unsupported_trigger_leaves_the_function_unchanged(running: Fc) -> None:
    running.create(code=saying("still here"))
    cron = {"cronExpression": "0 0 4 * * *", "enable": True}
    assert refusal(lambda: running.trigger("echo", cron, "c", "timer")).code == "NotImplemented"
    assert running.invoke("echo").body == b"still here"
    assert running.send("GET", "/functions/echo/triggers")["triggers"] == []


def test_a_reset_of_the_cloud_removes_every_deployed_function(running: Fc, stack: Stack) -> None:
    running.create(code=saying("x"))
    url = running.trigger("echo", ANONYMOUS)["httpTrigger"]["urlInternet"]
    assert get(url).body == b"x"
    stack.cloud.reset()
    assert get(url).status == 404
    wait_for(lambda: not instances(stack, "echo"), "the instances have ended")


def instances(stack: Stack, name: str) -> list[dict[str, Any]]:
    found = json.loads(get(f"{stack.url}/_local/instances").body)["instances"]
    return [one for one in found if one["function"] == name]


class TestSignedTrigger:
    """An HTTP trigger with `authType: function`, called as the vendor's page shows."""

    def call(
        self,
        url: str,
        key: Credential,
        *,
        method: str = "POST",
        body: bytes = b"{}",
        date: str | None = None,
        sent_to: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> FcReply:
        """A call signed with the vendor's own function: no body hash, no nonce, `x-acs-date`."""
        parts = urlsplit(url)
        request = TeaRequest()
        request.method = method
        request.pathname = parts.path or "/"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        request.headers = {"x-acs-date": date or now, **(headers or {})}
        if key.security_token:
            request.headers["x-acs-security-token"] = key.security_token
        request.query = dict(pair.split("=") for pair in parts.query.split("&") if pair)
        request.headers["authorization"] = OpenApiUtil.get_authorization(
            request, "ACS3-HMAC-SHA256", "", key.access_key_id, key.access_key_secret
        )
        return get(sent_to or url, method, body, request.headers)

    @pytest.fixture
    def url(self, running: Fc) -> str:
        running.create(code=saying("let in"))
        found = running.trigger("echo", SIGNED)["httpTrigger"]["urlInternet"]
        assert isinstance(found, str)
        return found

    def test_a_signed_call_is_accepted(self, url: str, stack: Stack) -> None:
        admin = stack.cloud.admin
        assert self.call(url, admin).body == b"let in"
        assert self.call(f"{url}/a?b=c", admin, method="GET").body == b"let in"
        session = stack.cloud.identities.issue(admin.principal, admin.policies, 900)
        assert self.call(url, session).body == b"let in"

    def test_an_unsigned_call_is_refused_with_a_reason(self, url: str) -> None:
        answer = get(url)
        assert (answer.status, answer.code) == (400, "MissingRequiredHeader")
        assert answer.message == "required HTTP header Date was not specified"

    def test_calls_of_other_users_are_refused(self, url: str, stack: Stack) -> None:
        admin = stack.cloud.admin
        guessed = Credential(admin.access_key_id, "x" * 30, admin.principal, ())
        assert self.call(url, guessed).code == "SignatureNotMatch"
        assert self.call(f"{url}/a", admin, sent_to=f"{url}/b").code == "SignatureNotMatch"
        assert self.call(url, admin, date="2026-01-01T00:00:00Z").code == "InvalidArgument"
        weak = stack.cloud.ram.add_user("weak")
        assert self.call(url, weak).code == "AccessDenied"
        wrong = {"x-acs-content-sha256": "0" * 64}
        assert self.call(url, admin, headers=wrong).code == "SignatureNotMatch"
        nonce = {"x-acs-signature-nonce": uuid.uuid4().hex}
        assert self.call(url, admin, headers=nonce).status == 200
        assert self.call(url, admin, headers=nonce).code == "SignatureNonceUsed"

    def test_it_still_needs_a_signature_after_an_update_of_the_code(
        self, url: str, running: Fc, stack: Stack
    ) -> None:
        running.update("echo", code={"zipFile": packed({"index.py": saying("new")})})
        assert get(url).status == 400
        assert self.call(url, stack.cloud.admin).body == b"new"
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
        connection.request("GET", "/%65cho")
        assert connection.getresponse().status == 404
        connection.close()


def test_its_lines_can_be_read_back_from_its_log_store(running: Fc, stack: Stack) -> None:
    stack.cloud.logs.create_project("shop-logs")
    store = stack.cloud.logs.create_store("shop-logs", "vodpass", ttl=1, shardCount=1)
    log = {"project": "shop-logs", "logstore": "vodpass"}
    running.create(code=SHOW, role=running.role("vodpass-play"), logConfig=log)
    answer = running.invoke("echo", b"{}")
    wanted = answer.headers["x-fc-request-id"]
    said = wait_for(
        lambda: [one for one in store.lines if one.contents["message"] == "at work"],
        "the line was stored",
    )
    assert (said[0].topic, said[0].contents["functionName"]) == ("echo", "echo")
    assert said[0].contents["requestId"] == wanted

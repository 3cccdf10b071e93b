"""Versions and aliases that the gateway runs: each serves the code that it was published with."""

from __future__ import annotations

import json
import threading
from typing import Any

from alibabacloud_fc20230330 import models
from darabonba.runtime import RuntimeOptions

from fakealiyun.testing.fc import ANONYMOUS, Fc, get, packed, send
from local.stack import Stack
from tests.support.waiting import wait_for

SAYS = """\
import json, os

def handler(event, context):
    print("tick" if b"triggerName" in event else "called", {word!r})
    seen = {{name: os.environ[name] for name in ("WORD", "FC_QUALIFIER", "FC_VER_ID")}}
    return json.dumps({{"word": {word!r}, **seen}})
"""


def deploy(fc: Fc, word: str, name: str = "echo") -> None:
    code = {"zipFile": packed({"index.py": SAYS.format(word=word)})}
    settings: dict[str, Any] = {"code": code, "environmentVariables": {"WORD": word}}
    if name in fc.names():
        fc.update(name, **settings)
    else:
        fc.create(name, **settings)


def publish(fc: Fc) -> str:
    return str(fc.send("POST", "/functions/echo/versions", {})["versionId"])


def invoke(fc: Fc, qualifier: str) -> tuple[dict[str, str], dict[str, str]]:
    request = models.InvokeFunctionRequest(body=b"{}", qualifier=qualifier)
    answer = fc.sdk.invoke_function_with_options(
        "echo", request, models.InvokeFunctionHeaders(), RuntimeOptions()
    )
    return json.loads(answer.body.read()), dict(answer.headers)


def word(fc: Fc, qualifier: str) -> str:
    said = invoke(fc, qualifier)[0]
    assert said["word"] == said["WORD"], "code and variables belong together"
    return said["word"]


def test_an_alias_serves_the_old_code_until_it_is_moved(running: Fc, stack: Stack) -> None:
    deploy(running, "one")
    publish(running)
    running.send("POST", "/functions/echo/aliases", {"aliasName": "prod", "versionId": "1"})
    deploy(running, "two")
    said, headers = invoke(running, "prod")
    assert said == {"word": "one", "WORD": "one", "FC_QUALIFIER": "prod", "FC_VER_ID": "1"}
    assert headers["x-fc-invocation-service-version"] == "1"
    assert [word(running, one) for one in ("1", "prod", "LATEST", "")] == [
        "one",
        "one",
        "two",
        "two",
    ]
    publish(running)
    running.send("PUT", "/functions/echo/aliases/prod", {"versionId": "2"})
    assert [word(running, one) for one in ("1", "prod")] == ["one", "two"]
    assert invoke(running, "2")[0]["FC_QUALIFIER"] == "2"
    # The lines of a version are those of its function.
    assert {line.function for line in stack.logs.lines("echo")} == {"echo"}


def test_one_update_of_a_domain_moves_all_its_routes(running: Fc, stack: Stack) -> None:
    deploy(running, "one")
    publish(running)
    deploy(running, "two")
    publish(running)
    for name, version in (("blue", "1"), ("green", "2")):
        running.send("POST", "/functions/echo/aliases", {"aliasName": name, "versionId": version})

    def routes(qualifier: str) -> dict[str, Any]:
        paths = ("/upload", "/play")
        given = [{"path": path, "functionName": "echo", "qualifier": qualifier} for path in paths]
        return {"routeConfig": {"routes": given}}

    def ask(path: str) -> str:
        answer = send(f"127.0.0.1:{stack.port}", "GET", path, {"Host": "vod.localhost"})
        return str(json.loads(answer.body).get("word", answer.status))

    running.send("POST", "/custom-domains", {"domainName": "vod.localhost", **routes("blue")})
    assert [ask("/upload"), ask("/play")] == ["one", "one"]
    running.send("PUT", "/custom-domains/vod.localhost", routes("green"))
    assert [ask("/upload"), ask("/play")] == ["two", "two"]
    running.send("PUT", "/custom-domains/vod.localhost", routes("blue"))
    running.sdk.delete_alias("echo", "blue")
    assert ask("/upload") == "404", "the alias is gone"


def test_triggers_call_what_they_are_bound_to(running: Fc, stack: Stack) -> None:
    deploy(running, "one")
    publish(running)
    running.send("POST", "/functions/echo/aliases", {"aliasName": "prod", "versionId": "1"})
    deploy(running, "two")

    def trigger(name: str, kind: str, config: dict[str, Any], qualifier: str) -> dict[str, Any]:
        given = {"triggerName": name, "triggerType": kind, "qualifier": qualifier}
        body = {**given, "triggerConfig": json.dumps(config)}
        return running.send("POST", "/functions/echo/triggers", body)

    latest = trigger("http", "http", ANONYMOUS, "LATEST")["httpTrigger"]["urlInternet"]
    prod = trigger("http-prod", "http", ANONYMOUS, "prod")["httpTrigger"]["urlInternet"]
    assert [json.loads(get(url).body)["word"] for url in (latest, prod)] == ["two", "one"]
    timer = {"cronExpression": "@every 5m", "enable": True, "payload": ""}
    trigger("clock", "timer", timer, "prod")

    def ticks() -> list[str]:
        return [line.text for line in stack.logs.lines("echo") if "tick" in line.text]

    stack.cloud.clock.advance(301)
    wait_for(ticks, "the timer has fired")
    assert ticks() == ["tick one"]
    publish(running)
    running.send("PUT", "/functions/echo/aliases/prod", {"versionId": "2"})
    stack.cloud.clock.advance(301)
    wait_for(lambda: len(ticks()) == 2, "it has fired again")
    assert ticks() == ["tick one", "tick two"]
    running.sdk.delete_trigger("echo", "http-prod")
    assert get(prod).status == 404
    assert json.loads(get(latest).body)["word"] == "two"


def test_a_running_request_completes_when_the_alias_moves(running: Fc, tmp_path: Any) -> None:
    slow = (
        "import os, time\n\ndef handler(event, context):\n"
        f"    open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        f"    while not os.path.exists({str(tmp_path / 'go')!r}):\n        time.sleep(0.01)\n"
        "    return 'old'\n"
    )
    running.create(code=slow, timeout=60)
    publish(running)
    running.send("POST", "/functions/echo/aliases", {"aliasName": "prod", "versionId": "1"})
    running.update(
        "echo", code={"zipFile": packed({"index.py": "def handler(e, c): return 'new'"})}
    )
    publish(running)

    def ask() -> bytes:
        request = models.InvokeFunctionRequest(body=b"{}", qualifier="prod")
        headers = models.InvokeFunctionHeaders()
        answer = running.sdk.invoke_function_with_options(
            "echo", request, headers, RuntimeOptions()
        )
        found: bytes = answer.body.read()
        return found

    answers: list[bytes] = []
    waiting = threading.Thread(target=lambda: answers.append(ask()))
    waiting.start()
    wait_for((tmp_path / "begun").exists, "the handler has begun")
    running.send("PUT", "/functions/echo/aliases/prod", {"versionId": "2"})
    assert ask() == b"new"
    (tmp_path / "go").touch()
    waiting.join(30)
    assert answers == [b"old"]

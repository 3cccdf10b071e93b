"""A running deployment of `s.yaml` for tests: fake cloud, gateway and functions.

Each function runs in a process of its own, from the code that the session's tests are about.
Instances stay warm between tests; only the cloud is reset.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from fakealiyun import FakeCloud
from local.checkout_keys import load_keys
from local.gateway import Gateway
from local.stack import PROJECT
from tests.support.code_under_test import CodeUnderTest
from tests.support.loop_thread import LoopThread
from tests.support.reply import Reply, send
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

ALIAS = "example"
OWNER_KEY = "k1:" + base64.b64encode(b"1" * 32).decode()
NEXT_OWNER_KEY = "k2:" + base64.b64encode(b"2" * 32).decode()
ORIGIN = "https://app.example.com"
APP_ORIGIN = "capacitor://localhost"


def keep_the_rules(reply: Reply) -> None:
    """Check what holds for every response of a function: no caching, no content sniffing.

    A refusal must be a complete problem response (RFC 9457).
    """
    assert reply.headers.get_all("Cache-Control") == ["no-store"]
    assert reply.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    if reply.status < 400:
        return
    problem = reply.json()
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == reply.status
    assert problem["type"] == f"urn:vodpass:problem:{problem['Code']}"
    assert problem["RequestId"] == reply.headers["X-Fc-Request-Id"]
    assert problem["title"]
    assert problem["detail"]
    assert set(problem) <= {
        "type",
        "title",
        "status",
        "detail",
        "Code",
        "RequestId",
        "errors",
        "Status",
        "Limit",
    }


@dataclass(frozen=True)
class House:
    """A running deployment. `prefix` selects one of its variants, see `at`."""

    gateway: Gateway
    cloud: FakeCloud
    issuer: Issuer
    loop: LoopThread = field(repr=False)
    prefix: str = ""
    replies: list[Reply] = field(default_factory=list, repr=False)
    """Every response so far."""

    def at(self, variant: str) -> House:
        """The same deployment with the settings of this variant. `serve` gets the variants."""
        return replace(self, prefix=f"/{variant}")

    @property
    def port(self) -> int:
        return self.gateway.port

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | list[tuple[str, str]] = (),  # type: ignore[assignment]
        body: bytes | None = None,
    ) -> Reply:
        """Send one request to the gateway and check the rules that hold for every response."""
        reply = send(self.port, method, self.prefix + target, headers, body)
        # A 202 comes from Function Compute too: the caller does not get the function's response.
        if "X-Fc-Error-Type" not in reply.headers and reply.status != 202:
            keep_the_rules(reply)
        self.replies.append(reply)
        return reply

    def post(
        self, path: str, token: str | None, body: Any, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """POST JSON, or unchanged bytes."""
        given = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, given, raw)

    def upload(self, token: str, key: str | None = None, **fields: Any) -> Reply:
        """POST /upload for film.mp4 with these fields. `key` is an Idempotency-Key."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.post("/upload", token, {"FileName": "film.mp4", **fields}, headers)

    def refresh(self, token: str, video_id: str) -> Reply:
        """POST /refresh."""
        return self.post("/refresh", token, {"VideoId": video_id})

    def play(self, token: str, video_id: str, **query: Any) -> Reply:
        """GET /play."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        headers = {"Authorization": f"Bearer {token}"}
        return self.send("GET", f"/play?VideoId={video_id}{more}", headers)

    def begun(self, token: str, **fields: Any) -> str:
        """The VideoId of a new upload."""
        answer = self.upload(token, **fields)
        assert answer.status == 200, answer.body
        return str(answer.json()["VideoId"])

    def invoke(self, function: str, event: bytes) -> dict[str, Any]:
        """What a function returns for an event, without HTTP."""
        target = self.gateway.deployment.functions[function]
        outcome = self.loop.run(self.gateway.invoker.invoke(target, event, "1-test"))
        assert outcome.error_type is None, outcome.payload
        answer = json.loads(outcome.payload)
        assert isinstance(answer, dict)
        return answer

    def instances(self, function: str) -> list[dict[str, Any]]:
        """The instances of a function, with pid, served calls and more."""
        return [one for one in self.gateway.invoker.instances() if one["function"] == function]

    def calls(self) -> dict[str, int]:
        """How often each operation of VOD was called since the last reset."""
        return self.cloud.calls.snapshot().get("vod", {})

    def log(self) -> list[str]:
        """Every log line of the functions, and of the gateway about them."""
        return [line.text for line in self.gateway.logs.lines()]

    def decisions(self, function: str) -> list[dict[str, Any]]:
        """The functions' own log lines, oldest first."""
        lines = [line.text for line in self.gateway.logs.lines(function)]
        return [json.loads(text) for text in lines if text.startswith("{")]


def settings(issuer: Issuer, **changes: str) -> dict[str, str]:
    """The variables that `${env()}` in s.yaml sees, besides those of `make run`."""
    return {
        "VODPASS_JWT_KEYS": issuer.jwks(),
        "VODPASS_JWT_ISSUER": ISSUER,
        "VODPASS_JWT_AUDIENCE": AUDIENCE,
        "VODPASS_ISSUER_ALIAS": ALIAS,
        "VODPASS_OWNER_KEYS": OWNER_KEY,
        "VODPASS_CORS_ORIGINS": f"{ORIGIN},{APP_ORIGIN}",
        **changes,
    }


def write_deployment(project: Path, variants: Mapping[str, Mapping[str, Any]]) -> None:
    """`s.yaml` in the folder `project`: the real one, and a second resource at
    `/<variant>/<function>` for each function in `only` with the variant's props laid over its own.
    """
    document = yaml.safe_load((PROJECT / "s.yaml").read_text())
    resources = document["resources"]
    for name, changes in variants.items():
        for function in changes.get("only", ("upload", "refresh", "play")):
            other = copy.deepcopy(resources[function])
            props = other["props"]
            laid = {key: value for key, value in changes.items() if key != "only"}
            chosen = laid.pop("environmentVariables", {})
            props["environmentVariables"] = {**props.get("environmentVariables", {}), **chosen}
            props.update(laid)
            props["functionName"] += f"-{name}"
            props["customDomain"] = {"route": {"path": f"/{name}/{function}*"}}
            resources[f"{name}-{function}"] = other
    (project / "s.yaml").write_text(yaml.safe_dump(document))


@contextlib.contextmanager
def serve(
    code: CodeUnderTest,
    project: Path,
    issuer: Issuer,
    environment: Mapping[str, str],
    variants: Mapping[str, Mapping[str, Any]],
) -> Iterator[House]:
    """Serve the functions from an s.yaml that is written into `project`."""
    write_deployment(project, variants)
    stack = code.stack(keys=load_keys(project / "keys"), project=project, environment=environment)
    loop = LoopThread()
    try:
        loop.run(stack.start())
        try:
            yield House(stack.gateway, stack.cloud, issuer, loop)
        finally:
            loop.run(stack.stop())
    finally:
        loop.close()

"""The functions in this process, as a runtime of Function Compute calls them."""

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fakealiyun import FakeCloud
from local.gateway import FakeCloudLink
from shared.limits.store import Store
from shared.transport import Transport


@dataclass(frozen=True)
class Outcome:
    """What an invocation came to: an HTTP answer, or whether the function raised."""

    status: int | None
    code: str
    body: Mapping[str, Any] = field(repr=False)
    retry_after: str
    written: str = field(repr=False)
    """Everything that could reach somebody but the caller of a good request: the log, the answer
    if it is a refusal, and the text of an exception."""

    @property
    def text(self) -> str:
        """For the page: status and code, or `done` and `again` for an event."""
        if self.status is None:
            return self.code
        if self.status >= 400:
            return f"{self.status} {self.code}" + (", `Retry-After`" if self.retry_after else "")
        # Of many videos, each has a credential or a problem of its own.
        codes = dict.fromkeys(str(item["Code"]) for item in self.items if "Code" in item)
        return f"{self.status} with {' and '.join(codes)}" if codes else str(self.status)

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        """The answers for single videos, where many were asked for."""
        found = self.body.get("Items", [])
        assert isinstance(found, list)
        return found


class Served:
    """One new instance of a function, with an environment of its own. Adds itself to `running`."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        cloud: FakeCloud,
        running: list[Served],
    ) -> None:
        self.name = name
        self._environment = dict(environment)
        self._cloud = cloud
        self._running = running
        running.append(self)
        given = {"FC_ACCOUNT_ID": cloud.account_id, **environment}
        self.secrets: set[str] = set()
        """The role credentials that the instance has had."""
        self._log = io.StringIO()
        self._transports: list[Transport] = []
        self._stores: list[Store] = []
        for module in [name for name in sys.modules if name.split(".")[0] == "functions"]:
            del sys.modules[module]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("VODPASS_")}
        with (
            mock.patch.dict(os.environ, {**kept, **given}, clear=True),
            self._logged(),
            self._noting_connections(),
        ):
            self._handler: Callable[[bytes, Any], Any] = importlib.import_module(
                f"functions.{name}.index"
            ).handler

    def end(self) -> None:
        """Ends the instance: its connections close, as with a process."""
        for transport in self._transports:
            for connection, _ in transport._resting.values():
                connection.close()
        for store in self._stores:
            store.close()

    def anew(self, **changed: str) -> Served:
        """Another new instance of the same function, with these settings `changed`."""
        return Served(self.name, {**self._environment, **changed}, self._cloud, self._running)

    def call(self, event: Any, *, seconds: int, ahead: int = 0) -> Outcome:
        """Invokes the function once.

        `seconds`: the timeout of the function. `ahead`: seconds that the clock of the instance is
        ahead of the cloud's.
        """
        credential = FakeCloudLink(self._cloud).role_credentials(f"vodpass-{self.name}", "test")
        self.secrets |= {credential.access_key_secret, credential.security_token}
        context = SimpleNamespace(
            request_id="1-test",
            function=SimpleNamespace(timeout=seconds),
            credentials=SimpleNamespace(
                access_key_id=credential.access_key_id,
                access_key_secret=credential.access_key_secret,
                security_token=credential.security_token,
            ),
        )
        begin = self._log.tell()
        raised = ""
        answer = None
        with self._logged(), clock_ahead(ahead), self._noting_connections():
            try:
                answer = self._handler(json.dumps(event).encode(), context)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the runtime would catch it
                raised = f"{type(fault).__name__}: {fault}"
        log = self._log.getvalue()[begin:]
        return _outcome(answer, raised, log)

    @contextlib.contextmanager
    def _noting_connections(self) -> Iterator[None]:
        begun, made = Transport.__init__, self._transports
        opened, stores = Store.__init__, self._stores

        def begin(transport: Transport, **options: Any) -> None:
            begun(transport, **options)
            made.append(transport)

        def open_store(store: Store, url: str) -> None:
            opened(store, url)
            stores.append(store)

        with (
            mock.patch.object(Transport, "__init__", begin),
            mock.patch.object(Store, "__init__", open_store),
        ):
            yield

    @contextlib.contextmanager
    def _logged(self) -> Iterator[None]:
        with contextlib.redirect_stdout(self._log), contextlib.redirect_stderr(self._log):
            yield


def _outcome(answer: Any, raised: str, log: str) -> Outcome:
    if answer is None:
        return Outcome(None, "again" if raised else "done", {}, "", log + raised)
    body = json.loads(answer["body"] or "{}")
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    status = answer["statusCode"]
    problems = [item for item in body.get("Items", ()) if "Code" in item]
    said = answer["body"] if status >= 400 else json.dumps(problems)
    return Outcome(status, body.get("Code", ""), body, headers.get("retry-after", ""), log + said)


@contextlib.contextmanager
def clock_ahead(seconds: int) -> Iterator[None]:
    """The clock of the functions alone is ahead; the cloud keeps its own."""
    if not seconds:
        yield
        return
    shifted = SimpleNamespace(**vars(time))
    shifted.time = lambda: time.time() + seconds
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if (
                name.split(".")[0] in ("shared", "functions")
                and getattr(module, "time", None) is time
            ):
                stack.enter_context(mock.patch.object(module, "time", shifted))
        yield


def http_event(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    **headers: str,
) -> dict[str, Any]:
    """The event of an HTTP trigger. `body`: a value to send as JSON, or bytes."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return {
        "version": "v1",
        "rawPath": path,
        "headers": {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        "queryParameters": dict(query or {}),
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
        "requestContext": {
            "requestId": "1-test",
            "domainName": "127.0.0.1",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
            },
        },
    }


def queue_event(text: str) -> list[dict[str, Any]]:
    """The event of a queue trigger with one message."""
    return [{"id": "1", "data": {"messageId": "1", "messageBody": text}}]


TIMER_EVENT = {"triggerTime": "", "triggerName": "timer", "payload": ""}

"""The gateway over real sockets, with the sample functions beside this file."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from fakealiyun.clock import Clock, Handle
from fakealiyun.guard import Guard
from fakealiyun.mns import Queue, Queues
from local.gateway import Gateway, RoleCredentials, load_deployment

FUNCTIONS = Path(__file__).parent / "functions"
ACCOUNT = "1234567890123456"
PAGE = "http://127.0.0.1:9000"

_T = TypeVar("_T")


class StillClock(Clock):
    """A clock that goes on only where it is moved, however slow the machine is."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = time.time()

    def wall(self) -> float:
        return self._begun

    def now(self) -> float:
        return self._begun + self.offset


class Cloud:
    """A cloud with roles, queues and a clock, and nothing else."""

    account_id = ACCOUNT

    def __init__(self) -> None:
        self.clock = StillClock()
        self.queues = Queues(self.clock, account_id=ACCOUNT, region="cn-shanghai")
        self.issued = 0
        self._resets = 0
        self._timers: list[Handle] = []

    def role_credentials(self, role: str, session: str) -> RoleCredentials:
        if role == "unknown":
            raise LookupError("there is no such role")
        self.issued += 1
        return RoleCredentials(f"STS.{role}.{self.issued}", f"secret-{self.issued}", session)

    def now(self) -> float:
        return self.clock.now()

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        timer = self.clock.call_at(when, action)
        self._timers.append(timer)
        return timer.cancel

    def queue(self, name: str) -> Queue:
        return self.queues.queue(name)

    def generation(self) -> object:
        return self._resets

    def reset(self) -> None:
        self._resets += 1
        self.queues.reset()
        self.clock.reset()

    def waiting(self) -> int:
        """How many of the gateway's timers have not fired."""
        return sum(not timer.cancelled for timer in self._timers)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def advance_to_next(self) -> float:
        """Move the clock to the next of the gateway's timers; by how many seconds."""
        seconds = min(timer.when for timer in self._timers if not timer.cancelled) - self.now()
        self.advance(max(seconds, 0.0))
        return seconds


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running gateway and the means to call it."""

    gateway: Gateway
    cloud: Cloud
    folder: Path
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self,
        target: str,
        *,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=60)
        try:
            connection.request(method, target, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def instances(self) -> list[dict[str, Any]]:
        found = self.call("/_local/instances").json()["instances"]
        assert isinstance(found, list)
        return found

    def log(self, function: str) -> list[str]:
        return [line.text for line in self.gateway.logs.lines(function)]


def write_s_yaml(folder: Path, functions: Mapping[str, Mapping[str, Any]]) -> Path:
    """An s.yaml with these resources; each mapping is laid upon sensible props."""
    resources = {}
    for name, props in functions.items():
        resources[name] = {
            "component": "fc3",
            "props": {
                "region": "cn-shanghai",
                "functionName": f"test-{name}",
                "runtime": "python3.10",
                "handler": "index.handler",
                "code": f"./build/{name}",
                "memorySize": 128,
                "timeout": 30,
                "triggers": [
                    {
                        "triggerName": "http",
                        "triggerType": "http",
                        "triggerConfig": {
                            "authType": "anonymous",
                            "methods": ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
                        },
                    }
                ],
                **props,
            },
        }
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump({"edition": "3.0.0", "resources": resources}))
    return path


@pytest.fixture(scope="session")
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def serve(loop: LoopThread, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a gateway with the named functions; `code` says which sample a resource runs."""
    started: list[tuple[Gateway, Cloud]] = []

    def start(functions: Mapping[str, Mapping[str, Any]] | list[str], **settings: Any) -> Served:
        resources = {name: {} for name in functions} if isinstance(functions, list) else functions
        props = {}
        for name, given in resources.items():
            sample = dict(given)
            shutil.copytree(
                FUNCTIONS / sample.pop("sample", name),
                tmp_path / "build" / name,
                dirs_exist_ok=True,
            )
            props[name] = sample
        cloud = Cloud()
        deployment = load_deployment(write_s_yaml(tmp_path, props), {}, account_id=ACCOUNT)
        gateway = Gateway(
            deployment,
            cloud,
            guard=Guard(own_origins=[PAGE]),
            **settings,
        )
        loop.run(gateway.start())
        started.append((gateway, cloud))
        return Served(gateway, cloud, tmp_path)

    yield start
    for gateway, cloud in started:
        loop.run(gateway.stop())
        cloud.clock.close()


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Poll until `condition` is true; fails after a time that no machine should need."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")

"""The whole deployment in a process of its own: gateway, functions, fake cloud and a store.

Its VOD can be slow, and can have a rate, as VOD's own: above it, it answers Throttling.User.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import jwt
import yaml

from benchmarks.load.media import upload
from fakealiyun.faults import Fault, Faults
from fakealiyun.testing.mp4 import film
from local.build import fill
from local.checkout_keys import load_keys
from local.development_token import AUDIENCE, ISSUER
from local.limits_store import LimitsStore, redis_server
from local.stack import PROJECT, Stack

START_SECONDS = 300.0  # the first start installs packages
SCOPES = "vod:upload vod:refresh vod:play"


class LoadError(Exception):
    """The deployment cannot be measured. The message says why."""


@dataclass(frozen=True)
class Spec:
    """What to deploy. ``rates``: VOD's calls a second by operation; absent means no limit."""

    instances: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] | None = None
    vod_seconds: float = 0.1
    rates: Mapping[str, int] = field(default_factory=dict)


class RatedFaults(Faults):
    """VOD's time to answer, and its rates: a second's calls above a rate are throttled."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.rates: Mapping[str, int] = {}
        self._second = 0
        self._counted: Counter[str] = Counter()
        self._guard = threading.Lock()

    def take(self, service: str, action: str) -> Fault | None:
        """See Faults."""
        if service != "vod":
            return super().take(service, action)
        with self._guard:
            second = int(time.monotonic())
            if second != self._second:
                self._second = second
                self._counted.clear()
            self._counted[action] += 1
            if self._counted[action] > self.rates.get(action, 1_000_000):
                return Fault("throttle", {"code": "Throttling.User", "retry_after": 1000})
        return Fault("slow", {"seconds": self.seconds}) if self.seconds else None


class DeploymentProcess(AbstractContextManager["DeploymentProcess"]):
    """A running deployment. ``port`` is the gateway's. ``video`` can be played by ``token``."""

    def __init__(self, spec: Spec) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # Not a daemon: it has children of its own, which a daemon may not have.
        self._process = context.Process(target=_serve, args=(theirs, spec))
        self._process.start()
        theirs.close()
        if not self._pipe.poll(START_SECONDS):
            self._process.kill()
            raise LoadError("the deployment did not start")
        try:
            told = self._pipe.recv()
        except EOFError:
            raise LoadError("the deployment did not start") from None
        if isinstance(told, str):
            raise LoadError(told)
        self.port: int = told["port"]
        self.video: str = told["video"]
        self._kid: str = told["kid"]
        self._secret: bytes = told["secret"]

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join()

    def token(self, subject: str) -> str:
        """A token for everything, of a user who may play every video."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "scope": SCOPES,
            "vod": {"play": "*"},
            "iat": now,
            "exp": now + 3600,
        }
        return jwt.encode(claims, self._secret, "HS256", headers={"kid": self._kid})

    def calls(self) -> dict[str, int]:
        """How often each operation of VOD was called since the last question."""
        counted: dict[str, int] = self._ask("calls")
        return counted

    def decisions(self, function: str) -> list[dict[str, Any]]:
        """The function's own log lines since the last question."""
        found: list[dict[str, Any]] = self._ask("decisions", function)
        return found

    def forget_limits(self) -> None:
        """Empty the store of the limits."""
        self._ask("forget")

    def _ask(self, *question: str) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


def _serve(pipe: Connection[Any, Any], spec: Spec) -> None:
    with ExitStack() as opened, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = None
        environment = {}
        if spec.limits is not None:
            program = redis_server()
            if program is None:
                pipe.send("redis-server is missing: apt-get install redis-server on Debian")
                return
            store = LimitsStore(program)
            store.start()
            opened.callback(store.stop)
            environment = {
                "VODPASS_LIMITS": json.dumps(dict(spec.limits)),
                "VODPASS_LIMITS_URL": store.url,
                # Processes compete here: a store that is late must not count as away.
                "VODPASS_LIMITS_BUDGET": "1000",
            }
        fill(PROJECT, folder / "build", PROJECT / ".local")
        _write_s_yaml(folder, spec)
        keys = load_keys(folder / "keys")
        stack = Stack(build=folder / "build", keys=keys, project=folder, environment=environment)
        opened.enter_context(stack)
        video = _playable(stack)
        rated = RatedFaults()
        rated.seconds, rated.rates = spec.vod_seconds, spec.rates
        # The services hold the one object that the cloud made. It now decides by rate and time.
        stack.cloud.faults.take = rated.take  # type: ignore[method-assign]
        about = {"port": stack.port, "video": video, "kid": keys.kid, "secret": keys.secret}
        pipe.send(about)
        stack.cloud.calls.reset()
        seen: Counter[str] = Counter()
        while True:
            try:
                asked, *rest = pipe.recv()
            except EOFError:
                return
            if asked == "calls":
                pipe.send(dict(stack.cloud.calls.snapshot().get("vod", {})))
                stack.cloud.calls.reset()
            elif asked == "decisions":
                lines = [line.text for line in stack.logs.lines(rest[0])]
                own = [json.loads(text) for text in lines if text.startswith("{")]
                pipe.send(own[seen[rest[0]] :])
                seen[rest[0]] = len(own)
            else:
                if store is not None:
                    store.restart()
                pipe.send(None)


def _write_s_yaml(folder: Path, spec: Spec) -> None:
    document = yaml.safe_load((PROJECT / "s.yaml").read_text("utf-8"))
    for name, count in spec.instances.items():
        config = document["resources"][name]["props"]["concurrencyConfig"]
        config["reservedConcurrency"] = count
    (folder / "s.yaml").write_text(yaml.safe_dump(document), "utf-8")


def _playable(stack: Stack) -> str:
    """The id of a video that can be played. Raises LoadError."""
    admin = stack.cloud.admin
    video = upload(stack.cloud.endpoint, admin.access_key_id, admin.access_key_secret, film())
    if stack.cloud.vod.library.all()[0].status != "Normal":
        raise LoadError("the video cannot be played")
    return video

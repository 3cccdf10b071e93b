"""What the functions ask the store, and a world in which they ask it through a wire."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from local.limits_store import LimitsStore
from shared.config.limits import NAMES
from shared.limits.script import LUA
from tests.reliability.functions import http_event
from tests.reliability.scenarios import SCENARIOS, Prepared, World
from tests.reliability.store.wire import StoreWire
from tests.support.tls import Authority

MOST = 4
"""Every limit of the deployment."""
AMPLE, SCANT = 5000, 1000
"""The budget, milliseconds: where a fault does not use it up, and where the store uses it up. The
default is 50; a busy machine must not decide what comes of a cell."""
HOST = "localhost"
ABSENT = "0" * 32


@dataclass(frozen=True)
class StoreWorld:
    """The world of the matrix, with a store."""

    world: World
    store: LimitsStore
    wire: StoreWire
    client: redis.Redis
    contexts: dict[str, ssl.SSLContext]
    """What a server on the way to the store speaks: `own`, `stranger`, `other host`."""
    ca: Path
    """The CA of `own`, as it is in the bundle."""

    def reset(self, *, away: str, budget: int, tls: bool) -> None:
        """Starts anew. ``away``: VODPASS_LIMITS_AWAY; ``budget`` is in milliseconds."""
        self.wire.drop()
        self.mend(tls=tls)
        self.client.flushall()
        self.client.script_load(LUA)
        scheme = "rediss" if tls else "redis"
        self.world.added = {
            "VODPASS_LIMITS": json.dumps(dict.fromkeys(NAMES, MOST)),
            "VODPASS_LIMITS_URL": f"{scheme}://:{self.store.password}@{HOST}:{self.wire.port}/0",
            "VODPASS_LIMITS_BUDGET": str(budget),
            "VODPASS_LIMITS_AWAY": away,
        }
        self.world.reset()

    def mend(self, *, tls: bool) -> None:
        """Ends every fault, and forgets what was asked so far. ``tls``: a `rediss://` store."""
        self.wire.mend()
        self.wire.tls = self.contexts["own"] if tls else None
        self.world.mend()


@contextlib.contextmanager
def with_store(world: World, store: LimitsStore, folder: Path) -> Iterator[StoreWorld]:
    """The world, with a store behind a wire. ``folder`` takes certificates."""
    authorities = {}
    for name, host in (("own", HOST), ("stranger", HOST), ("other host", "store.example.com")):
        (folder / name).mkdir()
        authorities[name] = Authority(folder / name, host)
    # The certificate of another host comes from a CA that is trusted.
    trusted = folder / "trusted.pem"
    trusted.write_bytes(
        authorities["own"].ca.read_bytes() + authorities["other host"].ca.read_bytes()
    )
    contexts = {}
    for name, authority in authorities.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(authority.cert, authority.key)
    client = redis.Redis.from_url(store.url)
    with contextlib.closing(StoreWire(store.port)) as wire, contextlib.closing(client):
        try:
            yield StoreWorld(world, store, wire, client, contexts, trusted)
        finally:
            world.added = {}


@dataclass(frozen=True)
class StoreScenario:
    """A scenario of the matrix, by its name there."""

    name: str
    sentence: str
    probe: Callable[[World, str, int], Any] | None = None
    """The event of a request of another user; the number makes it a new one. None: the function
    serves no requests, so it refuses nobody."""

    def prepare(self, world: World) -> Prepared:
        """Makes it ready."""
        [scenario] = [one for one in SCENARIOS if one.name == self.name]
        return scenario.prepare(world)


def _asked(world: World, user: str, method: str, path: str, **given: Any) -> dict[str, Any]:
    return http_event(method, path, Authorization=f"Bearer {world.token(user)}", **given)


def _upload(world: World, user: str, number: int) -> Any:
    body = {"FileName": "film.mp4"}
    return _asked(world, user, "POST", "/upload", body=body, Idempotency_Key=f"probe-{number}")


def _refresh(world: World, user: str, _: int) -> Any:
    return _asked(world, user, "POST", "/refresh", body={"VideoId": ABSENT})


def _play(world: World, user: str, _: int) -> Any:
    return _asked(world, user, "GET", "/play", query={"VideoId": ABSENT})


def _sts(world: World, user: str, _: int) -> Any:
    return _asked(world, user, "POST", "/sts", body={"Purpose": "vod-upload"})


STORE_SCENARIOS = (
    StoreScenario("upload", "`POST /upload`: its count, and a note of the VideoId.", _upload),
    StoreScenario("refresh", "`POST /refresh`: its count.", _refresh),
    StoreScenario("play", "`GET /play`: its count.", _play),
    StoreScenario("sts", "`POST /sts`: its count.", _sts),
    StoreScenario("events-queue", "`events`: whose upload has ended, and a note of it."),
    StoreScenario("watch-renewing", "`watch`: a note of a credential that it renews."),
)
"""In the order of `docs/reliability.md`."""

"""All of vodpass on one machine, as one object: the functions of `s.yaml` in the gateway, and the
fake cloud that they call."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from aiohttp import web

from fakealiyun import FakeCloud
from fakealiyun.guard import Guard
from fakealiyun.in_thread import InThread
from fakealiyun.oss.cors import upload_rule
from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from fakealiyun.vod.settings import DEFAULT_APP
from local.development_token import AUDIENCE, ISSUER, token_route
from local.gateway import Deployment, FakeCloudLink, FunctionLogs, Gateway, load_deployment
from local.gateway.deployed import DeployedFunctions
from local.gateway.server import IDLE_SECONDS, base_interpreter
from local.keys import LocalKeys
from local.receiver import WEBHOOK_PATH, Receiver
from local.roles import LOCAL_VALUES, RAM_FOLDER
from local.static import static_routes

PROJECT = Path(__file__).resolve().parents[1]
ADDRESS = "127.0.0.1"


class StartError(Exception):
    """It cannot start; the message is one line for the developer."""


class _Cloud(FakeCloud):
    """A fake cloud with what an operator makes before a deployment, after a reset as well: the
    queues, and VOD's callbacks to our receiver."""

    callback: MessageCallback | None = None
    queue_names: frozenset[str] = frozenset()

    def make_queues(self, names: Iterable[str]) -> None:
        """Have the queues that the deployment names."""
        self.queue_names = frozenset(names)
        for name in self.queue_names:
            self.queues.queue(name)

    def call_back(self, url: str, key: str) -> None:
        """Have every event sent to `url`, signed with `key`."""
        self.callback = MessageCallback(
            DEFAULT_APP, "HTTP", ALL, url=url, auth_switch="on", auth_key=key
        )
        self.vod.callbacks.configure(self.callback)

    def reset(self) -> None:
        """See FakeCloud."""
        super().reset()
        self.make_queues(self.queue_names)
        if self.callback is not None:
            self.vod.callbacks.configure(self.callback)


class Stack(InThread):
    """The functions in `build`, filled already, with a cloud of their own.

    In a running loop: `await start()` and `await stop()`. In a test, as a context manager: all of
    it then runs in a thread of its own. Ports of 0 take any free ones. `environment` is laid upon
    what `${env()}` in s.yaml sees, which is nothing of the process's own environment;
    `interpreter` runs the functions; `echo` gets each line that they log. With `events`, VOD's
    callbacks go to the function `events` and timers fire: a test of something else, which counts
    calls or moves the clock, does without. With `allow_deploy` the cloud's Function Compute takes
    functions, which the gateway then runs beside those of s.yaml.
    """

    def __init__(
        self,
        *,
        build: Path,
        keys: LocalKeys,
        port: int = 0,
        cloud_port: int = 0,
        project: Path = PROJECT,
        environment: Mapping[str, str] | None = None,
        interpreter: Path | None = None,
        echo: Callable[[str], None] | None = None,
        events: bool = False,
        allow_deploy: bool = False,
    ) -> None:
        self.keys = keys
        self.logs = FunctionLogs(echo)
        self.cloud: _Cloud
        self.gateway: Gateway
        self.port = port
        self._build = build
        self._cloud_port = cloud_port
        self._project = project
        self._environment = dict(environment or {})
        self._interpreter = interpreter
        self._events = events
        self._allow_deploy = allow_deploy

    @property
    def url(self) -> str:
        """Where functions and page are served, without a final slash."""
        return f"http://{ADDRESS}:{self.port}"

    @property
    def origins(self) -> list[str]:
        """The origins of the page."""
        return [self.url, f"http://localhost:{self.port}"]

    @property
    def callback_url(self) -> str:
        """Where VOD sends its callbacks."""
        return f"{self.url}/events/{self.keys.callback_path}"

    async def start(self) -> None:
        """Start the cloud, then the gateway.

        Raises StartError for a port that cannot be used, and DeploymentError.
        """
        listening = _listen(self.port)
        try:
            self.port = listening.getsockname()[1]
            self.cloud = _Cloud(
                port=self._cloud_port,
                ram_dir=RAM_FOLDER,
                ram_values=LOCAL_VALUES,
                own_origins=self.origins,
                allow_deploy=self._allow_deploy,
            )
            try:
                await self.cloud.start()
            except OSError as error:
                raise _unusable("CLOUD_PORT", self._cloud_port, error) from None
            self.gateway = self._make_gateway()
            await self.gateway.start(listening=listening)
            if self._events:
                self.cloud.call_back(self.callback_url, self.keys.callback_key)
        except BaseException:
            listening.close()
            await self.stop()
            raise

    async def stop(self) -> None:
        """End every process and both servers."""
        if hasattr(self, "gateway"):
            await self.gateway.stop()
        if hasattr(self, "cloud"):
            await self.cloud.stop()

    def _make_gateway(self) -> Gateway:
        deployment = load_deployment(
            self._project / "s.yaml",
            {
                "VODPASS_REGION": self.cloud.region,
                "VODPASS_JWT_KEYS": self.keys.jwks,
                "VODPASS_JWT_ISSUER": ISSUER,
                "VODPASS_JWT_AUDIENCE": AUDIENCE,
                "VODPASS_ISSUER_ALIAS": "local",
                "VODPASS_OWNER_KEYS": self.keys.owner_keys,
                "VODPASS_CORS_ORIGINS": ",".join(self.origins),
                **self._sts_environment(),
                **self._event_environment(),
                **self._environment,
            },
            account_id=self.cloud.account_id,
            code_root=self._build,
            extra_environment=self._local_environment(),
        )
        self.cloud.make_queues(_queues(deployment))
        link = FakeCloudLink(self.cloud)
        return Gateway(
            deployment,
            link,
            guard=Guard(own_origins=self.origins),
            logs=self.logs,
            interpreter=self._interpreter,
            timers=self._events,
            deployed=self._make_deployed(deployment, link) if self._allow_deploy else None,
            routes=[
                token_route(self.keys),
                *Receiver(self.keys.webhook_secret).routes(),
                self._config_route(deployment),
                *static_routes(self._project / "local" / "page"),
            ],
        )

    def _make_deployed(self, deployment: Deployment, link: FakeCloudLink) -> DeployedFunctions:
        """What runs the functions that the cloud's Function Compute takes."""
        deployed = DeployedFunctions(
            link,
            region=self.cloud.region,
            trigger_calls=self.cloud.fc.trigger_calls,
            logs=self.logs,
            interpreter=self._interpreter or base_interpreter(),
            idle_seconds=IDLE_SECONDS,
            extra_environment=self._local_environment(),
            taken=deployment.functions,
            timers=self._events,
        )
        self.cloud.fc.serve_with(deployed)
        return deployed

    def _local_environment(self) -> dict[str, str]:
        """Leads the functions to the fake cloud. The functions' settings, the bundle and s.yaml
        refuse it anywhere else."""
        return {
            "VODPASS_LOCAL": "1",
            "VODPASS_VOD_ENDPOINT": self.cloud.endpoint,
            "VODPASS_STS_ENDPOINT": self.cloud.endpoint,
            "VODPASS_MNS_ENDPOINT": self.cloud.endpoint,
        }

    def _sts_environment(self) -> dict[str, str]:
        """Every purpose of /sts, with the roles, bucket and prefix of the files in `ram/` as the
        cloud reads them; and the bucket."""
        bucket, prefix = LOCAL_VALUES["Bucket"], LOCAL_VALUES["Prefix"]
        # As its owner would set it: a bucket of one's own has no cross-origin rules by itself.
        rules = (upload_rule(self.origins),)
        self.cloud.storage.create_bucket(bucket, self.cloud.region, cors=rules)
        role = f"acs:ram::{self.cloud.account_id}:role/vodpass-client"
        return {
            "VODPASS_STS_UPLOAD_ROLE": f"{role}-upload",
            "VODPASS_STS_PLAY_ROLE": f"{role}-play",
            "VODPASS_STS_OSS_ROLE": f"{role}-oss",
            "VODPASS_OSS_BUCKET": bucket,
            "VODPASS_OSS_PREFIX": f"{prefix}/",
        }

    def _event_environment(self) -> dict[str, str]:
        """Both ends of an event's road on this machine: VOD's callback, and a receiver for the
        webhooks. Of the watch all that changes nothing in VOD."""
        return {
            "VODPASS_CALLBACK_URL": self.callback_url,
            "VODPASS_CALLBACK_KEYS": self.keys.callback_key,
            "VODPASS_WEBHOOK_URL": f"{self.url}{WEBHOOK_PATH}",
            "VODPASS_WEBHOOK_SECRETS": self.keys.webhook_secret,
            "VODPASS_WATCH": "expiring,abandoned,completed",
        }

    def _config_route(self, deployment: Deployment) -> web.RouteDef:
        """What the page has to know; nothing secret."""
        config = {
            "url": self.url,
            "cloudUrl": self.cloud.url,
            "region": self.cloud.region,
            "functions": {
                name: {"path": f"/{name}", "methods": sorted(function.http.methods)}
                for name, function in deployment.functions.items()
                if function.http is not None
            },
        }

        async def answer(_request: web.Request) -> web.Response:
            return web.json_response(config, headers={"Cache-Control": "no-store"})

        return web.get("/_local/config", answer)


def _queues(deployment: Deployment) -> Iterator[str]:
    """The queues that its triggers read, and those for what nobody takes."""
    for function in deployment.functions.values():
        for trigger in function.queues:
            yield trigger.queue
            if trigger.dead_letter_queue is not None:
                yield trigger.dead_letter_queue


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise _unusable("PORT", port, error) from None
    return listening


def _unusable(name: str, port: int, error: OSError) -> StartError:
    reason = os.strerror(error.errno or 0)
    return StartError(f"port {port} cannot be used ({reason}); choose another by {name}")

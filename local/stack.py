"""The whole local deployment as one object: the functions of `s.yaml`, the gateway that runs them,
and the fake cloud that they call."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiohttp import web

from fakealiyun import FakeCloud
from fakealiyun.control import Control
from fakealiyun.in_thread import InThread
from fakealiyun.oss.cors import upload_rule
from fakealiyun.vod.applications import Identity
from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from fakealiyun.vod.settings import DEFAULT_APP, VodSettings
from local.activity import ObservedLogs, observed_calls, without_credentials
from local.aliplayer import aliplayer_routes
from local.checkout_keys import LocalKeys
from local.deployable import deployed_functions, keep_lines, local_environment
from local.development_token import AUDIENCE, ISSUER, token_routes
from local.gateway import Deployment, FakeCloudLink, Gateway, load_deployment
from local.gateway.deployed import DeployedFunctions
from local.own_settings import ISSUER as ISSUER_SETTINGS
from local.own_settings import KEYS_URL
from local.receiver import WEBHOOK_PATH, Receiver
from local.reference import reference_routes
from local.roles import LOCAL_VALUES, RAM_FOLDER, application_policies, further_policies
from local.static import file_route, static_routes
from local.stream import Stream
from local.token_guard import TokenGuard

PROJECT = Path(__file__).resolve().parents[1]
ADDRESS = "127.0.0.1"


class StartError(Exception):
    """The local deployment cannot start. The message is one line for the developer."""


class _Cloud(FakeCloud):
    """A fake cloud with what an operator creates before a deployment: the VOD application with its
    policies, its callbacks and its PlayKey, and the queues.

    A reset creates them again.
    """

    app_id: str = DEFAULT_APP
    application_policies: Mapping[str, str] = MappingProxyType({})
    further_policies: Mapping[str, list[dict[str, Any]]] = MappingProxyType({})
    callback: MessageCallback | None = None
    queue_names: frozenset[str] = frozenset()
    play_key: str = ""

    def report_calls(self, stream: Stream) -> None:
        """Send every API call to `stream`. Call this before the start."""
        self._app.middlewares.append(observed_calls(stream))

    def make_queues(self, names: Iterable[str]) -> None:
        """Create the queues that the deployment names."""
        self.queue_names = frozenset(names)
        for name in self.queue_names:
            self.queues.queue(name)

    def grant(self, further: Mapping[str, list[dict[str, Any]]]) -> None:
        """Give roles further policies."""
        self.further_policies = further
        for role, documents in further.items():
            self.ram.set_role_policies(role, *self.ram.role(role).policies, *documents)

    def open_application(self, app_id: str, policies: Mapping[str, str]) -> None:
        """Use the application, which must exist, and give each role its policy of it."""
        self.app_id, self.application_policies = app_id, policies
        for role, policy in policies.items():
            self.vod.applications.attach(Identity("RamRole", role), app_id, policy)

    def call_back(self, url: str, key: str) -> None:
        """Make VOD send every callback to `url`, signed with `key`."""
        self.callback = MessageCallback(
            self.app_id, "HTTP", ALL, url=url, auth_switch="on", auth_key=key
        )
        self.vod.callbacks.configure(self.callback)

    def sign_playback(self, play_key: str) -> None:
        """Set the PlayKey of the application."""
        self.play_key = play_key
        self.vod.play_keys.set(self.app_id, play_key)

    def reset(self) -> None:
        """See FakeCloud."""
        super().reset()
        self.grant(self.further_policies)
        self.open_application(self.app_id, self.application_policies)
        self.make_queues(self.queue_names)
        if self.play_key:
            self.sign_playback(self.play_key)
        if self.callback is not None:
            self.vod.callbacks.configure(self.callback)


class Stack(InThread):
    """Serves the functions in `build`, which must exist already, with their own fake cloud.

    In a running event loop, use `await start()` and `await stop()`. As a context manager, all of it
    runs in a separate thread. Port 0 selects a free port. `environment` overrides what `${env()}`
    in s.yaml sees; the environment of this process is never used. Its origins are added to those of
    the page. With an issuer of its own, there are no development tokens. `interpreter` runs the
    functions.
    `echo` is called with each line that they log. With `events`, VOD's callbacks go to the function
    `events`, and timers fire; tests that count calls or move the clock do not want that. With
    `allow_deploy` the fake Function Compute accepts functions, and the gateway runs them too.
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
        self.stream = Stream()
        self.logs = ObservedLogs(self.stream, echo)
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
        """The address of the functions and the page, without a final slash."""
        return f"http://{ADDRESS}:{self.port}"

    @property
    def origins(self) -> list[str]:
        """The origins of the page."""
        return [self.url, f"http://localhost:{self.port}"]

    @property
    def allowed_origins(self) -> list[str]:
        """The origins whose pages may call the functions: those of the page, and the settings'."""
        given = self._environment.get("VODPASS_CORS_ORIGINS", "").split(",")
        return list(dict.fromkeys([*self.origins, *filter(None, map(str.strip, given))]))

    @property
    def callback_url(self) -> str:
        """The URL to which VOD sends its callbacks."""
        own = f"{self.url}/events/{self.keys.callback_path}"
        return self._environment.get("VODPASS_CALLBACK_URL", own)

    @property
    def _callback_key(self) -> str:
        keys = self._environment.get("VODPASS_CALLBACK_KEYS", self.keys.callback_key)
        return keys.partition(",")[0].strip()

    @property
    def _app_id(self) -> str:
        return self._environment.get("VODPASS_APP_ID") or DEFAULT_APP

    @property
    def _issues_tokens(self) -> bool:
        return self._environment.keys().isdisjoint(ISSUER_SETTINGS)

    async def start(self) -> None:
        """Start the cloud, then the gateway.

        Raises StartError if a port cannot be used, and DeploymentError.
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
                vod_settings=VodSettings(apps=frozenset({self._app_id})),
            )
            self.cloud.grant(further_policies(self._environment))
            if self._app_id != DEFAULT_APP:
                policies = application_policies(self._environment)
                self.cloud.open_application(self._app_id, policies)
            self.stream.start()
            self.cloud.report_calls(self.stream)
            try:
                await self.cloud.start()
            except OSError as error:
                raise _unusable("CLOUD_PORT", self._cloud_port, error) from None
            self.cloud.sign_playback(self.keys.play_key)
            self.gateway = self._make_gateway()
            await self.gateway.start(listening=listening)
            if self._events:
                self.cloud.call_back(self.callback_url, self._callback_key)
        except BaseException:
            listening.close()
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop every process and both servers."""
        self.stream.close()
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
                "VODPASS_PLAY_KEY": self.keys.play_key,
                **self._sts_environment(),
                **self._event_environment(),
                **({"VODPASS_JWT_KEYS": ""} if KEYS_URL in self._environment else {}),
                **self._environment,
                "VODPASS_CORS_ORIGINS": ",".join(self.allowed_origins),
            },
            account_id=self.cloud.account_id,
            code_root=self._build,
            extra_environment=local_environment(self.cloud),
        )
        self.cloud.make_queues(_queues(deployment))
        link = FakeCloudLink(self.cloud)
        return Gateway(
            deployment,
            link,
            guard=TokenGuard(own_origins=self.origins, token_origins=self.allowed_origins),
            logs=self.logs,
            interpreter=self._interpreter,
            timers=self._events,
            deployed=self._make_deployed(deployment, link) if self._allow_deploy else None,
            routes=[
                *(token_routes(self.keys) if self._issues_tokens else ()),
                *Receiver(self.keys.webhook_secret, self._report_delivery).routes(),
                self.stream.route(),
                self._config_route(deployment),
                *self._cloud_controls(),
                file_route("/vodpass.js", self._project / "clients" / "web" / "vodpass.js"),
                *static_routes(self._project / "local" / "page"),
                *aliplayer_routes(self._project / "node_modules"),
                *reference_routes(self._project),
            ],
        )

    def _make_deployed(self, deployment: Deployment, link: FakeCloudLink) -> DeployedFunctions:
        """Runs the functions that the fake Function Compute accepts."""
        self.logs.keep = keep_lines(self.cloud)
        return deployed_functions(
            self.cloud,
            link,
            self.logs,
            timers=self._events,
            interpreter=self._interpreter,
            reserved=deployment.functions,
        )

    def _sts_environment(self) -> dict[str, str]:
        """Settings for every purpose of /sts, with the roles, bucket and prefix of `ram/`.

        It also creates the bucket.
        """
        bucket, prefix = LOCAL_VALUES["Bucket"], LOCAL_VALUES["Prefix"]
        # The owner of a bucket must set its CORS rules. A new bucket has none.
        rules = (upload_rule(self.allowed_origins),)
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
        """Settings for events: VOD's callback URL, and the built-in receiver of webhooks.

        The watch has every task that changes nothing in VOD.
        """
        return {
            "VODPASS_CALLBACK_URL": self.callback_url,
            "VODPASS_CALLBACK_KEYS": self.keys.callback_key,
            "VODPASS_WEBHOOK_URL": f"{self.url}{WEBHOOK_PATH}",
            "VODPASS_WEBHOOK_SECRETS": self.keys.webhook_secret,
            "VODPASS_WATCH": "expiring,abandoned,completed",
        }

    def _report_delivery(self, delivery: Mapping[str, Any]) -> None:
        self.stream.publish("webhook", without_credentials(delivery))

    def _cloud_controls(self) -> Iterator[web.RouteDef]:
        """The cloud's clock and faults, for the page: the cloud answers no page of another port."""
        control = Control(self.cloud)
        for path in ("/_local/clock", "/_local/faults"):
            yield web.get(path, control.handle)
            yield web.post(path, control.handle)

    def _config_route(self, deployment: Deployment) -> web.RouteDef:
        """What the page needs to know. It contains no secret."""
        play = deployment.functions.get("play")
        config = {
            "run": self.stream.run,
            "url": self.url,
            "cloudUrl": self.cloud.url,
            "region": self.cloud.region,
            "issuesTokens": self._issues_tokens,
            "signsPlayback": bool(play and play.environment.get("VODPASS_PLAY_KEY")),
            "hasAliplayer": any(aliplayer_routes(self._project / "node_modules")),
            "receivesEvents": "VODPASS_WEBHOOK_URL" not in self._environment,
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
    """The queues that its triggers read, and their dead-letter queues."""
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
    free = port + 10 if port + 10 <= 65535 else 0
    return StartError(
        f"port {port} cannot be used ({reason}); choose another: make run {name}={free}"
    )

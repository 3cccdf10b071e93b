"""The fake Alibaba Cloud as one object: its services, its state and its server."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from fakealiyun.calls import Calls, CountedFaults
from fakealiyun.cas.service import CasService, Certificates
from fakealiyun.clock import Clock
from fakealiyun.connection import Site
from fakealiyun.control import CALLBACK_KEY_PATH, Control
from fakealiyun.faults import Faults
from fakealiyun.fc import FcService
from fakealiyun.guard import Guard, MalformedRequest
from fakealiyun.identity import Credential, Identities
from fakealiyun.in_thread import InThread
from fakealiyun.mns import Queues
from fakealiyun.mns.control_api import MnsControlApi
from fakealiyun.mns.service import MnsService
from fakealiyun.openapi.gateway import OpenApi
from fakealiyun.oss.service import OssService
from fakealiyun.oss.state import Storage
from fakealiyun.ram.resource_manager import ResourceManagerApi
from fakealiyun.ram.service import RamService
from fakealiyun.ram.state import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, ADMIN_ACCESS_KEY_SECRET, Ram
from fakealiyun.refusal import Refusal
from fakealiyun.routing import ServiceName
from fakealiyun.server import HTTP_LOG, LARGEST_LINE, Route, build, stamp_answer
from fakealiyun.sls.service import SlsService
from fakealiyun.sls.state import Logs
from fakealiyun.sts.service import StsService
from fakealiyun.vod.progress import ANONYMOUS
from fakealiyun.vod.service import VERSION, VodService
from fakealiyun.vod.settings import VodSettings

ADDRESS = "127.0.0.1"
_HTTP: Mapping[str, Any] = {
    "access_log": None,
    "logger": HTTP_LOG,
    # Objects are stored as they are sent, whatever Content-Encoding says.
    "auto_decompress": False,
    "max_line_size": LARGEST_LINE,
    "max_field_size": LARGEST_LINE,
}
_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+", re.ASCII)


class FakeCloud(InThread):
    """One account of Alibaba Cloud on one loopback port.

    In a test, use it as a context manager: the server then runs in a thread of its own. In a
    running event loop, call `await cloud.start()` and `await cloud.stop()`. A cloud starts once.

    - `port`: 0 means any free port.
    - `data_dir`: where the bytes of objects are stored. Default: a temporary folder, removed when
      the cloud stops.
    - `ram_dir`: a folder of roles, each with `policy.json` and `trust.json`. Default: no roles.
      `ram_values` fills the placeholders in these files.
    - `account_id`, `region`: of the account.
    - `admin_access_key_id`, `admin_access_key_secret`: the AccessKey of the RAM user `admin`, who
      may do everything.
    - `vod_settings`: the settings of VOD that the console of the real service has.
    - `mapped_hosts`: other host names to answer to, exact or `*.suffix`, such as `*.aliyuncs.com`
      for a browser that maps them to this machine.
    - `own_origins`: origins of pages that may use the control routes.
    - `allow_deploy`: whether Function Compute accepts deployments. `fc.serve_with` says what runs
      the functions; without it they are only stored.

    Raises ValueError for a value that is not allowed.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data_dir: Path | None = None,
        ram_dir: Path | None = None,
        ram_values: Mapping[str, str] | None = None,
        account_id: str = ACCOUNT_ID,
        region: str = "cn-shanghai",
        admin_access_key_id: str = ADMIN_ACCESS_KEY_ID,
        admin_access_key_secret: str = ADMIN_ACCESS_KEY_SECRET,
        vod_settings: VodSettings | None = None,
        mapped_hosts: Iterable[str] = (),
        own_origins: Iterable[str] = (),
        allow_deploy: bool = False,
    ) -> None:
        if not _REGION.fullmatch(region):
            raise ValueError("region: expected a name such as cn-shanghai")
        self.account_id = account_id
        self.resets = 0
        """How often the cloud has been reset. A reset forgets what the services did before it."""
        self.region = region
        self.clock = Clock()
        self.faults = Faults()
        self.calls = Calls()
        self.identities = Identities(self.clock)
        self.ram = Ram(
            self.identities,
            self.clock,
            account_id=account_id,
            admin_access_key_id=admin_access_key_id,
            admin_access_key_secret=admin_access_key_secret,
        )
        if ram_dir is not None:
            self.ram.load(ram_dir, ram_values)
        self.storage = Storage(data_dir or self._temporary_folder(), self.clock)
        self.queues = Queues(self.clock, account_id=self.account_id, region=region)
        self.vod = VodService(
            vod_settings or VodSettings(),
            account_id=self.account_id,
            region=region,
            storage=self.storage,
            identities=self.identities,
            clock=self.clock,
            faults=self.faults,
            queues=self.queues,
            ram=self.ram,
        )
        self.sts = StsService(self.ram, self.identities, self.clock)
        self.ram_api = RamService(self.ram, self.clock)
        self.resource_manager = ResourceManagerApi(self.ram, self.clock)
        self.certificates = Certificates()
        self.cas = CasService(self.certificates)
        self.mns_control = MnsControlApi(self.queues, account_id=self.account_id, region=region)
        self.oss = OssService(
            self.storage,
            self.identities,
            self.clock,
            CountedFaults(self.faults, self.calls),
            region=region,
            account_id=self.account_id,
        )
        guard = Guard(mapped_hosts=mapped_hosts, own_origins=own_origins)
        self.openapi = OpenApi(
            (self.vod, self.sts, self.ram_api, self.resource_manager, self.mns_control, self.cas),
            identities=self.identities,
            clock=self.clock,
            faults=self.faults,
            calls=self.calls,
            guard=guard,
            anonymous={(VERSION, action): answer for action, answer in ANONYMOUS.items()},
        )
        self.fc = FcService(
            account_id=self.account_id,
            region=region,
            storage=self.storage,
            identities=self.identities,
            ram=self.ram,
            clock=self.clock,
            calls=self.calls,
            faults=self.faults,
            guard=guard,
            allow_deploy=allow_deploy,
        )
        self.mns = MnsService(
            self.queues,
            self.identities,
            self.clock,
            CountedFaults(self.faults, self.calls),
            guard,
            region=region,
            account_id=self.account_id,
        )
        self.logs = Logs(self.clock)
        self.sls = SlsService(
            self.logs,
            self.identities,
            self.clock,
            CountedFaults(self.faults, self.calls),
            guard,
            region=region,
            account_id=self.account_id,
        )
        self._routes: dict[ServiceName, Route] = {
            "openapi": Route(self.openapi.handle, self.openapi.refuse),
            "fc": Route(self.fc.handle, self.fc.refuse),
            "mns": Route(self.mns.handle, self.mns.refuse),
            "sls": Route(self.sls.handle, self.sls.refuse),
            "oss": Route(self.oss.handle, self.oss.refuse),
        }
        self._app = build(
            guard=guard, clock=self.clock, control=Control(self).handle, routes=self._routes
        )
        self._wanted_port = port
        self._port: int | None = None
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that the server listens on. Raises RuntimeError before the start."""
        if self._port is None:
            raise RuntimeError("the cloud has not been started")
        return self._port

    @property
    def endpoint(self) -> str:
        """`127.0.0.1:PORT`, for the `endpoint` of an SDK with `protocol` http."""
        return f"{ADDRESS}:{self.port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://{self.endpoint}"

    @property
    def admin(self) -> Credential:
        """The AccessKey of the RAM user `admin`, who may do everything.

        Raises RuntimeError if it was removed.
        """
        admin = self.identities.find(self.ram.admin_access_key_id)
        if admin is None:
            raise RuntimeError("the administrator's AccessKey was removed")
        return admin

    def reset(self) -> None:
        """Go back to the state at the start.

        Media, objects, messages, callbacks, functions, faults and counters are gone. Cloud time is
        the machine's time again. Two things stay: credentials that a service holds for a running
        function, and queues that have a listener.
        """
        self.resets += 1
        self.faults.clear()
        self.identities.reset()
        self.ram.reset()
        self.fc.reset()
        self.storage.reset()
        self.vod.reset()
        self.queues.reset()
        self.logs.reset()
        self.certificates.reset()
        self.openapi.reset()
        self.calls.reset()
        self.clock.reset()

    async def start(self) -> None:
        """Start to serve in the running event loop. Raises OSError if the port is in use."""
        if self._runner is not None:
            raise RuntimeError("a cloud is started once")
        self._runner = web.AppRunner(self._app, shutdown_timeout=1.0, **_HTTP)
        await self._runner.setup()
        site = Site(self._runner, ADDRESS, self._wanted_port, answer=self._refuse, options=_HTTP)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        self.vod.serve_at(self.url)
        self.oss.callbacks.publish_key_at(f"{self.url}{CALLBACK_KEY_PATH}")
        await self.vod.callbacks.start()

    async def stop(self) -> None:
        """Stop the server and the clock, and remove the temporary folders."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self.vod.callbacks.stop()
        await self.oss.callbacks.close()
        self.clock.close()
        self.fc.close()
        self._remove_folder()

    def _refuse(
        self, service: ServiceName | None, request: web.BaseRequest, refusal: Refusal
    ) -> web.Response:
        """The answer to a request that the HTTP parser could not read."""
        if service is None:
            response = MalformedRequest(refusal.status).response()
        else:
            response = self._routes[service].refuse(request, refusal)
        stamp_answer(response, self.clock)
        return response

    def _temporary_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="fake-cloud-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _remove_folder(self) -> None:
        finalizer = getattr(self, "_finalizer", None)
        if finalizer is not None:
            finalizer()

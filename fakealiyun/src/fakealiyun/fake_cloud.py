"""The fake Alibaba Cloud as one object: its services, its state and its server."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiohttp import web

from fakealiyun.calls import Calls, CountedFaults
from fakealiyun.clock import Clock
from fakealiyun.control import Control
from fakealiyun.faults import Faults
from fakealiyun.fc import FcService
from fakealiyun.fc.code import temporary_host
from fakealiyun.guard import Guard
from fakealiyun.identity import Credential, Identities
from fakealiyun.in_thread import InThread
from fakealiyun.mns import Queues
from fakealiyun.mns.service import MnsService
from fakealiyun.openapi.gateway import OpenApi
from fakealiyun.oss.service import OssService
from fakealiyun.oss.state import Storage
from fakealiyun.ram.state import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, Ram
from fakealiyun.server import HTTP_LOG, LARGEST_LINE, build
from fakealiyun.sts.service import StsService
from fakealiyun.vod.progress import ANONYMOUS
from fakealiyun.vod.service import VERSION, VodService
from fakealiyun.vod.settings import VodSettings

ADDRESS = "127.0.0.1"
PAGE_ORIGINS = ("http://127.0.0.1:9000", "http://localhost:9000")
"""The origins of the local gateway's page, as `make run` serves it."""


class FakeCloud(InThread):
    """An account of Alibaba Cloud on one loopback port.

    In a test, as a context manager: the server runs in a thread of its own. In a running loop:
    `await cloud.start()` and `await cloud.stop()`. A cloud is started once.

    `port` 0 takes any free one. `data_dir` holds the objects' bytes (default: a temporary folder
    that goes with the cloud). `ram_dir` has a folder for each role (default: no roles), and
    `ram_values` what the placeholders in its files stand for. With
    `mapped_hosts` the cloud answers to further names (`*.aliyuncs.com` for a browser's resolver
    rules); `own_origins` are the pages that may use its control routes. With `allow_deploy` its
    Function Compute takes functions, and runs them where `fc.serve_with` says.
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
        vod_settings: VodSettings | None = None,
        mapped_hosts: Iterable[str] = (),
        own_origins: Iterable[str] = PAGE_ORIGINS,
        allow_deploy: bool = False,
    ) -> None:
        self.account_id = account_id
        self.resets = 0
        """How often it has been reset: what a service did before then, it does not know of."""
        self.region = region
        self.clock = Clock()
        self.faults = Faults()
        self.calls = Calls()
        self.identities = Identities(self.clock)
        self.ram = Ram(self.identities, self.clock, account_id=self.account_id)
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
        )
        self.sts = StsService(self.ram, self.identities, self.clock)
        self.oss = OssService(
            self.storage,
            self.identities,
            self.clock,
            CountedFaults(self.faults, self.calls),
            region=region,
            account_id=self.account_id,
        )
        if allow_deploy:
            # A name of Alibaba Cloud's own, which nobody else can lead to this machine.
            mapped_hosts = (*mapped_hosts, temporary_host(region))
        guard = Guard(mapped_hosts=mapped_hosts, own_origins=own_origins)
        self.openapi = OpenApi(
            (self.vod, self.sts),
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
        self._app = build(
            guard=guard,
            clock=self.clock,
            control=Control(self).handle,
            openapi=self.openapi.handle,
            fc=self.fc.handle,
            mns=self.mns.handle,
            oss=self.oss.handle,
        )
        self._wanted_port = port
        self._port: int | None = None
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port, once started. Raises RuntimeError before."""
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
        """The AccessKey of the RAM user `admin`, who may do everything."""
        admin = self.identities.find(ADMIN_ACCESS_KEY_ID)
        if admin is None:
            raise RuntimeError("the administrator's AccessKey was removed")
        return admin

    def reset(self) -> None:
        """The cloud as it was at its start: no media, objects, messages, callbacks, functions,
        faults or counters, the clock at the machine's time. Keys that a service holds for a running
        function stay valid, and so do queues that something listens to."""
        self.resets += 1
        self.faults.clear()
        self.identities.reset()
        self.ram.reset()
        self.fc.reset()
        self.storage.reset()
        self.vod.reset()
        self.queues.reset()
        self.openapi.reset()
        self.calls.reset()
        self.clock.reset()

    async def start(self) -> None:
        """Serve in the running loop. Raises OSError when the port is taken."""
        if self._runner is not None:
            raise RuntimeError("a cloud is started once")
        self._runner = web.AppRunner(
            self._app,
            access_log=None,
            logger=HTTP_LOG,
            # Objects are stored as they are sent, whatever Content-Encoding says.
            auto_decompress=False,
            max_line_size=LARGEST_LINE,
            max_field_size=LARGEST_LINE,
            shutdown_timeout=1.0,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, ADDRESS, self._wanted_port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        self.vod.serve_at(self.url)
        await self.vod.callbacks.start()

    async def stop(self) -> None:
        """End the server and the clock."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self.vod.callbacks.stop()
        self.clock.close()
        self.fc.close()
        self._remove_folder()

    def _temporary_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="fake-cloud-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _remove_folder(self) -> None:
        finalizer = getattr(self, "_finalizer", None)
        if finalizer is not None:
            finalizer()

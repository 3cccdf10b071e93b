"""RAM's operations that read a role (2015-05-01), behind the fake cloud's own gateway.

It checks signatures and permissions as for VOD. Members and error code follow RAM's API reference.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from aiohttp import web

from fakealiyun import FakeCloud
from fakealiyun.guard import Guard
from fakealiyun.openapi.gateway import OpenApi
from fakealiyun.openapi.types import ApiError, Call, Operation
from local.stack import PROJECT


class RamApi:
    """Roles with the documents of the project's `ram/`, which a test can replace."""

    name = "ram"
    version = "2015-05-01"

    def __init__(self, values: Mapping[str, str]) -> None:
        self.trust: dict[str, dict[str, Any]] = {}
        self.attached: dict[str, list[dict[str, Any]]] = {}
        for folder in sorted(path for path in (PROJECT / "ram").iterdir() if path.is_dir()):
            documents = []
            for name in ("trust", "policy"):
                text = (folder / f"{name}.json").read_text()
                for placeholder, value in values.items():
                    text = text.replace(f"${{{placeholder}}}", value)
                documents.append(json.loads(text))
            self.trust[folder.name], self.attached[folder.name] = documents[0], [documents[1]]
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                "GetRole": Operation(self._get_role),
                "ListPoliciesForRole": Operation(self._list_policies),
                "GetPolicyVersion": Operation(self._get_policy_version),
            }
        )

    def _named(self, call: Call) -> str:
        name = call.parameters["RoleName"]
        if name not in self.trust:
            raise ApiError(404, "EntityNotExist.Role", "The role does not exist.")
        return name

    def _get_role(self, call: Call) -> Mapping[str, Any]:
        name = self._named(call)
        document = json.dumps(self.trust[name])
        return {"Role": {"RoleName": name, "AssumeRolePolicyDocument": document}}

    def _list_policies(self, call: Call) -> Mapping[str, Any]:
        name = self._named(call)
        listed = [
            {"PolicyName": f"{name}-{number}", "PolicyType": "Custom", "DefaultVersion": "v1"}
            for number, _ in enumerate(self.attached[name])
        ]
        return {"Policies": {"Policy": listed}}

    def _get_policy_version(self, call: Call) -> Mapping[str, Any]:
        given = call.parameters
        assert (given["PolicyType"], given["VersionId"]) == ("Custom", "v1")
        name, _, number = given["PolicyName"].rpartition("-")
        document = json.dumps(self.attached[name][int(number)])
        return {"PolicyVersion": {"VersionId": "v1", "PolicyDocument": document}}


@contextlib.contextmanager
def serve(cloud: FakeCloud, api: RamApi) -> Iterator[str]:
    """The address of RAM for the identities of this cloud."""
    gateway = OpenApi(
        (api,),
        identities=cloud.identities,
        clock=cloud.clock,
        faults=cloud.faults,
        calls=cloud.calls,
        guard=Guard(),
    )
    started, addresses = threading.Event(), list[str]()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        app = web.Application()
        app.router.add_route("*", "/", gateway.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses.append(f"127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
        loop.close()

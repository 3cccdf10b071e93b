"""The objects that all operations share: state, code, permissions, and the runner."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeStore
from fakealiyun.fc.compute import LATEST, Compute, NotServed
from fakealiyun.fc.permission import FcPermission
from fakealiyun.fc.state import FcAccount, Function
from fakealiyun.oss.state import Storage


@dataclass
class Context:
    """The objects that all operations share. `compute` is None if nothing runs functions."""

    account: FcAccount
    code: CodeStore
    storage: Storage
    permission: FcPermission
    clock: Clock
    compute: Compute | None = field(default=None)

    async def keep(self, function: Function, qualifier: str = LATEST) -> None:
        """Run a changed function and store it. Raises ApiError; then nothing changes.

        `qualifier` says what changed: the code that was deployed last, or a version or an alias.
        """
        if self.compute is not None:
            try:
                await self.compute.put(function.deployed(qualifier))
            except NotServed as error:
                raise errors.not_faked(str(error)) from None
        self.account.functions[function.name] = function

    async def drop(self, function: Function, qualifier: str) -> None:
        """Store a function that has lost this version or alias, and stop running that."""
        self.account.functions[function.name] = function
        if self.compute is not None:
            await self.compute.remove(function.name, qualifier)

    def running(self) -> Compute:
        """The runner of the functions. Raises ApiError if there is none."""
        if self.compute is None:
            raise errors.not_faked("this cloud stores functions and has nothing that runs them")
        return self.compute

    def url(self, function: str, qualifier: str) -> str:
        """The URL of the HTTP trigger of a function with this qualifier.

        If nothing runs functions, the URL has the form of the real service and leads nowhere.
        """
        if self.compute is not None:
            return self.compute.url(function, qualifier)
        host = function.lower().replace("_", "-")
        if qualifier != LATEST:
            host += f"-{qualifier.lower().replace('_', '-')}"
        return f"https://{host}-local.{self.account.region}.fcapp.run"

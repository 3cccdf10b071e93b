"""What all operations work with: the state, who runs the functions, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.fc.access import Access
from fakealiyun.fc.code import CodeStore
from fakealiyun.fc.compute import Compute, NotServed
from fakealiyun.fc.state import Account, Function
from fakealiyun.oss.state import Storage


@dataclass
class Context:
    """Shared by the operations. `compute` is None as long as nothing runs functions here."""

    account: Account
    code: CodeStore
    storage: Storage
    access: Access
    clock: Clock
    compute: Compute | None = field(default=None)

    async def keep(self, function: Function) -> None:
        """Have a function run as it now is, and remember it. Raises ApiError, then nothing has
        changed."""
        if self.compute is not None:
            try:
                await self.compute.put(function.deployed())
            except NotServed as error:
                raise errors.not_faked(str(error)) from None
        self.account.functions[function.name] = function

    def running(self) -> Compute:
        """What runs the functions. Raises ApiError where there is nothing."""
        if self.compute is None:
            raise errors.not_faked(
                "running functions in a cloud that stands alone; python -m local runs them"
            )
        return self.compute

    def url(self, function: str) -> str:
        """Where a function's HTTP trigger answers: with nothing to run it, an address of the
        form that the service gives out."""
        if self.compute is not None:
            return self.compute.url(function)
        host = function.lower().replace("_", "-")
        return f"https://{host}-local.{self.account.region}.fcapp.run"

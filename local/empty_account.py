"""An account with nothing in it, on this machine: it runs what is deployed to it.

It is a fake cloud without roles, queues, log projects or callbacks, and a gateway that serves only
the functions that the fake Function Compute accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakealiyun import FakeCloud
from fakealiyun.in_thread import InThread
from local.deployable import deployed_functions, keep_lines
from local.gateway import Deployment, FakeCloudLink, FunctionLogs, Gateway, LogLine


class _KeptLogs(FunctionLogs):
    """The functions' logs, which also go to the log stores of the fake cloud."""

    def __init__(self, cloud: FakeCloud) -> None:
        super().__init__()
        self._keep = keep_lines(cloud)

    def write(self, line: LogLine) -> None:
        """See FunctionLogs."""
        super().write(line)
        self._keep(line)


class EmptyAccount(InThread):
    """The account and its gateway, on free ports of the loopback address.

    In a running event loop, use `await start()` and `await stop()`; elsewhere use `with`.
    `variables` override those of every deployed function: a rehearsal leads its webhooks here.
    `mapped_hosts`: see FakeCloud.
    """

    def __init__(
        self, *, variables: Mapping[str, str] | None = None, mapped_hosts: Iterable[str] = ()
    ) -> None:
        self.cloud = FakeCloud(allow_deploy=True, mapped_hosts=mapped_hosts)
        self.gateway: Gateway
        self._variables = dict(variables or {})

    async def start(self) -> None:
        """Start the cloud, then the gateway. Raises OSError if no port can be used."""
        try:
            await self.cloud.start()
            link = FakeCloudLink(self.cloud)
            logs = _KeptLogs(self.cloud)
            self.gateway = Gateway(
                Deployment(self.cloud.account_id, {}, {}),
                link,
                logs=logs,
                deployed=deployed_functions(
                    self.cloud, link, logs, timers=True, further=self._variables
                ),
            )
            await self.gateway.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop every process and both servers."""
        if hasattr(self, "gateway"):
            await self.gateway.stop()
        await self.cloud.stop()

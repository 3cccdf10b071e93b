"""The fake cloud in a process of its own, so that it takes no time from what is measured."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from types import TracebackType

from local.cloud import FakeCloud
from local.gateway import FakeCloudLink, RoleCredentials

_START_SECONDS = 60.0


class CloudProcess:
    """A running fake cloud; a context manager. `endpoint` is HOST:PORT."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(_START_SECONDS):
            raise TimeoutError("the fake cloud did not start")
        self.endpoint: str
        self.admin: tuple[str, str]
        self.endpoint, self.admin = self._pipe.recv()

    def __enter__(self) -> CloudProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.join()

    def role_credentials(self, role: str) -> RoleCredentials:
        """New keys of a function's role, as Function Compute gives them to an instance."""
        self._pipe.send(role)
        credentials: RoleCredentials = self._pipe.recv()
        return credentials


def _serve(pipe: Connection[object, object]) -> None:
    with FakeCloud() as cloud:
        link = FakeCloudLink(cloud)
        pipe.send((cloud.endpoint, (cloud.admin.access_key_id, cloud.admin.access_key_secret)))
        while True:
            try:
                role = str(pipe.recv())
            except EOFError:
                return
            pipe.send(link.role_credentials(role, "benchmark"))

"""What the gateway needs of the cloud that its functions live in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fakealiyun.fake_cloud import FakeCloud

CREDENTIAL_LIFE = 36 * 3600
"""Seconds that a function's role credentials live (Function Compute's documentation)."""

_LOOK_SECONDS = 1.0
_SERVICE = "fc.aliyuncs.com"


@dataclass(frozen=True)
class RoleCredentials:
    """The temporary keys of a function's role."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)


class Message(Protocol):
    """A message in a queue."""

    @property
    def id(self) -> str: ...

    @property
    def body(self) -> str: ...


class Queue(Protocol):
    """A queue of SMQ (formerly MNS)."""

    def send(self, body: str) -> str:
        """Add a message; returns its id. Raises ValueError for one that is too large."""

    def on_message(self, listener: Callable[[Message], None]) -> None:
        """Have `listener` called, in any thread, whenever a message can be received; also for
        each that can be already."""

    def remove_listener(self, listener: Callable[[Message], None]) -> None:
        """Undo `on_message`."""

    def receive(self) -> Message | None:
        """Take a message, which nobody else then gets for a while; None when there is none."""

    def delete(self, message_id: str) -> None:
        """Remove a message that was received."""


class CloudLink(Protocol):
    """The account, the clock and the queues that functions run with."""

    account_id: str

    def role_credentials(self, role: str, session: str) -> RoleCredentials:
        """New credentials of `role`, which live CREDENTIAL_LIFE seconds by the cloud's clock.

        Raises LookupError or PermissionError when there is no such role or it does not trust
        Function Compute.
        """

    def now(self) -> float:
        """Epoch seconds by the cloud's clock."""

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        """Have `action` called, in any thread, when the cloud's clock reaches `when`.

        Returns what cancels it.
        """

    def queue(self, name: str) -> Queue:
        """The queue of that name in the account; it is made when there is none."""

    def generation(self) -> object:
        """Equal to what it was before, unless the cloud was reset in between: whatever began
        before that is then nobody's any more."""


class FakeCloudLink:
    """The link to a FakeCloud in the same process."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self.account_id = cloud.account_id

    def role_credentials(self, role: str, session: str) -> RoleCredentials:
        """See CloudLink."""
        credential = self._cloud.ram.service_session(_SERVICE, role, session, CREDENTIAL_LIFE)
        return RoleCredentials(
            credential.access_key_id,
            credential.access_key_secret,
            credential.security_token or "",
        )

    def now(self) -> float:
        """See CloudLink."""
        return float(self._cloud.clock.now())

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        """See CloudLink."""
        cancel: Callable[[], None] = self._cloud.clock.call_at(when, action).cancel
        return cancel

    def queue(self, name: str) -> Queue:
        """See CloudLink."""
        queue: Queue = self._cloud.queues.queue(name, create=True)
        return queue

    def generation(self) -> object:
        """See CloudLink."""
        return self._cloud.resets


async def sleep_until(link: CloudLink, when: float) -> None:
    """Return once the cloud's clock has reached `when` (epoch seconds), or it was set back, or the
    cloud was reset.

    A cancel always ends it by CancelledError, also one that comes as the clock is moved. (Before
    Python 3.12 `asyncio.wait_for` drops such a cancel.)
    """
    begun, generation = link.now(), link.generation()
    if begun >= when:
        return
    loop = asyncio.get_running_loop()
    look = asyncio.Event()
    reached = False

    def arrive() -> None:
        nonlocal reached
        reached = True
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(look.set)

    cancel = link.call_at(when, arrive)
    try:
        while not reached and begun <= link.now() < when and link.generation() == generation:
            look.clear()
            timer = loop.call_later(_LOOK_SECONDS, look.set)
            try:
                await look.wait()
            finally:
                timer.cancel()
    finally:
        cancel()

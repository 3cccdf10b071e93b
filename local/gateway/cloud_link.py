"""What the gateway needs from the cloud: role credentials, a clock and queues."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fakealiyun.fake_cloud import FakeCloud

CREDENTIAL_LIFE = 36 * 3600
"""Seconds until a function's role credential expires (Function Compute's documentation)."""

_LOOK_SECONDS = 1.0
_SERVICE = "fc.aliyuncs.com"


@dataclass(frozen=True)
class RoleCredentials:
    """A role credential: the temporary AccessKey of a function's role."""

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
        """Add a message. Returns its id. Raises ValueError if it is too large."""

    def on_message(self, listener: Callable[[Message], None]) -> None:
        """Call `listener` whenever a message can be received, and for each that already can.

        The call may come from any thread.
        """

    def remove_listener(self, listener: Callable[[Message], None]) -> None:
        """Undo `on_message`."""

    def receive(self) -> Message | None:
        """Receive a message, which the queue then hides for a while. None if there is none."""

    def delete(self, message_id: str) -> None:
        """Delete a received message."""


class CloudLink(Protocol):
    """The account, the clock and the queues that functions use."""

    account_id: str

    def role_credentials(self, role: str, session: str) -> RoleCredentials:
        """A new credential of `role`. It expires after CREDENTIAL_LIFE seconds of cloud time.

        Raises LookupError if there is no such role, and PermissionError if it does not trust
        Function Compute.
        """

    def now(self) -> float:
        """The cloud's time in epoch seconds."""

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        """Call `action` when the cloud's clock reaches `when`. The call may come from any thread.

        Returns a function that cancels the call.
        """

    def queue(self, name: str) -> Queue:
        """The queue of that name in the account. It is created if it does not exist."""

    def generation(self) -> object:
        """A value that changes when the cloud is reset.

        Work that began before a reset must then stop without effect.
        """


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
    """Wait until the cloud's clock reaches `when` (epoch seconds).

    Returns earlier if the clock is set back or the cloud is reset. A cancel always raises
    CancelledError, even if the clock moves at the same moment. (Before Python 3.12
    `asyncio.wait_for` loses such a cancel.)
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

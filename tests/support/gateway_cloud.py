"""A minimal cloud for tests of the gateway: role credentials, queues and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from fakealiyun.clock import Clock, Handle
from fakealiyun.mns import Queue, Queues
from local.gateway import RoleCredentials

ACCOUNT = "1234567890123456"


class StillClock(Clock):
    """A clock that moves only when a test advances it, however slow the machine is."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = time.time()

    def wall(self) -> float:
        """See Clock."""
        return self._begun

    def now(self) -> float:
        """See Clock."""
        return self._begun + self.offset


class GatewayCloud:
    """Implements CloudLink without a fake cloud's servers."""

    account_id = ACCOUNT

    def __init__(self) -> None:
        self.clock = StillClock()
        self.queues = Queues(self.clock, account_id=ACCOUNT, region="cn-shanghai")
        self.issued = 0
        self._resets = 0
        self._timers: list[Handle] = []

    def role_credentials(self, role: str, session: str) -> RoleCredentials:
        """See CloudLink. Only the role `unknown` does not exist."""
        if role == "unknown":
            raise LookupError("there is no such role")
        self.issued += 1
        return RoleCredentials(f"STS.{role}.{self.issued}", f"secret-{self.issued}", session)

    def now(self) -> float:
        """See CloudLink."""
        return self.clock.now()

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        """See CloudLink."""
        timer = self.clock.call_at(when, action)
        self._timers.append(timer)
        return timer.cancel

    def queue(self, name: str) -> Queue:
        """See CloudLink."""
        return self.queues.queue(name)

    def generation(self) -> object:
        """See CloudLink."""
        return self._resets

    def reset(self) -> None:
        """Empty the queues and set the clock back."""
        self._resets += 1
        self.queues.reset()
        self.clock.reset()

    def waiting(self) -> int:
        """How many of the gateway's timers have not fired."""
        return sum(not timer.cancelled for timer in self._timers)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.clock.advance(seconds)

    def advance_to_next(self) -> float:
        """Move the clock to the next of the gateway's timers. Returns the seconds it moved."""
        seconds = min(timer.when for timer in self._timers if not timer.cancelled) - self.now()
        self.advance(max(seconds, 0.0))
        return seconds

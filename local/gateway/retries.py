"""When EventBridge pushes an event again that a function has not taken."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from local.gateway.function import PushRetryStrategy

BACKOFF_RETRIES = 3
BACKOFF_SECONDS = (10.0, 20.0)
DECAY_RETRIES = 176
DECAY_LONGEST = 512  # seconds; with the doubling before it, a day less six minutes in all


def delays(strategy: PushRetryStrategy) -> Iterator[float]:
    """The seconds to wait before each further push; it ends when there is none.

    EventBridge's pages count *retries*: 3 after random 10 to 20 s each, or 176 after 1, 2, 4 …
    256 and then 512 s each (Function Compute's documentation).
    """
    if strategy == "BACKOFF_RETRY":
        for _ in range(BACKOFF_RETRIES):
            yield random.uniform(*BACKOFF_SECONDS)  # noqa: S311 - not for a secret
        return
    doubling = itertools.takewhile(lambda delay: delay < DECAY_LONGEST, (2**n for n in range(32)))
    steady = itertools.repeat(DECAY_LONGEST)
    yield from itertools.islice(itertools.chain(doubling, steady), DECAY_RETRIES)

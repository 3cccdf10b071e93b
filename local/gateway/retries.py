"""When EventBridge pushes an event again that the function did not accept."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from local.gateway.function import PushRetryStrategy

BACKOFF_RETRIES = 3
BACKOFF_SECONDS = (10.0, 20.0)
DECAY_RETRIES = 176
DECAY_LONGEST = 512  # seconds; all delays together are a day minus six minutes


def delays(strategy: PushRetryStrategy) -> Iterator[float]:
    """The seconds to wait before each retry, until there is none left.

    BACKOFF_RETRY: 3 retries after random 10 to 20 s each. EXPONENTIAL_DECAY_RETRY: 176 retries
    after 1, 2, 4 … 256 s and then 512 s each. The first push is no retry (Function Compute's
    documentation).
    """
    if strategy == "BACKOFF_RETRY":
        for _ in range(BACKOFF_RETRIES):
            yield random.uniform(*BACKOFF_SECONDS)  # noqa: S311 - not for a secret
        return
    doubling = itertools.takewhile(lambda delay: delay < DECAY_LONGEST, (2**n for n in range(32)))
    steady = itertools.repeat(DECAY_LONGEST)
    yield from itertools.islice(itertools.chain(doubling, steady), DECAY_RETRIES)

"""The attributes of a queue, with the ranges that the service allows.

Source: the pages of CreateQueue and SetQueueAttributes, and "Queue" among the basic concepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LARGEST_MESSAGE = 65_536
"""The largest size in bytes of one message, and of all messages in a batch together."""
MOST_VISIBILITY = 43_200
"""The longest time in seconds that a received message stays hidden, by queue or call."""
LONGEST_WAIT = 30
"""The longest time in seconds that a receive waits for a message."""
LONGEST_DELAY = 604_800
"""The longest delay of a message in seconds."""
LOWEST_PRIORITY = 16
DEFAULT_PRIORITY = 8


@dataclass(frozen=True)
class Range:
    """The numbers that a field accepts: `least` to `most`, both included."""

    least: int
    most: int
    unit: str

    def holds(self, value: int) -> bool:
        """Whether the number is in the range."""
        return self.least <= value <= self.most


@dataclass(frozen=True)
class Attributes:
    """The attributes of a queue, with the service's defaults. Times are seconds, sizes bytes."""

    delay_seconds: int = 0
    maximum_message_size: int = LARGEST_MESSAGE
    message_retention_period: int = 345_600
    visibility_timeout: int = 30
    polling_wait_seconds: int = 0
    logging_enabled: bool = False


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "DelaySeconds": Range(0, LONGEST_DELAY, "seconds"),
        "MaximumMessageSize": Range(1024, LARGEST_MESSAGE, "bytes"),
        "MessageRetentionPeriod": Range(60, 604_800, "seconds"),
        "VisibilityTimeout": Range(1, MOST_VISIBILITY, "seconds"),
        "PollingWaitSeconds": Range(0, LONGEST_WAIT, "seconds"),
    }
)
"""The numeric attributes, by their names in the API."""

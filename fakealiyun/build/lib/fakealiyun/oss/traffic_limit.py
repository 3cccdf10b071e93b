"""The bandwidth of one request: `x-oss-traffic-limit`, in bits per second."""

from __future__ import annotations

import asyncio
from time import monotonic

from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead

NAME = "x-oss-traffic-limit"
SLOWEST, FASTEST = 819_200, 838_860_800  # bits per second
_SLICE = 0.5  # seconds: the longest a client waits for the next bytes

sleep = asyncio.sleep
"""How a transfer waits. Tests replace it."""


class Pace:
    """Delays the transfer of one body to a number of bits per second.

    Time is the machine's, because the client waits in real time.
    """

    def __init__(self, bits_per_second: int) -> None:
        self._rate = bits_per_second / 8
        self._sent = 0
        self._began = monotonic()

    @property
    def step(self) -> int:
        """How many bytes to transfer before the next wait."""
        return int(self._rate * _SLICE)

    async def passed(self, size: int) -> None:
        """Wait until `size` more bytes may have been transferred."""
        self._sent += size
        ahead = self._sent / self._rate - (monotonic() - self._began)
        if ahead > 0:
            await sleep(ahead)


def pace(head: RequestHead) -> Pace | None:
    """The pace that a request asks for in a header or a parameter; None without a limit.

    Raises OssError InvalidArgument for a limit that OSS does not offer.
    """
    value = head.header(NAME) or head.parameters.get(NAME, "")
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) < 12:
        limit = int(value)
        if SLOWEST <= limit <= FASTEST:
            return Pace(limit)
    raise OssError(
        "InvalidArgument",
        f"{NAME} must be a whole number from {SLOWEST} to {FASTEST}.",
        details={"ArgumentName": NAME, "ArgumentValue": value},
    )

"""Sends HTTP requests to receivers on this machine only.

If the fake sent requests to any address, it would be a security hole in the developer's network.
Callbacks to other addresses are recorded, but no connection is made.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

TIMEOUT = 5.0  # seconds for the whole request, as in VOD and OSS
_IPV6_LOOPBACK = ipaddress.IPv6Address("::1")


def receiver(url: str) -> URL | None:
    """The URL, if its host is this machine (127.0.0.0/8, ::1 or localhost); None otherwise.

    The control routes of the cloud and of the gateway are refused too.
    """
    try:
        parsed = URL(url, encoded=True)
        host = (parsed.host or "").lower()
        path = parsed.path
    except ValueError:
        return None
    if parsed.scheme not in ("http", "https") or parsed.user is not None:
        return None
    if path == "/_local" or path.startswith("/_local/"):
        return None
    return parsed if _is_loopback(host) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_loopback
    return address == _IPV6_LOOPBACK


class _Localhost(AbstractResolver):
    """Resolves only `localhost`, and asks no name server."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if host.lower() != "localhost":
            raise OSError("only localhost is resolved")
        known = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in known.items()
            if family in (socket.AF_UNSPEC, kind)
        ]

    async def close(self) -> None:
        """Does nothing: nothing is open."""


class TooLate(Exception):
    """There was no complete answer within `TIMEOUT`."""


class TooLong(Exception):
    """The body of the answer is longer than allowed."""


class NotConnected(Exception):
    """The receiver was not reached, or its answer is not HTTP."""


class Client:
    """Sends POST requests from the running loop.

    Each request has its own connection, no proxy and no cookies. Redirects are not followed.
    """

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True, resolver=_Localhost()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            skip_auto_headers=["User-Agent"],  # the value of VOD is not known
        )

    async def post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Send one request. Returns None if the status is exactly 200, otherwise a short reason.

        The body of the answer is not read.
        """
        given = {"Content-Type": "application/json", **headers}
        try:
            async with self._session.post(
                url, data=body, headers=given, allow_redirects=False
            ) as response:
                return None if response.status == 200 else f"status {response.status}"
        except asyncio.TimeoutError:  # on Python 3.10 it is not the builtin TimeoutError
            return f"no answer within {TIMEOUT:g} s"
        except (aiohttp.ClientError, OSError, ValueError):
            return "the connection failed"

    async def exchange(
        self, url: URL, body: bytes, headers: Mapping[str, str], limit: int
    ) -> tuple[int, bytes]:
        """Send one request. Returns the status of the answer and its body (at most `limit` bytes).

        Raises TooLate, TooLong, NotConnected.
        """
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                answer = await response.content.read(limit + 1)
                while len(answer) <= limit and (more := await response.content.read(limit)):
                    answer += more
                if len(answer) > limit:
                    raise TooLong
                return response.status, answer
        except asyncio.TimeoutError:  # on Python 3.10 it is not the builtin TimeoutError
            raise TooLate from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise NotConnected from None

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

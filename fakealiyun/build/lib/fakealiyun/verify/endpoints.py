"""Where the services of one side are: the real cloud, or a fake on this machine."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):([0-9]{1,5})", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_TIMEOUT = 30  # seconds


class EndpointError(ValueError):
    """The address or the region is not allowed."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Endpoints:
    """The host names of one side. `local` is the HOST:PORT of a fake, None for the real cloud."""

    region: str
    local: str | None = None

    def __post_init__(self) -> None:
        if not _REGION.fullmatch(self.region):
            raise EndpointError("the region must be a name such as cn-shanghai")
        found = _LOOPBACK.fullmatch(self.local) if self.local is not None else None
        if self.local is not None and (found is None or int(found[2]) > 65535):
            raise EndpointError(
                "plain http is only for this machine: expected 127.0.0.1:PORT or localhost:PORT"
            )

    def vod(self) -> str:
        """The host of VOD."""
        return self.local or f"vod.{self.region}.aliyuncs.com"

    def sts(self) -> str:
        """The host of STS."""
        return self.local or f"sts.{self.region}.aliyuncs.com"

    def oss(self, bucket: str) -> str:
        """The host of a bucket. Raises EndpointError if the name cannot be that of a bucket."""
        if not _BUCKET.fullmatch(bucket):
            raise EndpointError("the answer names no bucket")
        if self.local is not None:
            return f"{bucket}.oss-{self.region}.localhost:{self.local.rpartition(':')[2]}"
        return f"{bucket}.oss-{self.region}.aliyuncs.com"

    def oss_service(self) -> str:
        """The host of OSS without a bucket."""
        if self.local is not None:
            return f"oss-{self.region}.localhost:{self.local.rpartition(':')[2]}"
        return f"oss-{self.region}.aliyuncs.com"

    def mns(self, account_id: str) -> str:
        """The host of the account's queues."""
        return self.local or f"{account_id}.mns.{self.region}.aliyuncs.com"

    def fc(self, account_id: str) -> str:
        """The host of Function Compute."""
        return self.local or f"{account_id}.{self.region}.fc.aliyuncs.com"

    def send(
        self, host: str, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send one request as it is given. Follows no redirect. Raises OSError, HTTPException.

        `host` is the Host header. A fake gets the request at its own address, whatever the host.
        """
        connection: http.client.HTTPConnection
        if self.local is None:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, timeout=_TIMEOUT, context=context)
        else:
            connection = http.client.HTTPConnection(self.local, timeout=_TIMEOUT)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": host, **headers}.items():
                connection.putheader(name, value)
            if body or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lower, answer.read())
        finally:
            connection.close()

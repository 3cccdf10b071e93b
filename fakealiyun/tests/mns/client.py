"""Calls SMQ from tests: with the official client, and with requests written by hand.

What is written by hand is signed by the official client's own code, so that the fake is not
checked against itself.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from xml.etree import ElementTree

import pytest
from mns.account import Account
from mns.auth import Credentials
from mns.mns_client import MNSClient
from mns.mns_exception import MNSServerException

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role

XMLNS = "http://mns.aliyuncs.com/doc/v1/"
NO_SUCH_HANDLE = "1-ODU4OTkzNDU5My0xNDM1MTk3NjAwLTItNg=="
"""A handle of the right form that belongs to no message."""


def account(cloud: FakeCloud, key: Credential, url: str) -> Any:
    """The official client with a key, for an address."""
    return Account(
        url or cloud.url, key.access_key_id, key.access_key_secret, key.security_token or ""
    )


def role_key(cloud: FakeCloud, *grants: tuple[str, str], lifetime: float = 3600) -> Credential:
    """A role's temporary key with (action, path of the resource) allowed, in this account."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": f"acs:mns:*:{cloud.account_id}:{path}"}
        for action, path in grants
    ]
    principal = assumed_role(cloud.account_id, "writer", "300000000000000001", "test")
    policies = (Policy.parse({"Version": "1", "Statement": statements}),) if grants else ()
    return cloud.identities.issue(principal, policies, lifetime)


@dataclass(frozen=True)
class Reply:
    """An answer without any change."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def root(self) -> ElementTree.Element:
        """The root element of the body."""
        return ElementTree.fromstring(self.body)  # noqa: S314 - our own server's answer

    def element(self, name: str) -> str | None:
        """The text of the first element of that name."""
        return self.root.findtext(f".//{{{XMLNS}}}{name}")

    @property
    def refusal(self) -> tuple[int, str | None]:
        """Status and code of an error answer in the form of the service."""
        assert self.root.tag == f"{{{XMLNS}}}Error", self.body
        for name in ("Message", "RequestId", "HostId"):
            assert self.element(name), name
        assert self.element("RequestId") == self.headers["x-mns-request-id"]
        return self.status, self.element("Code")


def call(
    cloud: FakeCloud,
    method: str,
    target: str,
    body: bytes | str = b"",
    *,
    key: Credential | None = None,
    headers: Mapping[str, str | None] | None = None,
    instead: Mapping[str, str | None] | None = None,
    signed_target: str | None = None,
) -> Reply:
    """One request, signed by `key` (the administrator's) over `headers` and the usual ones.

    `instead` is laid over the headers once they are signed; None takes a header away.
    """
    key = key or cloud.admin
    content = body.encode() if isinstance(body, str) else body
    sent: dict[str, str | None] = {
        "date": formatdate(usegmt=True),
        "x-mns-version": "2015-06-06",
        "host": cloud.endpoint,
        **({"content-type": "text/xml;charset=utf-8"} if content else {}),
        **(headers or {}),
    }
    signed = {name: value for name, value in sent.items() if value is not None}
    signed["Authorization"] = signature(key, method, signed, signed_target or target)
    if key.security_token:
        signed["security-token"] = key.security_token
    final = {**signed, **(instead or {})}
    connection = http.client.HTTPConnection(cloud.endpoint, timeout=40)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in final.items():
            if value is not None:
                connection.putheader(name, value)
        if content:
            connection.putheader("content-length", str(len(content)))
        connection.endheaders(content or None)
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def signature(key: Credential, method: str, headers: Mapping[str, str], target: str) -> str:
    """The Authorization header, made by the code of the official client."""
    client = MNSClient.__new__(MNSClient)
    secret = Credentials(key.access_key_id, key.access_key_secret)
    signed: str = client.get_signature(method, dict(headers), target, secret)
    return signed


def xml(root: str, inner: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    """An XML document of the service."""
    return f'{head}<{root} xmlns="{XMLNS}">{inner}</{root}>'


def letter(body: str = "hello", /, **fields: object) -> str:
    """The XML document of one message."""
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return xml("Message", f"<MessageBody>{body}</MessageBody>{rest}")


def refused(action: Callable[..., Any], *arguments: Any) -> str:
    """The error code that the official client gets for a call."""
    with pytest.raises(MNSServerException) as caught:
        action(*arguments)
    return str(caught.value.type)

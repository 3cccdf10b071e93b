"""Checks that the Host of a request names this account's queues in this region.

ACCOUNT.mns.REGION.aliyuncs.com           if that name resolves to this machine
ACCOUNT.mns.REGION-internal.aliyuncs.com  the same
ACCOUNT.mns.REGION.localhost
127.0.0.1, localhost, [::1]               this account, if the request is for SMQ
"""

from __future__ import annotations

import re

from fakealiyun.guard import split_host
from fakealiyun.mns.errors import MnsError

PLAIN_NAMES = ("127.0.0.1", "localhost", "[::1]")
ACCOUNT_HOST = r"(?P<account>[0-9]{1,20})\.mns\.(?P<region>[a-z0-9-]{1,40})"
"""The start of an account's host name, as a regular expression."""
_HOST = re.compile(ACCOUNT_HOST + r"\.(aliyuncs\.com|localhost)", re.ASCII)


def is_account_host(found: re.Match[str], account_id: str, region: str) -> bool:
    """Whether a match of ACCOUNT_HOST names this account and region.

    `REGION-internal` is the same region.
    """
    named = (found["account"], found["region"].removesuffix("-internal"))
    return named == (account_id, region)


def check_host(host: str, account_id: str, region: str) -> None:
    """Raises MnsError unless the Host names this account and this region.

    Another account and another region get the same error: the page about 403 AccessDenied names
    both among its causes.
    """
    parts = split_host(host)
    name = "" if parts is None else parts[0]
    if name in PLAIN_NAMES:
        return
    found = _HOST.fullmatch(name)
    if found is None:
        raise MnsError("InvalidRequestURL", "The host must be ACCOUNT.mns.REGION.aliyuncs.com.")
    if not is_account_host(found, account_id, region):
        raise MnsError("AccessDenied")

"""Authentication: unusual requests, and the official client with wrong keys."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.mns import Queue
from tests.mns.client import call, letter, refused, role_key, signature
from tests.mns.conftest import Connect

MESSAGES = "/queues/orders/messages"
SEND = ("mns:SendMessage", MESSAGES)


def send(cloud: FakeCloud, **how: Any) -> tuple[int, str | None]:
    """Status and code of a SendMessage that must fail."""
    reply = call(cloud, "POST", MESSAGES, letter(), **how)
    assert "access-control-allow-origin" not in reply.headers
    return reply.refusal


@pytest.fixture(autouse=True)
def _untouched(orders: Queue) -> Any:
    """Every test leaves the queue empty."""
    yield
    assert orders.messages == []


# -- the signature


@pytest.mark.parametrize(
    "instead",
    [
        {"date": formatdate(time.time() + 60, usegmt=True)},
        {"content-type": "text/xml"},
        {"content-type": None},
        {"content-md5": base64.b64encode(b"0" * 16).decode()},
        {"x-mns-extra": "1"},
        {"x-mns-user-request-id": "2"},
        {"x-mns-user-request-id": None},
    ],
)
def test_everything_that_is_signed_counts(cloud: FakeCloud, instead: dict[str, str | None]) -> None:
    signed = {"x-mns-user-request-id": "1"}
    refusal = (403, "SignatureDoesNotMatch")
    assert send(cloud, headers=signed, instead=instead) == refusal


@pytest.mark.parametrize(
    ("method", "target", "signed"),
    [
        ("DELETE", "/queues/orders", "/queues/other"),
        ("GET", f"{MESSAGES}?waitseconds=0", MESSAGES),
        ("GET", MESSAGES, f"{MESSAGES}?waitseconds=0"),
        ("GET", f"{MESSAGES}?numOfMessages=2&waitseconds=0", f"{MESSAGES}?waitseconds=0"),
        ("GET", "/queues/%6Frders", "/queues/orders"),
        ("PUT", "/queues/orders?metaOverride=true", "/queues/orders?metaoverride=true"),
    ],
)
def test_the_target_is_signed_as_it_is_sent(
    cloud: FakeCloud, method: str, target: str, signed: str
) -> None:
    reply = call(cloud, method, target, signed_target=signed)
    assert reply.refusal == (403, "SignatureDoesNotMatch")
    assert [queue.name for queue in cloud.queues.all()] == ["orders"]


def test_another_method_is_not_signed(cloud: FakeCloud) -> None:
    date = formatdate(usegmt=True)
    headers = {"date": date, "x-mns-version": "2015-06-06"}
    stolen = signature(cloud.admin, "GET", headers, "/queues/orders")
    reply = call(
        cloud, "DELETE", "/queues/orders", headers=headers, instead={"Authorization": stolen}
    )
    assert reply.refusal == (403, "SignatureDoesNotMatch")


def test_a_wrong_secret(cloud: FakeCloud, connect: Connect) -> None:
    key = replace(cloud.admin, access_key_secret="x" * 30)
    client = connect(key).get_queue("orders")
    assert refused(client.send_message, Message("x")) == "SignatureDoesNotMatch"


def test_the_order_of_the_headers_is_canonical(cloud: FakeCloud, orders: Queue) -> None:
    """Headers are signed by lower-case name, in any order and case on arrival."""
    headers = {"x-mns-zebra": "z", "x-mns-apple": " a "}
    assert (
        call(cloud, "POST", MESSAGES, letter(), headers=headers).status == 403
    )  # spaces are signed
    headers = {"x-mns-zebra": "z", "x-mns-apple": "a"}
    instead = {"x-mns-zebra": None, "X-MNS-Zebra": "z"}
    assert call(cloud, "POST", MESSAGES, letter(), headers=headers, instead=instead).status == 201
    orders.clear()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "MissingAuthorizationHeader"),
        ("MNS ", "InvalidAuthorizationHeader"),
        ("MNS key", "InvalidAuthorizationHeader"),
        ("MNS key:", "InvalidAuthorizationHeader"),
        ("MNS :signature", "InvalidAuthorizationHeader"),
        ("mns key:signature", "InvalidAuthorizationHeader"),
        ("Bearer key:signature", "InvalidAuthorizationHeader"),
        ("MNS4-HMAC-SHA256 Credential=key/20260101/cn-shanghai", "InvalidAuthorizationHeader"),
        ("MNS nobody:c2lnbmF0dXJl", "InvalidAccessKeyId"),
        ("MNS LTAIlocaladmin:c2lnbmF0dXJl", "SignatureDoesNotMatch"),
        ("MNS LTAIlocaladmin:\u00e9", "SignatureDoesNotMatch"),
    ],
)
def test_an_authorization_that_is_none(cloud: FakeCloud, value: str | None, code: str) -> None:
    assert send(cloud, instead={"Authorization": value})[1] == code


def test_a_disabled_key(cloud: FakeCloud) -> None:
    cloud.identities.set_active(cloud.admin.access_key_id, False)
    assert send(cloud) == (403, "InvalidAccessKeyId")
    cloud.identities.set_active(cloud.admin.access_key_id, True)


def test_no_secret_is_told(cloud: FakeCloud) -> None:
    key = role_key(cloud, SEND)
    reply = call(cloud, "POST", MESSAGES, letter(), key=key, instead={"date": "x"})
    for secret in (key.access_key_secret, key.security_token, "HMAC", "POST\n"):
        assert (secret or "").encode() not in reply.body


# -- the date


@pytest.mark.parametrize("seconds", [-890, 890])
def test_a_date_within_15_minutes(cloud: FakeCloud, orders: Queue, seconds: int) -> None:
    headers = {"date": formatdate(time.time() + seconds, usegmt=True)}
    assert call(cloud, "POST", MESSAGES, letter(), headers=headers).status == 201
    orders.clear()


@pytest.mark.parametrize("seconds", [-910, 910])
def test_a_date_that_is_off(cloud: FakeCloud, seconds: int) -> None:
    headers = {"date": formatdate(time.time() + seconds, usegmt=True)}
    assert send(cloud, headers=headers) == (408, "TimeExpired")


def test_dates_are_judged_by_the_machines_clock(cloud: FakeCloud, orders: Queue) -> None:
    cloud.clock.advance(86_400)
    assert call(cloud, "POST", MESSAGES, letter()).status == 201
    orders.clear()


@pytest.mark.parametrize(
    ("date", "code"),
    [
        (None, "MissingDateHeader"),
        ("yesterday", "InvalidDateHeader"),
        ("2026-11-25T00:00:00Z", "InvalidDateHeader"),
        ("Wed, 25 Nov 2026 01:00:00 +0000", "InvalidDateHeader"),
        ("Wed, 25 Nov 2026 01:00:00 CET", "InvalidDateHeader"),
        ("Wed, 99 Nov 2026 01:00:00 GMT", "InvalidDateHeader"),
        ("Wed, 25 Xxx 2026 01:00:00 GMT", "InvalidDateHeader"),
        ("Wed, 25 Nov 2026 :::::::: GMT", "InvalidDateHeader"),
        ("Wed, 25 Nov 0000 01:00:00 GMT", "InvalidDateHeader"),
    ],
)
def test_a_date_that_is_none(cloud: FakeCloud, date: str | None, code: str) -> None:
    assert send(cloud, headers={"date": date})[1] == code


def test_a_browsers_code_dates_by_another_header(cloud: FakeCloud, orders: Queue) -> None:
    date = formatdate(usegmt=True)
    # The official client can only sign `Date`: it is signed but not sent.
    both = {"x-mns-date": date, "date": date}
    reply = call(cloud, "POST", MESSAGES, letter(), headers=both, instead={"date": None})
    assert reply.status == 201
    other = {"date": date, "x-mns-date": formatdate(time.time() - 60, usegmt=True)}
    assert send(cloud, headers=other) == (400, "InvalidDateHeader")
    late = {"date": formatdate(time.time() - 1000, usegmt=True)}
    late["x-mns-date"] = late["date"]
    assert send(cloud, headers=late, instead={"date": None}) == (408, "TimeExpired")
    orders.clear()


# -- version and digest


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "MissingVersionHeader"),
        ("", "InvalidVersionHeader"),
        ("2014-07-08", "InvalidVersionHeader"),
    ],
)
def test_a_version_that_is_none(cloud: FakeCloud, version: str | None, code: str) -> None:
    assert send(cloud, headers={"x-mns-version": version}) == (400, code)


def test_the_digest_of_the_body(cloud: FakeCloud, orders: Queue) -> None:
    """Base64 of the digest, or of its hexadecimal form, which the official clients send."""
    digest = hashlib.md5(letter().encode(), usedforsecurity=False)
    for value in (digest.digest(), digest.hexdigest().encode()):
        headers = {"content-md5": base64.b64encode(value).decode()}
        assert call(cloud, "POST", MESSAGES, letter(), headers=headers).status == 201
    orders.clear()
    for bad in (digest.hexdigest(), base64.b64encode(b"0" * 16).decode(), "", "!"):
        assert send(cloud, headers={"content-md5": bad}) == (400, "InvalidDegist"), bad
    # A correct digest is refused too if another one was signed.
    good = base64.b64encode(digest.digest()).decode()
    refusal = send(cloud, headers={"content-md5": "x"}, instead={"content-md5": good})
    assert refusal == (403, "SignatureDoesNotMatch")


def test_a_body_that_was_changed_on_its_way(cloud: FakeCloud) -> None:
    digest = hashlib.md5(letter("other").encode(), usedforsecurity=False).digest()
    headers = {"content-md5": base64.b64encode(digest).decode()}
    assert send(cloud, headers=headers) == (400, "InvalidDegist")


# -- the token


def test_a_roles_key(cloud: FakeCloud, orders: Queue, connect: Connect) -> None:
    client = connect(role_key(cloud, SEND)).get_queue("orders")
    client.send_message(Message("x"))
    assert len(orders.messages) == 1
    orders.clear()


def test_a_roles_key_without_or_with_another_token(cloud: FakeCloud) -> None:
    key, other = role_key(cloud, SEND), role_key(cloud, SEND)
    wanted = {
        None: "InvalidAccessKeyId",
        "": "InvalidAccessKeyId",
        other.security_token: "InvalidSecurityToken",
        "CAIS" + "x" * 900: "InvalidSecurityToken",
        (key.security_token or "")[:-4]: "InvalidSecurityToken",
        (key.security_token or "").lower(): "InvalidSecurityToken",
    }
    for token, code in wanted.items():
        assert send(cloud, key=key, instead={"security-token": token}) == (403, code)


def test_a_token_with_a_long_term_key(cloud: FakeCloud) -> None:
    token = role_key(cloud, SEND).security_token
    assert send(cloud, instead={"security-token": token}) == (403, "InvalidSecurityToken")


def test_a_roles_key_ends_by_the_clouds_clock(
    cloud: FakeCloud, orders: Queue, connect: Connect
) -> None:
    client = connect(role_key(cloud, SEND, lifetime=900)).get_queue("orders")
    cloud.clock.advance(890)
    client.send_message(Message("x"))
    orders.clear()
    cloud.clock.advance(11)
    assert refused(client.send_message, Message("x")) == "SecurityTokenExpired"
    cloud.clock.advance(3 * 86_400)
    assert refused(client.send_message, Message("x")) == "InvalidAccessKeyId"


# -- headers that occur twice


@pytest.mark.parametrize("name", ["Authorization", "date", "x-mns-version", "security-token"])
def test_a_header_that_counts_may_come_once(cloud: FakeCloud, name: str) -> None:
    key = role_key(cloud, SEND)
    headers = {"date": formatdate(usegmt=True), "x-mns-version": "2015-06-06"}
    again = {
        **headers,
        "Authorization": signature(key, "POST", headers, MESSAGES),
        "security-token": key.security_token,
    }
    # The second one differs only in case.
    refusal = send(cloud, key=key, headers=headers, instead={name.swapcase(): again[name]})
    assert refusal == (400, "InvalidArgument")

"""Certificate Management Service, asked with the RPC client that the deployment tool's is like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.vod import post_control

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----"


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as cloud:
        yield cloud


def ask(cloud: FakeCloud, number: str, key: Credential | None = None) -> Any:
    caller = key or cloud.admin
    client = AcsClient(caller.access_key_id, caller.access_key_secret, "cn-shanghai")
    request = RpcRequest("cas", "2018-07-13", "DescribeUserCertificateDetail")
    request.set_endpoint(cloud.endpoint)
    request.set_protocol_type("http")
    request.set_accept_format("JSON")
    request.set_method("POST")
    request.add_query_param("CertId", number)
    try:
        return json.loads(client.do_action_with_exception(request))
    finally:
        client.session.close()


def test_a_certificate_with_its_key(cloud: FakeCloud) -> None:
    cloud.certificates.put(1234567, certificate=CERTIFICATE, private_key=KEY)
    found = ask(cloud, "1234567")
    assert (found["Cert"], found["Key"], found["Id"]) == (CERTIFICATE, KEY, 1234567)
    cloud.reset()
    with pytest.raises(ServerException, match="NotFound"):
        ask(cloud, "1234567")


def test_a_certificate_by_the_control_route(cloud: FakeCloud) -> None:
    given = {"number": 1234567, "certificate": CERTIFICATE, "private_key": KEY}
    answer = post_control(cloud, "certificates", given)
    assert answer.json() == {"number": 1234567}
    assert ask(cloud, "1234567")["Key"] == KEY


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"number": True},
        {"number": "7"},
        {"certificate": "no PEM"},
        {"private_key": None},
        {"name": "one more"},
    ],
)
def test_a_certificate_that_is_refused(cloud: FakeCloud, wrong: dict[str, Any]) -> None:
    given = {"number": 7, "certificate": CERTIFICATE, "private_key": KEY, **wrong}
    answer = post_control(cloud, "certificates", given)
    assert answer.status == 400
    assert KEY not in answer.body.decode()
    assert cloud.certificates.get(7) is None


@pytest.mark.parametrize(
    ("number", "code"), [("", "MissingCertId"), ("-1", "InvalidParameter"), ("7", "NotFound")]
)
def test_other_numbers(cloud: FakeCloud, number: str, code: str) -> None:
    with pytest.raises(ServerException, match=code):
        ask(cloud, number)


def test_a_key_needs_permission(cloud: FakeCloud) -> None:
    cloud.certificates.put(7, certificate=CERTIFICATE, private_key=KEY)
    statement = {"Effect": "Allow", "Action": "vod:*", "Resource": "*"}
    user = cloud.ram.add_user("other", {"Version": "1", "Statement": [statement]})
    with pytest.raises(ServerException, match="NoPermission"):
        ask(cloud, "7", user)


def test_only_pem_is_kept(cloud: FakeCloud) -> None:
    with pytest.raises(ValueError, match="PEM"):
        cloud.certificates.put(7, certificate="x", private_key=KEY)
    assert KEY not in repr(cloud.certificates.get(7))

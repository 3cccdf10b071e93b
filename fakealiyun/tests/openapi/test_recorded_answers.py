"""The headers, the order of fields and the dates that real answers and real clients have."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Acs3Request, JsonReply, now_text, rpc, rpc_parameters, send

STS = "2015-04-01"


def with_milliseconds() -> str:
    """The date that ali-oss and the official sts-sdk for Node send."""
    return now_text().replace("Z", ".123Z")


def role_arn(cloud: FakeCloud) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{cloud.account_id}:root"]},
    }
    role = cloud.ram.put_role("client", trust={"Version": "1", "Statement": [statement]})
    return role.arn


def assume(cloud: FakeCloud) -> JsonReply:
    arn = role_arn(cloud)
    changes = {"Version": STS, "RoleArn": arn, "RoleSessionName": "alice"}
    return rpc(cloud, cloud.admin, "AssumeRole", **changes)


@pytest.mark.parametrize("version", ["2017-03-21", STS])
def test_a_date_may_have_milliseconds(cloud: FakeCloud, version: str) -> None:
    action = "GetVideoList" if version != STS else "GetCallerIdentity"
    date = with_milliseconds()
    assert rpc(cloud, cloud.admin, action, Version=version, Timestamp=date).status == 200
    headers = {"x-acs-date": date, "x-acs-version": version}
    assert Acs3Request(cloud, cloud.admin, action, headers=headers).send().status == 200


@pytest.mark.parametrize("fraction", [".", ".1234", ".12x", ",123", ".-12"])
def test_a_fraction_of_another_form_is_refused(cloud: FakeCloud, fraction: str) -> None:
    date = now_text().replace("Z", f"{fraction}Z")
    assert rpc(cloud, cloud.admin, "GetVideoList", Timestamp=date).code == "InvalidTimeStamp.Format"


def test_an_old_date_with_milliseconds_is_expired(cloud: FakeCloud) -> None:
    date = now_text(-960).replace("Z", ".999Z")
    answer = rpc(cloud, cloud.admin, "GetVideoList", Timestamp=date)
    assert answer.code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize("action", ["AssumeRole", "GetCallerIdentity", "NoSuchAction"])
def test_an_answer_has_the_headers_of_a_recorded_one(cloud: FakeCloud, action: str) -> None:
    answer = (
        assume(cloud) if action == "AssumeRole" else rpc(cloud, cloud.admin, action, Version=STS)
    )
    assert answer.status == (404 if action == "NoSuchAction" else 200)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-expose-headers"] == "*"
    assert headers["keep-alive"] == "timeout=25"
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert re.fullmatch("[0-9a-f]{32}", headers["x-acs-trace-id"])
    assert headers["etag"]
    assert headers["x-acs-request-id"] == answer.json()["RequestId"]
    assert "x-content-type-options" not in headers
    assert "python" not in headers.get("server", "").lower()


def test_the_order_of_the_fields_of_a_caller(cloud: FakeCloud) -> None:
    told = assume(cloud).json()["Credentials"]
    caller = cloud.identities.find(told["AccessKeyId"])
    assert caller is not None
    answer = rpc(cloud, caller, "GetCallerIdentity", Version=STS)
    fields = json.loads(answer.body, object_pairs_hook=list)
    names = [name for name, _ in fields]
    order = ["IdentityType", "AccountId", "RequestId", "PrincipalId", "Arn", "RoleId"]
    assert names == order
    xml = rpc(cloud, caller, "GetCallerIdentity", Version=STS, Format="XML").body.decode()
    assert re.findall(r"<(\w+)>", xml) == ["GetCallerIdentityResponse", *order]


def test_the_order_of_the_fields_of_credentials(cloud: FakeCloud) -> None:
    assert list(assume(cloud).json()["Credentials"]) == [
        "SecurityToken",
        "AccessKeyId",
        "AccessKeySecret",
        "Expiration",
    ]


@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("query", ["signed", "none", "broken", "duplicate"])
def test_no_page_of_another_origin_can_read_an_answer(
    cloud: FakeCloud, page: dict[str, Any], query: str
) -> None:
    signed = urlencode(rpc_parameters(cloud.admin, "GetCallerIdentity", Version=STS))
    targets = {
        "signed": f"/?{signed}",
        "none": "/",
        "broken": "/?Format=YAML",
        "duplicate": "/?Action=a&Action=b",
    }
    answer = send(cloud, "GET", targets[query], page)
    assert answer.status in (400, 403)
    assert "Access-Control-Allow-Origin" not in answer.headers

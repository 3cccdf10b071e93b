"""What RAM says of the roles, against `ram/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.roles import LOCAL_VALUES
from tests.ops.doctor import ram_api
from tests.ops.doctor.conftest import Examined, Hospital
from tests.ops.doctor.ram_api import RamApi


@pytest.fixture
def ram(hospital: Hospital) -> RamApi:
    return RamApi({"AccountId": hospital.stack.cloud.account_id, **LOCAL_VALUES})


@pytest.fixture
def endpoint(hospital: Hospital, ram: RamApi) -> Iterator[str]:
    with ram_api.serve(hospital.stack.cloud, ram) as address:
        yield address


def examined(hospital: Hospital, endpoint: str, **changes: Any) -> Examined:
    return hospital.examine("--ram-endpoint", endpoint, **changes)


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


def test_roles_as_their_files_have_them(hospital: Hospital, endpoint: str) -> None:
    found = examined(hospital, endpoint)
    assert found.report["findings"] == []
    sound = {one["subject"] for one in found.report["sound"]}
    assert {"vodpass-upload", "vodpass-watch", "vodpass-client-oss"} <= sound


def test_a_permission_that_is_missing(hospital: Hospital, ram: RamApi, endpoint: str) -> None:
    ram.attached["vodpass-refresh"] = [allow("vod:GetVideoInfo")]
    finding = examined(hospital, endpoint).found("role-lacks")
    assert (finding["subject"], finding["what"]) == (
        "vodpass-refresh",
        "It may not vod:RefreshUploadVideo.",
    )


def test_a_permission_that_is_denied(hospital: Hospital, ram: RamApi, endpoint: str) -> None:
    denial = allow("vod:GetVideo*")
    denial["Statement"][0]["Effect"] = "Deny"
    ram.attached["vodpass-play"].append(denial)
    assert "vod:GetVideoPlayAuth" in examined(hospital, endpoint).found("role-lacks")["what"]


@pytest.mark.parametrize("action", ["vod:*", "vod:DeleteVideo"])
def test_a_permission_too_many(hospital: Hospital, ram: RamApi, endpoint: str, action: str) -> None:
    ram.attached["vodpass-upload"].append(allow(action))
    finding = examined(hospital, endpoint).found("role-may-more")
    assert finding["what"] == f"It may also do {action} on *."


def test_a_permission_on_more_than_its_resource(
    hospital: Hospital, ram: RamApi, endpoint: str
) -> None:
    ram.attached["vodpass-sts"] = [allow("sts:AssumeRole")]
    finding = examined(hospital, endpoint).found("role-may-more")
    assert finding["what"] == "It may also do sts:AssumeRole on *."


def test_a_permission_that_is_granted_in_other_words_is_no_fault(
    hospital: Hospital, ram: RamApi, endpoint: str
) -> None:
    ram.attached["vodpass-refresh"] = [
        allow("VOD:getvideoinfo"),
        allow("vod:RefreshUploadVideo"),
    ]
    assert examined(hospital, endpoint).codes == set()


def test_a_role_that_function_compute_may_not_become(
    hospital: Hospital, ram: RamApi, endpoint: str
) -> None:
    principal = ram.trust["vodpass-play"]["Statement"][0]["Principal"]
    principal["Service"] = ["ecs.aliyuncs.com"]
    found = examined(hospital, endpoint)
    assert found.codes == {"role-untrusting", "role-trusts-more"}
    assert "Service ecs.aliyuncs.com" in found.found("role-trusts-more")["what"]


def test_a_role_that_does_not_exist(hospital: Hospital, ram: RamApi, endpoint: str) -> None:
    del ram.trust["vodpass-events"]
    assert examined(hospital, endpoint).found("role-absent")["subject"] == "vodpass-events"


def test_a_key_that_may_not_read_ram_is_told_apart(hospital: Hospital, endpoint: str) -> None:
    key = hospital.stack.cloud.ram.add_user("reader", allow("vod:*", "sts:*"))
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    found = examined(hospital, endpoint, environment=environment)
    assert found.codes == set()
    said = [one["text"] for one in found.report["not_checked"]]
    assert sum(one.startswith("this key may not read it in RAM") for one in said) == 9

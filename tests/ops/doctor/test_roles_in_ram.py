"""The doctor compares the roles in RAM with `ram/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.roles import LOCAL_VALUES
from tests.support import ram_api
from tests.support.doctor_target import DoctorRun, DoctorTarget
from tests.support.ram_api import RamApi


@pytest.fixture
def ram(target: DoctorTarget) -> RamApi:
    return RamApi({"AccountId": target.stack.cloud.account_id, **LOCAL_VALUES})


@pytest.fixture
def endpoint(target: DoctorTarget, ram: RamApi) -> Iterator[str]:
    with ram_api.serve(target.stack.cloud, ram) as address:
        yield address


def run_doctor(target: DoctorTarget, endpoint: str, **changes: Any) -> DoctorRun:
    return target.check("--ram-endpoint", endpoint, **changes)


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


def test_roles_that_match_their_files(target: DoctorTarget, endpoint: str) -> None:
    found = run_doctor(target, endpoint)
    assert found.report["findings"] == []
    sound = {one["subject"] for one in found.report["sound"]}
    assert {"vodpass-upload", "vodpass-watch", "vodpass-client-oss"} <= sound


def test_a_permission_that_is_missing(target: DoctorTarget, ram: RamApi, endpoint: str) -> None:
    ram.attached["vodpass-refresh"] = [allow("vod:GetVideoInfo")]
    finding = run_doctor(target, endpoint).found("role-lacks")
    assert (finding["subject"], finding["what"]) == (
        "vodpass-refresh",
        "It may not vod:RefreshUploadVideo.",
    )


def test_a_permission_that_is_denied(target: DoctorTarget, ram: RamApi, endpoint: str) -> None:
    denial = allow("vod:GetVideo*")
    denial["Statement"][0]["Effect"] = "Deny"
    ram.attached["vodpass-play"].append(denial)
    assert "vod:GetVideoPlayAuth" in run_doctor(target, endpoint).found("role-lacks")["what"]


@pytest.mark.parametrize("action", ["vod:*", "vod:DeleteVideo"])
def test_an_extra_permission(target: DoctorTarget, ram: RamApi, endpoint: str, action: str) -> None:
    ram.attached["vodpass-upload"].append(allow(action))
    finding = run_doctor(target, endpoint).found("role-may-more")
    assert finding["what"] == f"It may also do {action} on *."


def test_a_permission_on_more_than_its_resource(
    target: DoctorTarget, ram: RamApi, endpoint: str
) -> None:
    ram.attached["vodpass-sts"] = [allow("sts:AssumeRole")]
    finding = run_doctor(target, endpoint).found("role-may-more")
    assert finding["what"] == "It may also do sts:AssumeRole on *."


def test_a_permission_in_another_spelling_is_no_fault(
    target: DoctorTarget, ram: RamApi, endpoint: str
) -> None:
    ram.attached["vodpass-refresh"] = [
        allow("VOD:getvideoinfo"),
        allow("vod:RefreshUploadVideo"),
    ]
    assert run_doctor(target, endpoint).codes == set()


def test_a_role_that_function_compute_cannot_assume(
    target: DoctorTarget, ram: RamApi, endpoint: str
) -> None:
    principal = ram.trust["vodpass-play"]["Statement"][0]["Principal"]
    principal["Service"] = ["ecs.aliyuncs.com"]
    found = run_doctor(target, endpoint)
    assert found.codes == {"role-untrusting", "role-trusts-more"}
    assert "Service ecs.aliyuncs.com" in found.found("role-trusts-more")["what"]


def test_a_role_that_does_not_exist(target: DoctorTarget, ram: RamApi, endpoint: str) -> None:
    del ram.trust["vodpass-events"]
    assert run_doctor(target, endpoint).found("role-absent")["subject"] == "vodpass-events"


def test_a_key_without_permission_to_read_ram(target: DoctorTarget, endpoint: str) -> None:
    key = target.stack.cloud.ram.add_user("reader", allow("vod:*", "sts:*"))
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    found = run_doctor(target, endpoint, environment=environment)
    assert found.codes == set()
    said = [one["text"] for one in found.report["not_checked"]]
    assert sum(one.startswith("this key may not read it in RAM") for one in said) == 9

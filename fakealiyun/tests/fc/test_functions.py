"""Functions: what is accepted, what is refused, and what the answers contain."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun.testing.fc import Fc, FcRequest, packed, refusal, send, shown


def test_a_function_is_answered_as_it_was_made(fc: Fc) -> None:
    made = fc.create(
        "shop-upload",
        description="Uploads",
        memorySize=512,
        cpu=0.5,
        diskSize=512,
        timeout=10,
        role=fc.role(),
        environmentVariables={"REGION": "cn-shanghai", "EMPTY": ""},
        logConfig={"project": "p", "logstore": "s", "enableRequestMetrics": True},
        instanceLifecycleConfig={"initializer": {"handler": "index.init", "timeout": 5}},
        tags=[{"Key": "team", "Value": "video"}],
    )
    assert made["functionArn"] == "acs:fc:cn-shanghai:1234567890123456:functions/shop-upload"
    assert made["codeChecksum"].isdigit()
    assert made["codeSize"] > 0
    assert (made["state"], made["lastUpdateStatus"]) == ("Active", "Successful")
    assert made["environmentVariables"] == {"REGION": "cn-shanghai", "EMPTY": ""}
    assert made["instanceLifecycleConfig"] == {
        "initializer": {"handler": "index.init", "timeout": 5}
    }
    read = fc.get("shop-upload")
    assert read == {name: value for name, value in made.items() if name in read}
    assert read["tags"] == [{"Key": "team", "Value": "video"}]
    assert read["logConfig"]["logstore"] == "s"


def test_settings_that_are_left_out_have_the_service_s_defaults(fc: Fc) -> None:
    made = fc.create()
    found = {name: made[name] for name in ("memorySize", "cpu", "diskSize", "timeout")}
    assert found == {"memorySize": 512, "cpu": 0.35, "diskSize": 512, "timeout": 3}
    assert made["internetAccess"] is True
    assert made["description"] == made["role"] == ""


def test_the_blanks_that_the_deployment_tool_sends_say_nothing(fc: Fc) -> None:
    blanks: dict[str, Any] = {
        "layers": [],
        "nasConfig": {"userId": 0, "groupId": 0, "mountPoints": []},
        "ossMountConfig": {"mountPoints": []},
        "vpcConfig": {"vpcId": "", "vSwitchIds": [], "securityGroupId": ""},
        "logConfig": {"project": "", "logstore": ""},
        "tracingConfig": {},
        "instanceIsolationMode": "SHARE",
        "sessionAffinity": "NONE",
        "tags": [{"key": "lower", "value": "case"}],
        "gpuConfig": None,
    }
    made = fc.create(**blanks)
    assert "logConfig" not in made
    assert made["tags"] == [{"Key": "lower", "Value": "case"}]


WRONG: list[tuple[str, Any, str]] = [
    ("functionName", "1st", "functionName must be 1 to 64"),
    ("functionName", "-x", "functionName"),
    ("functionName", "a" * 65, "functionName"),
    ("functionName", "a/b", "functionName"),
    ("functionName", "naïve", "functionName"),
    ("functionName", None, "functionName"),
    ("runtime", "python3.11", "runtime must be one of"),
    ("runtime", None, "runtime"),
    ("handler", "", "handler"),
    ("handler", "x" * 129, "handler"),
    ("memorySize", 64, "memorySize must be a whole number from 128 to 32768"),
    ("memorySize", 200, "memorySize"),
    ("memorySize", "512", "memorySize"),
    ("memorySize", 512.0, "memorySize"),
    ("cpu", 0.33, "cpu must be a multiple of 0.05"),
    ("cpu", 0.1, "cpu to memorySize"),
    ("cpu", 1, "cpu to memorySize"),
    ("cpu", True, "cpu must be"),
    ("diskSize", 1024, "diskSize must be 512 or 10240"),
    ("timeout", 0, "timeout"),
    ("timeout", 86401, "timeout"),
    ("timeout", True, "timeout"),
    ("instanceConcurrency", 2, "instanceConcurrency"),
    ("internetAccess", "true", "internetAccess must be true or false"),
    ("description", "x" * 257, "description"),
    ("role", "shop-upload", "role must be the ARN"),
    ("role", "acs:ram::1234567890123456:role/absent", "does not exist"),
    ("role", "acs:ram::1234567890123457:role/shop-upload", "does not exist"),
    ("environmentVariables", {"FC_REGION": "x"}, "FC_* is reserved"),
    ("environmentVariables", {"fc_region": "x"}, "FC_* is reserved"),
    ("environmentVariables", {"1A": "x"}, "environmentVariables is a letter"),
    ("environmentVariables", {"A": 1}, "environmentVariables.A must be a string"),
    ("environmentVariables", {"A": "x" * 4096}, "4097 bytes; 4096 are allowed"),
    ("environmentVariables", {"A": "é" * 2048}, "4096 are allowed"),
    ("environmentVariables", ["A"], "environmentVariables must be an object"),
    ("instanceLifecycleConfig", {"preStop": {"handler": "i.s", "timeout": 91}}, "preStop.timeout"),
    ("logConfig", {"project": "p"}, "logConfig needs both"),
    ("tags", [{"key": "a"}, {"Key": "a"}], "two have the same key"),
    ("tags", [{"key": f"k{n}"} for n in range(21)], "at most 20 tags"),
    ("tags", [{"key": "aliyun-x"}], "tag's key"),
    ("tags", "x", "tags must be a list"),
    ("code", None, "code must be an object"),
    ("code", {}, "code needs zipFile"),
    ("code", {"zipFile": "not base64!"}, "code.zipFile must be base64"),
    ("code", {"zipFile": "", "ossBucketName": "b", "ossObjectName": "k"}, "not both"),
    ("code", {"ossBucketName": "no-such-bucket", "ossObjectName": "k"}, "unable to access object"),
    ("code", {"zipFile": packed({"index.py": ""}), "checksum": "1"}, "CRC-64"),
    ("timout", 3, "timout is not a known field"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_what_is_outside_the_limits_is_refused_and_named(
    fc: Fc, name: str, value: Any, reason: str
) -> None:
    given = {
        "functionName": "f",
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": {"zipFile": packed({"index.py": ""})},
        name: value,
    }
    refused = fc.refused("POST", "/functions", given)
    assert (refused.status, refused.code) == (400, "InvalidArgument")
    assert reason in refused.message
    assert fc.names() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layers", ["acs:fc:cn-shanghai:official:layers/x/versions/1"]),
        ("nasConfig", {"userId": 0, "groupId": 0, "mountPoints": [{"mountDir": "/mnt"}]}),
        ("vpcConfig", {"vpcId": "vpc-1", "vSwitchIds": ["v"], "securityGroupId": "s"}),
        ("runtime", "custom.debian10"),
        ("sessionAffinity", "MCP_SSE"),
        ("disableInjectCredentials", "All"),
        ("disableOndemand", True),
    ],
)
def test_what_is_not_acted_out_is_refused_and_not_passed_over(
    fc: Fc, name: str, value: Any
) -> None:
    refused = refusal(lambda: fc.create(**{name: value}))
    assert (refused.status, refused.code) == (501, "NotImplemented")


def test_a_role_that_does_not_trust_function_compute_is_refused(fc: Fc) -> None:
    trust = {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": ["ecs.aliyuncs.com"]},
            }
        ],
    }
    fc.cloud.ram.put_role("machines", trust=trust)
    refused = refusal(lambda: fc.create(role=fc.role("machines")))
    assert (refused.code, "does not trust" in refused.message) == ("InvalidArgument", True)


def test_an_update_changes_what_it_names_and_nothing_else(fc: Fc) -> None:
    old = fc.create(environmentVariables={"A": "1"}, memorySize=1024, cpu=0.5, timeout=9)
    new = fc.update("echo", timeout=20, environmentVariables={"B": "2"})
    assert (new["timeout"], new["environmentVariables"]) == (20, {"B": "2"})
    for name in ("memorySize", "cpu", "codeChecksum", "functionId", "createdTime", "handler"):
        assert new[name] == old[name]
    changed = fc.update("echo", code={"zipFile": packed({"index.py": "x = 1"})})
    assert changed["codeChecksum"] != old["codeChecksum"]
    assert changed["timeout"] == 20


def test_an_update_that_is_refused_changes_nothing(fc: Fc) -> None:
    fc.create(memorySize=512, cpu=0.5)
    before = fc.get("echo")
    for body in (
        {"timeout": 20, "cpu": 2},
        {"code": {"zipFile": packed({"../x": ""})}},
        {"functionName": "other"},
        {"role": "acs:ram::1234567890123456:role/absent"},
    ):
        assert fc.refused("PUT", "/functions/echo", body).code == "InvalidArgument"
    assert fc.get("echo") == before


def test_names_exist_once_and_absent_names_are_errors(fc: Fc) -> None:
    fc.create()
    again = refusal(fc.create)
    assert (again.status, again.code) == (409, "FunctionAlreadyExists")
    for method, path, body in (
        ("GET", "/functions/absent", None),
        ("PUT", "/functions/absent", {"timeout": 3}),
        ("DELETE", "/functions/absent", None),
        ("GET", "/functions/absent/triggers", None),
        ("GET", "/functions/absent/concurrency", None),
        ("GET", "/functions/absent/vpc-bindings", None),
    ):
        refused = fc.refused(method, path, body)
        assert (refused.status, refused.code) == (404, "FunctionNotFound")


def test_without_a_version_only_the_latest_code_can_be_asked_for(fc: Fc) -> None:
    fc.create()
    found = fc.sdk.get_function("echo", models.GetFunctionRequest(qualifier="LATEST"))
    assert found.body.function_name == "echo"
    assert fc.refused("GET", "/functions/echo?qualifier=1").code == "VersionNotFound"
    assert fc.refused("GET", "/functions/echo?qualifier=prod").code == "AliasNotFound"


def test_lists_come_in_pages(fc: Fc) -> None:
    for name in ("b", "a", "ab", "c"):
        fc.create(name)

    def page(**query: Any) -> tuple[list[str], str | None]:
        answer = fc.sdk.list_functions(models.ListFunctionsRequest(**query)).body
        return [one.function_name for one in answer.functions], answer.next_token

    names, token = page(limit=3)
    assert names == ["a", "ab", "b"]
    assert page(limit=3, next_token=token) == (["c"], None)
    assert page(prefix="a") == (["a", "ab"], None)
    assert page(fc_version="v2") == ([], None)
    for query in ("limit=0", "limit=101", "limit=x", "nextToken=%FF"):
        assert fc.refused("GET", f"/functions?{query}").code == "InvalidArgument"


def test_a_function_is_deleted_after_its_triggers(fc: Fc) -> None:
    fc.create()
    fc.trigger("echo", {"authType": "anonymous", "methods": ["GET"]})
    refused = fc.refused("DELETE", "/functions/echo")
    assert (refused.status, refused.code) == (409, "FunctionNotEmpty")
    assert fc.sdk.delete_trigger("echo", "http").status_code == 204
    assert fc.sdk.delete_function("echo").status_code == 204
    assert fc.names() == []


def test_bodies_that_are_no_json_object_are_refused(fc: Fc) -> None:
    for body, kind in (
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"a":1,"a":2}', "application/json"),
        (b'{"a":NaN}', "application/json"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json"),
        (b"{}", "text/plain"),
    ):
        path = "/2023-03-30/functions/absent"
        made = FcRequest(fc.cloud.admin, "PUT", path, body, headers={"content-type": kind})
        fc.create("absent")
        answer = send(fc.cloud.endpoint, "PUT", path, made.signed(fc.cloud.endpoint), body)
        assert answer.status in (400, 415)
        assert answer.code in ("InvalidArgument", "UnsupportedMediaType")
        fc.sdk.delete_function("absent")


def test_tags_are_added_listed_and_removed(fc: Fc) -> None:
    arn = fc.create()["functionArn"]
    tags = [models.Tag(key="team", value="video"), models.Tag(key="cost", value="1")]
    given = models.TagResourcesInput(resource_id=[arn], resource_type="FUNCTION", tag=tags)
    fc.sdk.tag_resources(models.TagResourcesRequest(body=given))
    listed = fc.sdk.list_tag_resources(
        models.ListTagResourcesRequest(resource_id=[arn], resource_type="function")
    )
    pairs = {one.tag_key: one.tag_value for one in listed.body.tag_resources}
    assert pairs == {"team": "video", "cost": "1"}
    fc.sdk.untag_resources(
        models.UntagResourcesRequest(resource_id=[arn], resource_type="function", tag_key=["cost"])
    )
    assert shown(fc.sdk.get_function("echo", models.GetFunctionRequest()).body)["tags"] == [
        {"Key": "team", "Value": "video"}
    ]

"""Versions and aliases, by the official SDK: what is kept, what is refused, where routes lead."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun.fc.state import MAX_VERSIONS
from fakealiyun.identity import Credential
from fakealiyun.testing.fc import ANONYMOUS, Fc, packed, refusal, shown

TIMER = {"cronExpression": "@every 5m", "enable": True, "payload": "p"}


def publish(fc: Fc, description: str = "", function: str = "echo") -> str:
    given = models.PublishVersionInput(description=description)
    request = models.PublishFunctionVersionRequest(body=given)
    return str(fc.sdk.publish_function_version(function, request).body.version_id)


def alias(fc: Fc, name: str, version: str, **more: Any) -> dict[str, Any]:
    body = models.CreateAliasInput(alias_name=name, version_id=version, **more)
    return shown(fc.sdk.create_alias("echo", models.CreateAliasRequest(body=body)).body)


def move(fc: Fc, name: str, version: str) -> dict[str, Any]:
    body = models.UpdateAliasInput(version_id=version)
    return shown(fc.sdk.update_alias("echo", name, models.UpdateAliasRequest(body=body)).body)


def at(fc: Fc, qualifier: str) -> dict[str, Any]:
    return shown(fc.sdk.get_function("echo", models.GetFunctionRequest(qualifier=qualifier)).body)


def change(fc: Fc, word: str, **settings: Any) -> None:
    fc.update("echo", code={"zipFile": packed({"index.py": f"x = {word!r}\n"})}, **settings)


def versions(fc: Fc, **query: Any) -> models.ListVersionsOutput:
    return fc.sdk.list_function_versions("echo", models.ListFunctionVersionsRequest(**query)).body


def test_a_version_keeps_code_and_settings(fc: Fc) -> None:
    made = fc.create(environmentVariables={"WORD": "one"}, timeout=9)
    assert publish(fc, "first") == "1"
    change(fc, "two", environmentVariables={"WORD": "two"}, timeout=10)
    for name in ("codeChecksum", "codeSize", "environmentVariables", "timeout", "functionArn"):
        assert at(fc, "1")[name] == made[name]
    assert fc.get("echo")["environmentVariables"] == at(fc, "LATEST")["environmentVariables"]
    assert at(fc, "LATEST")["environmentVariables"] == {"WORD": "two"}
    [kept] = versions(fc).versions
    assert (kept.version_id, kept.description) == ("1", "first")
    assert kept.created_time == kept.last_modified_time


def test_nothing_new_is_not_published(fc: Fc) -> None:
    fc.create()
    publish(fc)
    refused = refusal(lambda: publish(fc))
    assert (refused.status, refused.code) == (400, "VersionPublishError")
    assert "No changes were made since last publish" in refused.message
    same = fc.get("echo")
    fc.update("echo", timeout=same["timeout"], description=same["description"])
    assert refusal(lambda: publish(fc)).code == "VersionPublishError"
    fc.update("echo", description="another")
    assert publish(fc) == "2"
    change(fc, "other code")
    assert publish(fc) == "3"
    fc.update("echo", timeout=20)
    fc.update("echo", timeout=same["timeout"])  # changed, and changed back
    assert publish(fc) == "4"


def test_a_number_is_not_used_again(fc: Fc) -> None:
    fc.create()
    publish(fc)
    assert fc.sdk.delete_function_version("echo", "1").status_code == 204
    assert versions(fc).versions == []
    assert refusal(lambda: at(fc, "1")).code == "VersionNotFound"
    assert refusal(lambda: fc.sdk.delete_function_version("echo", "1")).code == "VersionNotFound"
    fc.update("echo", timeout=20)
    assert publish(fc) == "2"


def test_versions_are_listed_in_both_directions_and_in_pages(fc: Fc) -> None:
    fc.create()
    for number in range(1, 13):
        fc.update("echo", timeout=number)
        publish(fc)

    def every(**query: Any) -> list[str]:
        found, token = [], ""
        while True:
            answer = versions(fc, limit=5, **query, **({"next_token": token} if token else {}))
            found += [one.version_id for one in answer.versions]
            token = answer.next_token or ""
            if not token:
                return found

    numbers = [str(number) for number in range(1, 13)]
    assert every(direction="FORWARD") == numbers
    assert every() == every(direction="BACKWARD") == numbers[::-1]
    assert fc.refused("GET", "/functions/echo/versions?direction=UP").code == "InvalidArgument"


def test_an_alias_leads_to_a_version_and_is_moved_and_removed(fc: Fc) -> None:
    fc.create(environmentVariables={"WORD": "one"})
    publish(fc)
    fc.update("echo", environmentVariables={"WORD": "two"})
    publish(fc)
    made = alias(fc, "prod", "1", description="d")
    assert (made["aliasName"], made["versionId"], made["description"]) == ("prod", "1", "d")
    assert shown(fc.sdk.get_alias("echo", "prod").body) == made
    assert at(fc, "prod")["environmentVariables"] == {"WORD": "one"}
    moved = move(fc, "prod", "2")
    assert (moved["versionId"], moved["description"]) == ("2", "d")
    assert at(fc, "prod")["environmentVariables"] == {"WORD": "two"}
    alias(fc, "beta", "1")
    listed = fc.sdk.list_aliases("echo", models.ListAliasesRequest(prefix="p")).body
    assert [one.alias_name for one in listed.aliases] == ["prod"]
    assert fc.sdk.delete_alias("echo", "prod").status_code == 204
    absent = refusal(lambda: fc.sdk.get_alias("echo", "prod"))
    assert (absent.status, absent.code) == (404, "AliasNotFound")
    assert refusal(lambda: at(fc, "prod")).code == "AliasNotFound"
    assert refusal(lambda: fc.sdk.delete_alias("echo", "prod")).code == "AliasNotFound"
    assert refusal(lambda: move(fc, "prod", "1")).code == "AliasNotFound"


def test_an_alias_exists_once(fc: Fc) -> None:
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")
    again = refusal(lambda: alias(fc, "prod", "1"))
    assert (again.status, again.code) == (409, "AliasAlreadyExists")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"aliasName": "1st"}, 400, "InvalidArgument"),
        ({"aliasName": "LATEST"}, 400, "InvalidArgument"),
        ({"aliasName": "a" * 129}, 400, "InvalidArgument"),
        ({"aliasName": None}, 400, "InvalidArgument"),
        ({"versionId": "2"}, 404, "VersionNotFound"),
        ({"versionId": "prod"}, 404, "VersionNotFound"),
        ({"versionId": "LATEST"}, 400, "InvalidArgument"),
        ({"versionId": None}, 400, "InvalidArgument"),
        ({"versionId": 1}, 400, "InvalidArgument"),
        ({"description": "d" * 257}, 400, "InvalidArgument"),
        ({"additionalVersionWeight": {"1": 0.5}}, 501, "NotImplemented"),
        ({"routingConfig": {}}, 400, "InvalidArgument"),
    ],
)
def test_a_wrong_alias_is_refused(fc: Fc, fields: dict[str, Any], status: int, code: str) -> None:
    fc.create()
    publish(fc)
    given = {"aliasName": "prod", "versionId": "1", **fields}
    refused = fc.refused("POST", "/functions/echo/aliases", given)
    assert (refused.status, refused.code) == (status, code)
    assert fc.sdk.list_aliases("echo", models.ListAliasesRequest()).body.aliases == []


def test_what_is_in_use_is_not_deleted(fc: Fc) -> None:
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")
    used = refusal(lambda: fc.sdk.delete_function_version("echo", "1"))
    assert (used.status, "alias 'prod'" in used.message) == (409, True)
    for delete in (
        lambda: fc.sdk.delete_function("echo"),
        lambda: fc.sdk.delete_alias("echo", "prod"),
        lambda: fc.sdk.delete_function_version("echo", "1"),
    ):
        fc.send("POST", "/functions/echo/triggers", trigger("t", "prod"))
        refused = refusal(delete)
        assert refused.status == 409
        fc.sdk.delete_trigger("echo", "t")
    fc.sdk.delete_alias("echo", "prod")
    assert refusal(lambda: fc.sdk.delete_function("echo")).code == "FunctionNotEmpty"
    fc.sdk.delete_function_version("echo", "1")
    assert fc.sdk.delete_function("echo").status_code == 204


def trigger(name: str, qualifier: str | None, kind: str = "http") -> dict[str, Any]:
    config = ANONYMOUS if kind == "http" else TIMER
    return {
        "triggerName": name,
        "triggerType": kind,
        "triggerConfig": json.dumps(config),
        "qualifier": qualifier,
    }


def test_a_trigger_is_bound_to_a_qualifier(fc: Fc) -> None:
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")
    urls = set()
    for name, qualifier in (("h", None), ("h1", "1"), ("hp", "prod")):
        made = fc.send("POST", "/functions/echo/triggers", trigger(name, qualifier))
        assert made["qualifier"] == (qualifier or "LATEST")
        urls.add(made["httpTrigger"]["urlInternet"])
    assert len(urls) == 3
    second = fc.refused("POST", "/functions/echo/triggers", trigger("h2", "prod"))
    assert "one HTTP trigger" in second.message
    taken = fc.refused("PUT", "/functions/echo/triggers/h", {"qualifier": "prod"})
    assert "one HTTP trigger" in taken.message
    for absent, code in (("9", "VersionNotFound"), ("none", "AliasNotFound")):
        refused = fc.refused("POST", "/functions/echo/triggers", trigger("x", absent, "timer"))
        assert (refused.status, refused.code) == (404, code)
    moved = fc.send("PUT", "/functions/echo/triggers/h1", {"description": "d"})
    assert (moved["qualifier"], moved["description"]) == ("1", "d")


def test_a_route_leads_to_a_version_or_an_alias_that_exists(fc: Fc) -> None:
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")
    name = {"domainName": "vod.example.com"}

    def routes(*qualifiers: str) -> dict[str, Any]:
        return {
            "routeConfig": {
                "routes": [
                    {"path": f"/{one}", "functionName": "echo", "qualifier": one}
                    for one in qualifiers
                ]
            }
        }

    made = fc.send("POST", "/custom-domains", {**name, **routes("1", "prod", "LATEST")})
    found = made["routeConfig"]["routes"]
    assert [route["qualifier"] for route in found] == ["1", "prod", "LATEST"]
    for absent, code in (("9", "VersionNotFound"), ("none", "AliasNotFound")):
        refused = fc.refused("PUT", "/custom-domains/vod.example.com", routes("prod", absent))
        assert (refused.status, refused.code) == (404, code)
    read = fc.sdk.get_custom_domain("vod.example.com").body.to_map()
    assert read["routeConfig"]["routes"] == found


def test_settings_of_a_version_are_refused(fc: Fc) -> None:
    fc.create()
    publish(fc)
    for path, body in (
        ("async-invoke-config?qualifier=1", {"maxAsyncRetryAttempts": 1}),
        ("provision-config?qualifier=1", {"target": 1}),
        ("scaling-config?qualifier=1", {"minInstances": 1}),
    ):
        refused = fc.refused("PUT", f"/functions/echo/{path}", body)
        assert (refused.status, refused.code) == (501, "NotImplemented")


def test_there_is_a_greatest_number(fc: Fc, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_VERSIONS == 200
    monkeypatch.setattr("fakealiyun.fc.operations.versions.MAX_VERSIONS", 1)
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")
    assert "at most 1 aliases" in refusal(lambda: alias(fc, "beta", "1")).message
    fc.update("echo", timeout=20)
    assert "at most 1 versions" in refusal(lambda: publish(fc)).message


def test_permissions_are_those_of_the_version_and_the_alias(fc: Fc) -> None:
    fc.create()
    publish(fc)
    alias(fc, "prod", "1")

    def allowed(*resources: str) -> Credential:
        base = f"acs:fc:cn-shanghai:{fc.cloud.account_id}:functions/echo"
        statement = {
            "Effect": "Allow",
            "Action": "fc:*",
            "Resource": [f"{base}{resource}" for resource in resources],
        }
        return fc.cloud.ram.add_user("ops", {"Version": "1", "Statement": [statement]})

    mine = Fc(fc.cloud, allowed("/aliases/prod", "/versions/*"))
    assert mine.sdk.get_alias("echo", "prod").body.version_id == "1"
    assert [one.version_id for one in versions(mine).versions] == ["1"]
    for call in (
        lambda: mine.sdk.list_aliases("echo", models.ListAliasesRequest()),
        lambda: alias(mine, "beta", "1"),
        lambda: at(mine, "prod"),
    ):
        assert refusal(call).code == "AccessDenied"


def test_code_stays_while_a_version_has_it(fc: Fc) -> None:
    fc.create()
    publish(fc)
    first = fc.cloud.fc.account.function("echo").package.folder
    change(fc, "two")
    second = fc.cloud.fc.account.function("echo").package.folder
    assert first.exists()
    fc.sdk.delete_function_version("echo", "1")
    assert not first.exists()
    publish(fc)
    fc.sdk.delete_function_version("echo", "2")
    assert second.exists(), "LATEST has it"

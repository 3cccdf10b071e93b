"""Triggers. Their configuration is JSON inside a string."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun.testing.fc import ANONYMOUS, Fc, refusal, shown

TIMER = {"cronExpression": "@every 5m", "enable": True, "payload": "p"}


def test_an_http_trigger_is_answered_with_its_address(fc: Fc) -> None:
    fc.create()
    made = fc.trigger("echo", ANONYMOUS)
    assert isinstance(made["triggerConfig"], str)
    assert json.loads(made["triggerConfig"]) == {**ANONYMOUS, "disableURLInternet": False}
    assert made["targetArn"] == "acs:fc:cn-shanghai:1234567890123456:functions/echo"
    assert made["qualifier"] == "LATEST"
    assert made["httpTrigger"]["urlInternet"].startswith("https://")
    assert shown(fc.sdk.get_trigger("echo", "http").body) == made
    listed = fc.sdk.list_triggers("echo", models.ListTriggersRequest(limit=10)).body
    assert [shown(one) for one in listed.triggers] == [made]


def test_a_trigger_is_changed_and_removed(fc: Fc) -> None:
    fc.create()
    old = fc.trigger("echo", TIMER, "clock", "timer")
    assert "httpTrigger" not in old
    body = models.UpdateTriggerInput(
        trigger_config=json.dumps({**TIMER, "cronExpression": "0 30 8 * * *"}), description="d"
    )
    new = fc.sdk.update_trigger("echo", "clock", models.UpdateTriggerRequest(body=body)).body
    assert json.loads(new.trigger_config)["cronExpression"] == "0 30 8 * * *"
    assert (new.description, new.trigger_id) == ("d", old["triggerId"])
    assert fc.sdk.delete_trigger("echo", "clock").status_code == 204
    absent = refusal(lambda: fc.sdk.get_trigger("echo", "clock"))
    assert (absent.status, absent.code) == (404, "TriggerNotFound")


def test_a_name_exists_once_and_a_function_has_one_http_trigger(fc: Fc) -> None:
    fc.create()
    fc.trigger("echo", ANONYMOUS)
    again = refusal(lambda: fc.trigger("echo", ANONYMOUS))
    assert (again.status, again.code) == (409, "TriggerAlreadyExists")
    second = refusal(lambda: fc.trigger("echo", ANONYMOUS, "other"))
    assert (second.code, "one HTTP trigger" in second.message) == ("InvalidArgument", True)


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [
        ("http", {"authType": "bearer", "methods": ["GET"]}, "authType must be one of"),
        ("http", {"methods": ["GET"]}, "authType"),
        ("http", {"authType": "anonymous", "methods": ["get"]}, "methods must be a list of"),
        ("http", {"authType": "anonymous", "methods": []}, "methods"),
        ("http", {"authType": "anonymous", "methods": ["GET", "GET"]}, "repetitions"),
        ("http", {"authType": "anonymous"}, "methods"),
        ("http", {**ANONYMOUS, "disableURLInternet": "no"}, "disableURLInternet"),
        ("http", {**ANONYMOUS, "cors": True}, "cors is not a known field"),
        ("timer", {"cronExpression": "@every 30s", "enable": True}, "cronExpression"),
        ("timer", {"cronExpression": "* * * * *", "enable": True}, "cronExpression"),
        ("timer", {"cronExpression": "@every 5m"}, "enable must be true or false"),
        ("timer", {"cronExpression": "@every 5m", "enable": True, "payload": {}}, "payload"),
        ("eventbridge", {}, "eventSourceConfig"),
        ("queue", {}, "triggerType must be one of"),
    ],
)
def test_a_wrong_configuration_is_refused_and_named(
    fc: Fc, kind: str, config: dict[str, Any], reason: str
) -> None:
    fc.create()
    refused = refusal(lambda: fc.trigger("echo", config, "t", kind))
    assert (refused.status, refused.code) == (400, "InvalidArgument")
    assert reason in refused.message


@pytest.mark.parametrize("config", ['{"a":1,"a":2}', "[]", "", "null", {"authType": "anonymous"}])
def test_a_configuration_is_one_json_object_in_a_string(fc: Fc, config: Any) -> None:
    fc.create()
    body = {"triggerName": "t", "triggerType": "http", "triggerConfig": config}
    assert fc.refused("POST", "/functions/echo/triggers", body).code == "InvalidArgument"


@pytest.mark.parametrize("name", ["1t", "a b", "a" * 129, "", None])
def test_a_wrong_name_is_refused(fc: Fc, name: Any) -> None:
    fc.create()
    body = {"triggerName": name, "triggerType": "http", "triggerConfig": json.dumps(ANONYMOUS)}
    refused = fc.refused("POST", "/functions/echo/triggers", body)
    assert (refused.code, "triggerName" in refused.message) == ("InvalidArgument", True)


@pytest.mark.parametrize("kind", ["oss", "log", "mns_topic", "tablestore", "cdn_events"])
def test_triggers_without_a_source_here_are_refused(fc: Fc, kind: str) -> None:
    fc.create()
    refused = refusal(lambda: fc.trigger("echo", {}, "t", kind))
    assert (refused.status, refused.code) == (501, "NotImplemented")

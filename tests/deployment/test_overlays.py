"""The files that extend `s.yaml`: what each changes, and that each checks itself."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.gateway import load_deployment
from ops.s_yaml import faults
from tests.support.serverless import OF_LIMITS, OF_OVERLAYS, OVERLAYS

PROJECT = Path(__file__).resolve().parents[2]
FUNCTIONS = ["upload", "refresh", "play", "sts", "events", "watch"]

Document = dict[str, Any]


def props(document: Document, function: str) -> Document:
    found: Document = document["resources"][function]["props"]
    return found


def without_queues(document: Document) -> Document:
    """The document without queues: no trigger reads one, and no function writes to one."""
    changed = copy.deepcopy(document)
    for resource in changed["resources"].values():
        listed = resource["props"]["triggers"]
        kept = [trigger for trigger in listed if trigger["triggerType"] != "eventbridge"]
        resource["props"]["triggers"] = kept
    for function in ("events", "watch"):
        props(changed, function)["environmentVariables"]["VODPASS_WATCH_QUEUE"] = ""
    return changed


def test_every_file_is_tested() -> None:
    assert sorted(path.name for path in PROJECT.glob("s.*.yaml")) == OVERLAYS


@pytest.mark.parametrize("name", OVERLAYS)
def test_each_has_no_fault_by_our_rules_and_the_vendors_schema(
    overlays: dict[str, Document], name: str
) -> None:
    assert faults(overlays[name]) == []
    assert list(overlays[name]["resources"]) == FUNCTIONS
    schema = json.loads((Path(__file__).parent / "fc3-schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    for function in FUNCTIONS:
        wrong = validator.iter_errors(props(overlays[name], function))
        assert [error.message for error in wrong] == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_each_extends_s_yaml(name: str) -> None:
    """`s` can extend one file by another. With three it renders nothing, and exits with 0."""
    assert re.findall(r"^extend:.*", (PROJECT / name).read_text(), re.M) == ["extend: s.yaml"]
    assert not re.findall(r"^extend:", (PROJECT / "s.yaml").read_text(), re.M)


@pytest.mark.parametrize("name", ["s.yaml", *OVERLAYS])
def test_what_is_checked_before_a_deployment_is_what_is_deployed(
    rendered: Document, overlays: dict[str, Document], name: str
) -> None:
    document = rendered if name == "s.yaml" else overlays[name]
    check, bundle = (action["run"] for action in document["actions"]["pre-deploy"])
    chosen = "" if name == "s.yaml" else f" -t {name}"
    preview = f"node_modules/.bin/s preview --silent -o json{chosen}"
    assert check == f"{preview} | python3 -m ops.s_yaml"
    required = " --require-byte-code" if name.startswith("s.prod") else ""
    assert bundle == f"python3 -m ops.bundle --python 3.10 --out build{required}"


@pytest.mark.parametrize("name", ["s.yaml", "s.prod.yaml"])
def test_the_check_passes_and_stops_as_s_runs_it(
    rendered: Document,
    overlays: dict[str, Document],
    s_preview: Callable[..., Any],
    environment: dict[str, str],
    name: str,
) -> None:
    document = rendered if name == "s.yaml" else overlays[name]
    check = document["actions"]["pre-deploy"][0]["run"]
    sound = environment | OF_OVERLAYS
    passed = s_preview(sound, command=check)
    assert (passed.returncode, passed.stdout) == (0, "s.yaml: 6 functions, no fault\n")
    # A mistake that only s.prod.yaml can have, or one that every file can have.
    wrong, named = (
        ({"VODPASS_DOMAIN": "auto"}, "customDomain.domainName: must be your own domain")
        if name == "s.prod.yaml"
        else ({"VODPASS_OWNER_KEYS": "k1:c2hvcnQ="}, "OWNER_KEYS: must be id:base64 pairs")
    )
    stopped = s_preview(sound | wrong, command=check)
    assert stopped.returncode == 1
    assert named in stopped.stdout


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_gateway_serves_what_s_renders(
    overlays: dict[str, Document], environment: dict[str, str], name: str
) -> None:
    account = "1234567890123456"
    served = load_deployment(PROJECT / name, environment | OF_OVERLAYS, account_id=account)
    # `s` knows no account here, and keeps the expression.
    text = json.dumps(dict(served.props)).replace(account, "${config('AccountID')}")
    expected = {function: props(overlays[name], function) for function in FUNCTIONS}
    assert json.loads(text) == expected
    routes = {function: served.functions[function].routes for function in FUNCTIONS}
    for function in FUNCTIONS[:-2]:
        assert any(route.matches(f"/{function}") for route in routes[function])
    assert any(route.matches("/events/k7Yw9Qz3Xb1Lm5Tn8Rc2Vd") for route in routes["events"])
    assert routes["watch"] == ()


def test_a_deployment_without_queues_differs_in_nothing_else(
    rendered: Document, overlays: dict[str, Document]
) -> None:
    expected, document = without_queues(rendered), copy.deepcopy(overlays["s.no-queue.yaml"])
    for one in (expected, document):
        del one["actions"]
    assert document == expected
    assert expected["resources"] != rendered["resources"]


def test_production_without_queues_is_production_and_differs_in_nothing_else(
    overlays: dict[str, Document],
) -> None:
    expected = without_queues(overlays["s.prod.yaml"])
    document = copy.deepcopy(overlays["s.prod-no-queue.yaml"])
    for one in (expected, document):
        del one["actions"]
    assert document == expected


def test_dev_is_small_without_queues_and_replaces_no_other_deployment(
    rendered: Document, overlays: dict[str, Document]
) -> None:
    document, expected = overlays["s.dev.yaml"], without_queues(rendered)
    reserved = 0
    for function in FUNCTIONS:
        own = copy.deepcopy(props(document, function))
        assert own["functionName"] == own["role"] == f"vodpass-dev-{function}"
        assert own.pop("tags")[1] == {"key": "environment", "value": "dev"}
        reserved += own["concurrencyConfig"]["reservedConcurrency"]
        for key in ("functionName", "role", "concurrencyConfig"):
            own[key] = props(expected, function)[key]
        if function == "upload":
            assert own["environmentVariables"]["VODPASS_UPLOAD_CALLBACK"] == "1"
            own["environmentVariables"]["VODPASS_UPLOAD_CALLBACK"] = ""
        assert own == props(expected, function)
    assert reserved == 11


def test_dev_stays_dev_with_another_name(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    done = s_preview(environment | {"VODPASS_NAME": "live"}, template="s.dev.yaml")
    assert props(json.loads(done.stdout), "play")["functionName"] == "live-dev-play"


def test_prod_has_a_domain_with_a_route_for_each_function_that_is_called(
    overlays: dict[str, Document],
) -> None:
    document = overlays["s.prod.yaml"]
    routes = {}
    for function in FUNCTIONS[:-1]:
        domain = props(document, function)["customDomain"]
        assert domain["domainName"] == "vod.example.com"
        assert domain["protocol"] == "HTTPS"
        assert domain["certConfig"] == {"certId": "1234567"}
        assert domain["tlsConfig"]["minVersion"] == "TLSv1.2"
        routes[function] = domain["route"]
    assert routes.pop("events") == {"path": "/events/*", "methods": ["POST"]}
    assert routes == {function: {"path": f"/{function}"} for function in routes}
    assert "customDomain" not in props(document, "watch"), "nothing from outside may reach it"


def test_prod_differs_in_nothing_else_but_logs_and_tags(
    rendered: Document, overlays: dict[str, Document]
) -> None:
    for function in FUNCTIONS:
        own = copy.deepcopy(props(overlays["s.prod.yaml"], function))
        own.pop("customDomain", None)
        assert own.pop("logConfig") == {
            "project": "vodpass-logs",
            "logstore": "vodpass",
            "enableRequestMetrics": True,
            "enableInstanceMetrics": True,
            "logBeginRule": "None",
        }
        tags = {tag["key"]: tag["value"] for tag in own.pop("tags")}
        assert tags == {"application": "vodpass", "environment": "prod"}
        assert own == {
            key: value for key, value in props(rendered, function).items() if key != "logConfig"
        }


def test_limits_puts_every_function_into_the_network_and_changes_nothing_else(
    rendered: Document, overlays: dict[str, Document]
) -> None:
    for function in FUNCTIONS:
        own = copy.deepcopy(props(overlays["s.limits.yaml"], function))
        assert own.pop("vpcConfig") == {
            "vpcId": OF_LIMITS["VODPASS_VPC_ID"],
            "vSwitchIds": [OF_LIMITS["VODPASS_VSWITCH_ID"]],
            "securityGroupId": OF_LIMITS["VODPASS_SECURITY_GROUP_ID"],
        }
        assert own["internetAccess"] is True
        assert own == props(rendered, function)


def test_a_store_at_a_private_address_needs_the_network(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    url = "redis://:secret@10.0.0.5:6379/0"
    given = environment | OF_LIMITS | {"VODPASS_LIMITS": "{}", "VODPASS_LIMITS_URL": url}
    outside = faults(json.loads(s_preview(given).stdout))
    assert len(outside) == len(FUNCTIONS)
    assert all("VODPASS_LIMITS_URL: redis:// leads to a private" in one for one in outside)
    assert not any("secret" in one for one in outside)
    inside = s_preview(given, template="s.limits.yaml")
    assert faults(json.loads(inside.stdout)) == []
    public = given | {"VODPASS_LIMITS_URL": "rediss://:secret@store.example.com"}
    assert faults(json.loads(s_preview(public).stdout)) == []


def test_a_deployment_needs_no_domain(rendered: Document) -> None:
    assert faults(rendered) == []
    assert not any("customDomain" in props(rendered, function) for function in FUNCTIONS)

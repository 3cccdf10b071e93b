"""Reading s.yaml: it gives what the `s` tool renders, and refuses what does not work locally."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.gateway import Deployment, DeploymentError, load_deployment
from tests.support.gateway_cloud import ACCOUNT
from tests.support.sample_deployment import (
    DEAD_LETTER_ARN,
    SOURCE,
    queue_config,
    trigger,
    write_s_yaml,
)

PROJECT = Path(__file__).resolve().parents[3]
TOOL = PROJECT / "node_modules" / ".bin" / "s"

DOCUMENT = """
edition: 3.0.0
name: sample
access: default_serverless_devs_key
vars:
  region: cn-shanghai
  seconds: 10
  flag: true
  nested: {a: one}
template:
  function:
    region: ${vars.region}
    runtime: python3.10
    handler: index.handler
    timeout: ${vars.seconds}
    memorySize: 128
    description: from the template
    tags: [{key: a, value: template}]
    environmentVariables:
      FROM: template
      GIVEN: ${env('GIVEN')}
      DEFAULTED: ${env("ABSENT", "it's the default")}
      EMPTY: ${env('EMPTY', 'taken for absent')}
resources:
  first:
    component: fc3
    extend: {name: function, ignore: [description]}
    props:
      functionName: fn-${vars.region}-${vars.seconds}-${vars.flag}
      code: ./build/first
      tags: [{key: b, value: resource}]
      environmentVariables:
        FROM: resource
        WORD: yes
        ACCOUNT: "account ${config('AccountID')}!"
        NAME: ${this.props.functionName}
        DEEP: ${vars.nested.a}
        FILE: ${file('note.txt')}
        PART: ${json(file('note.json'))}
  second:
    component: fc3
    extend: {name: function}
    props:
      functionName: ${resources.first.props.functionName}-2
      code: ./build/second
      memorySize: 256
"""
OVERLAY = """
extend: s.yaml
vars: {seconds: 20}
resources:
  first:
    props:
      tags: []
      environmentVariables: {FROM: overlay}
"""
ENVIRONMENT = {"GIVEN": '{"keys":[{"k":"a&b<c>"}]}', "EMPTY": ""}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "s.yaml").write_text(DOCUMENT)
    (tmp_path / "over.yaml").write_text(OVERLAY)
    (tmp_path / "note.txt").write_text("a note")
    (tmp_path / "note.json").write_text('"part"')
    return tmp_path


def preview(folder: Path, file: str, environment: Mapping[str, str], home: Path) -> Any:
    """What the real tool renders."""
    key = {"AccountID": ACCOUNT, "AccessKeyID": "unused", "AccessKeySecret": "unused"}
    done = subprocess.run(
        [TOOL, "preview", "-t", file, "--silent", "-o", "json"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "serverless_devs_config_home": str(home),
            "default_serverless_devs_key": json.dumps(key),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("file", ["s.yaml", "over.yaml"])
def test_renders_what_the_real_tool_renders(
    project: Path, file: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rendered = preview(project, file, ENVIRONMENT, tmp_path_factory.mktemp("home"))
    deployment = load_deployment(project / file, ENVIRONMENT, account_id=ACCOUNT)
    expected = {name: found["props"] for name, found in rendered["resources"].items()}
    assert deployment.props == expected


@pytest.mark.parametrize("file", ["s.yaml", "s.no-queue.yaml"])
def test_the_projects_own_deployment_renders_the_same(
    tmp_path: Path, file: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("s.yaml", "s.no-queue.yaml"):
        text = (PROJECT / name).read_text()
        key = "access: default_serverless_devs_key"
        (tmp_path / name).write_text(text.replace("access: default", key))
    required = re.findall(r"\$\{env\('(\w+)'\)\}", (PROJECT / "s.yaml").read_text())
    environment = {name: f"value-of-{name.lower()}" for name in required}
    rendered = preview(tmp_path, file, environment, tmp_path_factory.mktemp("home"))
    deployment = load_deployment(tmp_path / file, environment, account_id=ACCOUNT)
    assert deployment.props == {
        name: found["props"] for name, found in rendered["resources"].items()
    }
    watch = deployment.functions["watch"]
    assert [timer.period for timer in watch.timers] == [300]
    assert len(watch.queues) == (1 if file == "s.yaml" else 0)


def test_a_function_has_the_settings_of_its_resource(project: Path) -> None:
    function = load_deployment(
        project / "s.yaml", ENVIRONMENT, account_id=ACCOUNT, code_root=project / "elsewhere"
    ).functions["first"]
    assert function.name == "fn-cn-shanghai-10-true"
    assert (function.timeout, function.memory, function.instances) == (10, 128, 20)
    assert function.code == project / "elsewhere" / "first"
    assert function.environment["FROM"] == "resource"
    assert function.environment["GIVEN"] == ENVIRONMENT["GIVEN"]
    assert function.environment["ACCOUNT"] == f"account {ACCOUNT}!"


def test_the_process_environment_is_not_used(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIVEN", "of the developer")
    with pytest.raises(DeploymentError, match="the environment variable GIVEN is not set"):
        load_deployment(project / "s.yaml", {}, account_id=ACCOUNT)


def test_no_repr_shows_values(project: Path) -> None:
    deployment = load_deployment(project / "s.yaml", {"GIVEN": "a secret"}, account_id=ACCOUNT)
    assert "a secret" not in repr(deployment)


def load(tmp_path: Path, **props: Any) -> Deployment:
    return load_deployment(write_s_yaml(tmp_path, {"fn": props}), {}, account_id=ACCOUNT)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("${env('X')}", "environment variable X is not set"),
        ("${env()}", "needs a name"),
        ("${vars.x}", "does not exist"),
        ("${this.props.absent}", "does not exist"),
        ("${this.props.description}", "refers to itself"),
        ("${resources.none.props.x}", "does not exist"),
        ("${resources.fn.output.url}", "not supported"),
        ("${path.join('a')}", "not supported"),
        ("${process.env.HOME}", "not supported"),
        ("${config('AccessKeyID')}", "AccountID"),
        ("${file('../../../etc/passwd')}", "is outside the project"),
        ("${file('/etc/passwd')}", "is outside the project"),
        ("${file('absent')}", "cannot be read"),
        ("${env('X'", "unknown expression"),
        ("${}", "unknown expression"),
        ("${1 + 1}", "unknown expression"),
        ("${env('X','{}')}", "unknown expression"),
        ("text ${this.props.triggers}", "cannot be part of a string"),
    ],
)
def test_an_unknown_expression_is_refused(tmp_path: Path, expression: str, reason: str) -> None:
    with pytest.raises(DeploymentError, match=reason):
        load(tmp_path, description=expression)


def test_a_file_behind_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "outside").write_text("secret")
    (project / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(DeploymentError, match="is outside the project"):
        load(project, description="${file('link')}")


@pytest.mark.parametrize(
    ("props", "reason"),
    [
        ({"timout": 5}, "timout"),
        ({"timeout": "5"}, "timeout must be"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"memorySize": 100}, "memorySize must be"),
        ({"memorySize": 130}, "multiple of 64"),
        ({"runtime": "python3.11"}, "runtime must be one of"),
        ({"runtime": "custom.debian12"}, "runtime must be one of"),
        ({"handler": "a/index.handler"}, "handler must match"),
        ({"handler": "index"}, "handler must match"),
        ({"functionName": "a b"}, "functionName must match"),
        ({"code": "../elsewhere"}, "is outside the project"),
        ({"instanceConcurrency": 10}, "instanceConcurrency"),
        ({"layers": ["acs:fc:x"]}, "layers"),
        ({"concurrencyConfig": {"reservedConcurrency": 0}}, "reservedConcurrency"),
        ({"environmentVariables": {"1A": "x"}}, "a name in environmentVariables"),
        ({"environmentVariables": {"FC_REGION": "x"}}, "reserved"),
        ({"environmentVariables": {"A": 1}}, "must be a string"),
        ({"environmentVariables": {"A": "x" * 4096}}, "4096 are allowed"),
        ({"asyncInvokeConfig": {"destinationConfig": {"onFailure": {}}}}, "destinationConfig"),
        ({"asyncInvokeConfig": {"maxAsyncRetryAttempts": 9}}, "maxAsyncRetryAttempts"),
        ({"triggers": [{"triggerName": "t", "triggerType": "htttp"}]}, "unknown"),
        ({"triggers": "http"}, "must be a list"),
        ({"instanceLifecycleConfig": {"initializer": {"handler": "index"}}}, "file.function"),
        ({"instanceLifecycleConfig": {"preFreeze": {}}}, "preFreeze"),
        ({"customDomain": {"route": {"path": "x"}}}, "route.path"),
    ],
)
def test_an_invalid_or_unsupported_setting_is_refused(
    tmp_path: Path, props: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(DeploymentError, match=reason):
        load(tmp_path, **props)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"authType": "function", "methods": ["GET"]}, "authType must be anonymous"),
        ({"authType": "jwt", "methods": ["GET"]}, "authType must be anonymous"),
        ({"authType": "bearer", "methods": ["GET"]}, "authType must be anonymous"),
        ({"methods": ["GET"]}, "authType must be anonymous"),
        ({"authType": "anonymous", "methods": ["get"]}, "methods must be"),
        ({"authType": "anonymous"}, "methods must be"),
        ({"authType": "anonymous", "methods": ["GET"], "cors": True}, "cors"),
    ],
)
def test_an_unsupported_http_trigger_is_refused(
    tmp_path: Path, config: Mapping[str, Any], reason: str
) -> None:
    trigger = {"triggerName": "http", "triggerType": "http", "triggerConfig": dict(config)}
    with pytest.raises(DeploymentError, match=reason):
        load(tmp_path, triggers=[trigger])


def test_two_http_triggers_are_refused(tmp_path: Path) -> None:
    trigger = {
        "triggerName": "http",
        "triggerType": "http",
        "triggerConfig": {"authType": "anonymous", "methods": ["GET"]},
    }
    with pytest.raises(DeploymentError, match="at most one HTTP trigger"):
        load(tmp_path, triggers=[trigger, {**trigger, "triggerName": "other"}])
    with pytest.raises(DeploymentError, match="two triggers have the name http"):
        load(tmp_path, triggers=[trigger, trigger])


TIMER = {"cronExpression": "@every 5m", "enable": True, "payload": "p"}


def test_a_function_has_the_triggers_of_its_resource(tmp_path: Path) -> None:
    function = load(tmp_path, triggers=trigger("timer", TIMER)).functions["fn"]
    assert [vars(timer) for timer in function.timers] == [
        {"name": "t", "period": 300, "payload": "p", "enabled": True}
    ]
    assert function.routes == ()
    function = load(tmp_path, triggers=trigger("eventbridge", queue_config())).functions["fn"]
    assert [vars(queue) for queue in function.queues] == [
        {
            "name": "t",
            "region": "cn-shanghai",
            "queue": "q",
            "enabled": True,
            "decode": True,
            "streaming": True,
            "batch": 1,
            "retry": "EXPONENTIAL_DECAY_RETRY",
            "dead_letter_queue": "dead",
        }
    ]


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [
        ("timer", {**TIMER, "cronExpression": "@every 0m"}, "cronExpression must be"),
        ("timer", {**TIMER, "cronExpression": "@every 30s"}, "cronExpression must be"),
        ("timer", {**TIMER, "cronExpression": "0 0/5 * * * *"}, "do not work locally"),
        ("timer", {"cronExpression": "@every 5m"}, "enable must be true or false"),
        ("timer", {**TIMER, "enable": "true"}, "enable must be true or false"),
        ("timer", {**TIMER, "payload": {}}, "payload must be a string"),
        ("timer", {**TIMER, "cron": ""}, "cron is not a setting"),
        ("oss", {}, "oss does not work locally"),
        ("eventbridge", queue_config(asyncInvocationType=True), "a failure would be lost"),
        ("eventbridge", queue_config(eventRuleFilterPattern='{"a": 1}'), "FilterPattern must be"),
        ("eventbridge", queue_config(source={**SOURCE, "QueueName": "a_b"}), "QueueName must be"),
        ("eventbridge", queue_config(source={**SOURCE, "RegionId": "cn-beijing"}), "RegionId"),
        ("eventbridge", queue_config(source={**SOURCE, "isBase64Decode": True}), "isBase64Decode"),
        ("eventbridge", queue_config(errorsTolerance="NONE"), "errorsTolerance must be ALL"),
        ("eventbridge", queue_config(retries=3), "retries is not a setting"),
        ("eventbridge", queue_config(mode="stream"), "mode must be event-streaming or"),
        ("eventbridge", queue_config(mode="event-driven"), "batchWindow has no meaning"),
        ("eventbridge", queue_config(batchWindow={"CountBasedWindow": 0}), "CountBasedWindow must"),
        ("eventbridge", queue_config(retryStrategy={"PushRetryStrategy": "NONE"}), "RetryStrategy"),
        ("eventbridge", queue_config(retryStrategy={"pushRetryStrategy": "x"}), "pushRetryStrateg"),
        (
            "eventbridge",
            queue_config(deadLetterQueue={"arn": DEAD_LETTER_ARN}),
            "arn is not a setting",
        ),
        ("eventbridge", queue_config(deadLetterQueue={"Arn": "dead"}), "Arn must name a queue"),
        (
            "eventbridge",
            queue_config(eventSinkConfig={"deliveryOption": {"eventSchema": "RawData"}}),
            "eventSchema must be",
        ),
    ],
)
def test_an_unsupported_trigger_is_refused(
    tmp_path: Path, kind: str, config: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(DeploymentError, match=reason):
        load(tmp_path, triggers=trigger(kind, config))


@pytest.mark.parametrize(
    "destination",
    [
        "acs:fc:cn-shanghai:1:functions/absent",
        "acs:fc:cn-shanghai:1:services/s/functions/test-fn",
        "acs:mns:cn-shanghai:1:/topics/t/messages",
        "",
        None,
    ],
)
def test_an_invalid_destination_is_refused(tmp_path: Path, destination: Any) -> None:
    config = {"destinationConfig": {"onFailure": {"destination": destination}}}
    with pytest.raises(DeploymentError, match="destination"):
        load(tmp_path, asyncInvokeConfig=config)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("edition: 3.0.0\nedition: 3.0.0\n", "occurs twice"),
        ("edition: 2.0.0\n", "edition must be 3.0.0"),
        ("edition: 3.0.0\n", "resources must be"),
        ("edition: 3.0.0\nresources: {a: {component: fc, props: {}}}\n", "component must be fc3"),
        ("edition: 3.0.0\nresources: {a: {component: fc3}}\n", "must have props"),
        ("edition: 3.0.0\nresources: {a: {extend: {name: no}}}\n", "no template"),
        (
            "edition: 3.0.0\ntemplate: {t: {}}\n"
            "resources: {a: {extend: {name: t, ignore: [a.b]}}}\n",
            "must name whole settings",
        ),
        ("- a list\n", "must contain a mapping"),
        ("a: [\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system [id]\n", "not valid YAML"),
        ("extend: ../other.yaml\n", "is outside the project"),
        ("extend: s.yaml\n", "extend one another"),
    ],
)
def test_an_invalid_document_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(DeploymentError, match=reason):
        load_deployment(tmp_path / "s.yaml", {}, account_id=ACCOUNT)


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="cannot be read"):
        load_deployment(tmp_path / "s.yaml", {}, account_id=ACCOUNT)

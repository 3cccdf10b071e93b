"""`s.yaml` as the real `s` renders it, against the vendor's schema and our own rules."""

import base64
import copy
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ops.environment import ENVIRONMENT_BYTES
from ops.s_yaml import faults
from shared.config.limits import NAMES
from shared.config.settings import load
from shared.config.uses import ALWAYS, USES
from shared.config.variables import VARIABLES
from shared.runtime.endpoint import MAX_SECONDS
from tests.support.serverless import OF_OVERLAYS

PROJECT = Path(__file__).resolve().parents[2]
CALLED = ["upload", "refresh", "play", "sts"]
FUNCTIONS = [*CALLED, "events", "watch"]
WITHOUT_DEFAULT = [
    "VODPASS_CALLBACK_KEYS",
    "VODPASS_CALLBACK_URL",
    "VODPASS_ISSUER_ALIAS",
    "VODPASS_JWT_AUDIENCE",
    "VODPASS_JWT_ISSUER",
    "VODPASS_OWNER_KEYS",
    "VODPASS_WEBHOOK_SECRETS",
    "VODPASS_WEBHOOK_URL",
]

JWKS_URL = "https://login.example.com/.well-known/jwks.json"
STS = {
    "VODPASS_STS_UPLOAD_ROLE": "acs:ram::1234567890123456:role/vodpass-client-upload",
    "VODPASS_STS_PLAY_ROLE": "acs:ram::1234567890123456:role/vodpass-client-play",
    "VODPASS_STS_OSS_ROLE": "acs:ram::1234567890123456:role/vodpass-client-oss",
    "VODPASS_OSS_BUCKET": "my-bucket",
    "VODPASS_OSS_PREFIX": "uploads/",
}

Document = dict[str, Any]


@pytest.fixture(scope="module")
def vendor_schema() -> jsonschema.Draft7Validator:
    text = (Path(__file__).parent / "fc3-schema.json").read_text()
    return jsonschema.Draft7Validator(json.loads(text))


def test_deploys_every_function(rendered: Document) -> None:
    assert list(rendered["resources"]) == FUNCTIONS
    folders = {path.parent.name for path in (PROJECT / "functions").glob("*/index.py")}
    assert folders == set(FUNCTIONS)


def test_has_no_fault_by_our_own_rules(rendered: Document) -> None:
    assert faults(rendered) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_is_valid_by_the_vendors_schema(
    rendered: Document, vendor_schema: jsonschema.Draft7Validator, function: str
) -> None:
    props = rendered["resources"][function]["props"]
    assert [error.message for error in vendor_schema.iter_errors(props)] == []
    assert list(vendor_schema.iter_errors({**props, "memorySize": 500}))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_only_the_variables_it_reads(rendered: Document, function: str) -> None:
    variables = rendered["resources"][function]["props"]["environmentVariables"]
    assert set(variables) == USES[function] | {"PYTHONPATH"}
    load(variables, USES[function])


def test_every_setting_reaches_some_function() -> None:
    assert frozenset().union(*USES.values()) | ALWAYS == set(VARIABLES)


def test_the_environment_fits_with_every_variable_in_use(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    optional = {
        "VODPASS_JWT_MAX_LIFE": "2592000",
        "VODPASS_JWT_SUBJECT_CLAIM": "/app_metadata/user_id",
        "VODPASS_JWT_SCOPE_CLAIM": "https://vod.example.com/scope",
        "VODPASS_JWT_VOD_CLAIM": "https://vod.example.com/vod",
        "VODPASS_DEFAULT_SCOPES": "vod:upload vod:refresh vod:play",
        "VODPASS_CORS_ORIGINS": ",".join(f"https://app-{n}.example.com" for n in range(8)),
        "VODPASS_UPLOAD_WINDOW": "2592000",
        "VODPASS_MAX_FILE_SIZE": "48800000000000",
        "VODPASS_TITLE_UNIT": "characters",
        "VODPASS_PLAY_MAX_TIMEOUT": "3000",
        "VODPASS_PLAY_KEY": "0" * 20,
        "VODPASS_PLAY_FORMATS": "mp4,m3u8,mp3,flv,mpd",
        "VODPASS_PLAY_DEFINITION": "FD,LD,SD,HD,OD,2K,4K,SQ,HQ,AUTO",
        "VODPASS_PLAY_STREAM_TYPE": "video,audio",
        "VODPASS_PLAY_AUTH_TIMEOUT": "2592000",
        "VODPASS_TEMPLATE_GROUP_ID": "0" * 32,
        "VODPASS_WORKFLOW_ID": "0" * 32,
        "VODPASS_STORAGE_LOCATION": f"outin-{'0' * 32}.oss-cn-shanghai.aliyuncs.com",
        "VODPASS_APP_ID": "app-1000000",
        "VODPASS_CATE_ID": "1000000000",
        "VODPASS_CATE_IDS": ",".join(str(1000000000 + n) for n in range(20)),
        "VODPASS_TEMPLATE_GROUP_IDS": ",".join(f"{n:032x}" for n in range(20)),
        "VODPASS_ACCELERATE": "1",
        "VODPASS_PLAY_DOMAIN": "play.example.com",
        "VODPASS_PLAY_DOMAIN_SIGNED": "1",
        "VODPASS_UPLOAD_CALLBACK": "1",
        "VODPASS_CALLBACK_SIGNED_URLS": "https://hooks.example.com/vod https://a.example.com/b",
        "VODPASS_WEBHOOK_PRIVATE": "1",
        "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/webhooks/vod-credentials",
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": base64.b64encode(secrets.token_bytes(64)).decode(),
        "VODPASS_WATCH": "expiring,abandoned,completed",
        "VODPASS_LATE_RECHECK": "604799",
        "VODPASS_CLEANUP": "delete",
        "VODPASS_CLEANUP_FORCE": "1",
        "VODPASS_LIMITS": json.dumps(dict.fromkeys(NAMES, 1_000_000), separators=(",", ":")),
        "VODPASS_LIMITS_URL": f"rediss://vodpass:{secrets.token_hex(32)}@"
        "r-bp1zxszhcgatnx0001.redis.rds.aliyuncs.com:6379/15",
        "VODPASS_LIMITS_AWAY": "refuse",
        "VODPASS_LIMITS_BUDGET": "5000",
        **STS,
    }
    document = json.loads(s_preview(environment | optional).stdout)
    assert faults(document) == []
    for function in FUNCTIONS:
        variables = document["resources"][function]["props"]["environmentVariables"]
        empty = {name for name, value in variables.items() if value == ""}
        assert empty == {"VODPASS_JWT_JWKS_URL"} & set(variables)  # the keys are given
        size = sum(len(name) + len(value) for name, value in variables.items())
        assert size < ENVIRONMENT_BYTES


def test_no_variable_that_the_functions_require_has_a_default() -> None:
    text = (PROJECT / "s.yaml").read_text()
    assert sorted(set(re.findall(r"\$\{env\('(\w+)'\)\}", text))) == WITHOUT_DEFAULT
    used = frozenset().union(*(USES[function] for function in FUNCTIONS))
    required = {name for name in used if VARIABLES[name].required}
    # The region has a default, because most deployments use the same one.
    assert required - {"VODPASS_REGION"} <= set(WITHOUT_DEFAULT)


def without_keys(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != "VODPASS_JWT_KEYS"}


def test_keys_may_come_from_a_url_alone(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    given = without_keys(environment) | {"VODPASS_JWT_JWKS_URL": JWKS_URL}
    assert faults(json.loads(s_preview(given).stdout)) == []


def test_keys_come_from_the_settings_or_a_url(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    without = without_keys(environment)
    both = json.loads(s_preview(environment | {"VODPASS_JWT_JWKS_URL": JWKS_URL}).stdout)
    neither = json.loads(s_preview(without).stdout)
    for document in (both, neither):
        found = faults(document)
        for function in CALLED:
            place = f"s.yaml.resources.{function}.props.environmentVariables.VODPASS_JWT_"
            assert [fault for fault in found if fault.startswith(place)]


def test_sts_purposes_are_off_by_default(rendered: Document) -> None:
    variables = rendered["resources"]["sts"]["props"]["environmentVariables"]
    assert {name: variables[name] for name in STS} == dict.fromkeys(STS, "")
    # Anyone with the owner keys could claim any video, and no purpose needs them.
    assert "VODPASS_OWNER_KEYS" not in variables


def test_the_roles_of_a_token_are_those_of_the_files() -> None:
    for name in ("UPLOAD", "PLAY", "OSS"):
        role = STS[f"VODPASS_STS_{name}_ROLE"]
        assert (PROJECT / "ram" / role.rpartition("/")[2] / "policy.json").is_file()
        assert f"as {role}:" in (PROJECT / ".env.example").read_text()


def test_name_region_and_python_come_from_the_environment(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    other = {
        "VODPASS_NAME": "staging",
        "VODPASS_REGION": "eu-central-1",
        "VODPASS_PYTHON": "3.12",
    }
    document = json.loads(s_preview(environment | other).stdout)
    assert faults(document) == []
    for function in FUNCTIONS:
        props = document["resources"][function]["props"]
        assert props["functionName"] == f"staging-{function}"
        assert props["region"] == "eu-central-1"
        assert props["runtime"] == "python3.12"
        # Every deployment has roles of its own, from the files in ram/.
        assert props["role"] == f"staging-{function}"
        assert (PROJECT / "ram" / f"vodpass-{function}" / "policy.json").is_file()


def test_a_region_without_vod_is_refused(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    document = json.loads(s_preview(environment | {"VODPASS_REGION": "cn-hangzhou"}).stdout)
    assert any("props.region: must be ap-northeast-1 or" in fault for fault in faults(document))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_time_to_answer_after_its_own_deadline(
    rendered: Document, function: str
) -> None:
    assert rendered["resources"][function]["props"]["timeout"] >= MAX_SECONDS + 1


def triggers(document: Document, function: str) -> dict[str, Document]:
    """The triggers of a function by type."""
    listed = document["resources"][function]["props"]["triggers"]
    found = {trigger["triggerType"]: trigger["triggerConfig"] for trigger in listed}
    assert len(found) == len(listed)
    return found


def test_dead_letters_stay_in_the_account_that_deploys(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    account = {"AccountID": "1234567890123456", "AccessKeyID": "id", "AccessKeySecret": "secret"}
    document = json.loads(s_preview(environment | account).stdout)
    assert faults(document) == []
    arn = "acs:mns:cn-shanghai:1234567890123456:/queues/vodpass-dead-letters"
    for function in ("events", "watch"):
        options = triggers(document, function)["eventbridge"]["runOptions"]
        assert options["deadLetterQueue"] == {"Arn": arn}


@pytest.mark.parametrize("function", ["events", "watch"])
def test_a_message_is_retried_for_a_day(rendered: Document, function: str) -> None:
    """By default EventBridge drops an event after three tries within a minute."""
    config = triggers(rendered, function)["eventbridge"]
    assert config["triggerEnable"] is True
    assert config["asyncInvocationType"] is False, (
        "else an error of the function does not count as a failure"
    )
    options = config["runOptions"]
    assert options["retryStrategy"] == {"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY"}
    assert options["errorsTolerance"] == "ALL"
    assert options["batchWindow"]["CountBasedWindow"] == 1
    source = config["eventSourceConfig"]
    assert source["eventSourceType"] == "MNS"
    queue = source["eventSourceParameters"]["sourceMNSParameters"]["QueueName"]
    assert queue == {"events": "vodpass-events", "watch": "vodpass-watch"}[function]


def test_only_vod_can_call_events_and_nobody_can_call_watch(rendered: Document) -> None:
    assert set(triggers(rendered, "events")) == {"http", "eventbridge"}
    assert triggers(rendered, "events")["http"] == {"authType": "anonymous", "methods": ["POST"]}
    assert set(triggers(rendered, "watch")) == {"timer", "eventbridge"}
    timer = {"cronExpression": "@every 5m", "enable": True, "payload": ""}
    assert triggers(rendered, "watch")["timer"] == timer


@pytest.mark.parametrize("function", FUNCTIONS)
def test_asynchronous_results_are_not_stored_and_calls_not_retried(
    rendered: Document, function: str
) -> None:
    config = rendered["resources"][function]["props"]["asyncInvokeConfig"]
    assert "destinationConfig" not in config
    if "http" in triggers(rendered, function):
        assert config == {"maxAsyncRetryAttempts": 0, "maxAsyncEventAgeInSeconds": 1}


def test_an_answer_to_vod_and_a_run_of_the_watch_fit_their_timeouts(rendered: Document) -> None:
    """The functions set their own deadlines, which are at most 0.8 of the timeout."""
    for function, longest in (("events", "ANSWER_WITHIN"), ("watch", "RUN_SECONDS")):
        source = (PROJECT / "functions" / function / "index.py").read_text()
        [seconds] = re.findall(rf"^{longest} = ([0-9.]+)", source, re.MULTILINE)
        timeout = rendered["resources"][function]["props"]["timeout"]
        assert float(seconds) <= timeout * 0.8
    assert "ANSWER_WITHIN = 4.5" in (PROJECT / "functions" / "events" / "index.py").read_text()


@pytest.mark.parametrize("function", ["events", "watch"])
def test_deleting_and_refreshing_need_policies_of_their_own(
    rendered: Document, function: str
) -> None:
    role = PROJECT / "ram" / rendered["resources"][function]["props"]["role"]
    assert "Delete" not in (role / "policy.json").read_text()
    assert "Refresh" not in (role / "policy.json").read_text()
    for name in ("clean-up", "renewal"):
        assert (role / f"{name}.json").exists() == (function == "watch")


def test_no_setting_of_a_developers_machine_can_be_deployed() -> None:
    for path in PROJECT.glob("s*.yaml"):
        assert not re.findall(r"VODPASS_LOCAL|_ENDPOINT|endpoint:", path.read_text()), path


def checked(document: Document, home: Path) -> "subprocess.CompletedProcess[str]":
    """What the check says of a document, for a user with this home."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "ops.s_yaml"],
        input=json.dumps(document),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_component_has_a_version(rendered: Document, tmp_path: Path) -> None:
    """`s` passes it on, so a deployment runs that version. Without one, the check warns."""
    named = {one["component"] for one in rendered["resources"].values()}
    assert named == {"fc3@0.1.22"}
    sound = checked(rendered, tmp_path)
    assert (sound.returncode, "warning" in sound.stderr) == (0, False)
    bare = copy.deepcopy(rendered)
    bare["resources"]["play"]["component"] = "fc3"
    told = checked(bare, tmp_path)
    assert told.returncode == 0, "it is allowed"
    assert "warning: s.yaml.resources.play.component: has no version" in told.stderr
    assert told.stderr.count("warning:") == 1


def test_the_version_of_the_component_for_domains_is_reported(
    s_preview: Callable[..., Any], environment: dict[str, str], tmp_path: Path, rendered: Document
) -> None:
    """No setting pins it: fc3 loads it by itself."""
    assert "fc3-domain" not in checked(rendered, tmp_path).stderr
    production = json.loads(s_preview(environment | OF_OVERLAYS, template="s.prod.yaml").stdout)
    absent = checked(production, tmp_path)
    assert absent.returncode == 0, absent.stdout
    assert "note: fc3-domain: it is not in the cache yet" in absent.stderr
    folder = tmp_path / ".s" / "components" / "devsapp.cn" / "v3" / "fc3-domain"
    folder.mkdir(parents=True)
    for text, said in (
        ('{"version": "0.0.29"}', "note: fc3-domain: version 0.0.29 is in the cache"),
        ('{"version": "\\n$(x)"}', "not in the cache yet"),
        ('{"version": 5}', "not in the cache yet"),
        ("[", "not in the cache yet"),
    ):
        (folder / "package.json").write_text(text)
        assert said in checked(production, tmp_path).stderr

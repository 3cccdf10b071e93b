"""The check of `s.yaml` names each mistake that the vendor's tools do not report."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.s_yaml import faults
from shared.config.uses import USES

PROJECT = Path(__file__).resolve().parents[2]

Document = dict[str, Any]
Props = dict[str, Any]


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    """A mistake: this value at this place."""

    def change(tree: Any) -> None:
        *way, last = path
        for step in way:
            tree = tree[step]
        tree[last] = value

    return change


def cut(*path: str | int) -> Callable[[Any], None]:
    """A mistake: nothing at this place."""

    def change(tree: Any) -> None:
        *way, last = path
        for step in way:
            tree = tree[step]
        del tree[last]

    return change


TRIGGER = ("triggers", 0)
CONFIG = (*TRIGGER, "triggerConfig")
ENVIRONMENT = "environmentVariables"
TIMER = {"triggerName": "t", "triggerType": "timer", "triggerConfig": {"cronExpression": "@every"}}

IN_A_FUNCTION = [
    # Keys that are misspelt, unknown or absent.
    (put("timout", value=10), "props.timout: unknown key; did you mean timeout?"),
    (cut("timeout"), "props.timeout: missing"),
    (put("endpoint", value="http://127.0.0.1:1"), "props.endpoint: unknown key"),
    # `auto` would create a VPC that has no store.
    (put("vpcConfig", value="auto"), "props.vpcConfig: must be a mapping"),
    (put("vpcConfig", value={"vpcId": "vpc-1a"}), "props.vpcConfig.vSwitchIds: missing"),
    (put("role", value=None), "props.role: must be a bare role name in lower case"),
    (put("logConfig", value={"retention": 1}), "props.logConfig.retention: unknown key"),
    (put("logConfig", value={"project": "logs"}), "props.logConfig.logstore: missing"),
    (put("logConfig", value="none"), "props.logConfig: must be auto or a mapping"),
    (put("logConfig", value={"logBeginRule": "DefaultRegex"}), "logBeginRule: must be None"),
    (put("tags", value={"team": "video"}), "props.tags: must be a list"),
    (put("tags", value=[{"key": "team"}]), "props.tags.0.value: missing"),
    (put("tags", value=[{"key": "acs:team", "value": "video"}]), "tags.0.key: must be 1 to 128"),
    (
        put("tags", value=[{"key": "team", "value": "a"}, {"key": "team", "value": "b"}]),
        "props.tags: two tags have the same key",
    ),
    # Where and what.
    (put("region", value="cn-hangzhou"), "props.region: must be ap-northeast-1 or"),
    (put("region", value="cn-shangai"), "props.region: must be ap-northeast-1 or"),
    (put("region", value="cn-beijing"), "VODPASS_REGION: must be the region of the function"),
    (put("runtime", value="python3.11"), "props.runtime: must be python3.10 or python3.12"),
    (put("handler", value="functions/upload/index.handler"), "props.handler: must be index."),
    (put("functionName", value="2nd"), "props.functionName: must be a name"),
    (put("role", value="vodpassUpload"), "props.role: must be a bare role name in lower case"),
    (put("role", value="acs:ram::1:role/vodpass"), "props.role: must be a bare role name"),
    (put("code", value="./"), "props.code: must be ./build/upload"),
    (put("code", value="./build/../functions/upload"), "props.code: must be ./build/upload"),
    (put("code", value="/srv/upload"), "props.code: must be a path inside the project"),
    # Sizes.
    (put("memorySize", value=500), "props.memorySize: must be a whole number from 128 to 32768"),
    (put("memorySize", value="512"), "props.memorySize: must be a whole number"),
    (put("memorySize", value=True), "props.memorySize: must be a whole number"),
    (
        put("memorySize", value=448),
        "props.memorySize: must be 1 to 4 GB for each core of cpu, is 0.88",
    ),
    (
        put("memorySize", value=2112),
        "props.memorySize: must be 1 to 4 GB for each core of cpu, is 4.12",
    ),
    (put("cpu", value=0.33), "props.cpu: must be a multiple of 0.05"),
    (put("cpu", value=0), "props.cpu: must be a number from 0.05 to 16"),
    (put("cpu", value="0.5"), "props.cpu: must be a number from 0.05 to 16"),
    (put("diskSize", value=1024), "props.diskSize: must be 512 or 10240"),
    (put("timeout", value=3), "props.timeout: must be a whole number from 5 to 60"),
    (put("timeout", value="10"), "props.timeout: must be a whole number from 5 to 60"),
    (put("internetAccess", value=False), "props.internetAccess: must be True"),
    # What anyone on the internet could use.
    (put(*CONFIG, "authType", value="bearer"), "triggerConfig.authType: must be anonymous"),
    (put(*CONFIG, "authType", value="function"), "triggerConfig.authType: must be anonymous"),
    (put(*CONFIG, "authtype", value="jwt"), "authtype: unknown key; did you mean authType?"),
    (cut(*CONFIG, "authType"), "triggerConfig.authType: missing"),
    (put(*CONFIG, "methods", value=["post", "OPTIONS"]), "methods.0: must be GET or POST or"),
    (put(*CONFIG, "methods", value=["POST"]), "methods: must have OPTIONS, for preflights"),
    (put(*CONFIG, "methods", value=["OPTIONS"] * 2), "methods.1: repeats an earlier item"),
    (put(*CONFIG, "methods", value="POST"), "methods: must be a list"),
    (put(*CONFIG, "methods", value=[]), "methods: must have 1 to 7 item(s), has 0"),
    (put(*CONFIG, "disableURLInternet", value="no"), "disableURLInternet: must be True or False"),
    (put(*TRIGGER, "qualifer", value="LATEST"), "triggers.0.qualifer: unknown key"),
    (put(*TRIGGER, value=TIMER), "triggers.0.triggerType: must be http"),
    (put("triggers", value=[]), "props.triggers: must have exactly 1 item(s), has 0"),
    (put("asyncInvokeConfig", "maxAsyncRetryAttempts", value=3), "RetryAttempts: must be 0"),
    (put("asyncInvokeConfig", "maxAsyncRetryAttempts", value=False), "RetryAttempts: must be 0"),
    (cut("asyncInvokeConfig"), "props.asyncInvokeConfig: missing"),
    (
        put("asyncInvokeConfig", "destinationConfig", value={"onSuccess": {"destination": "a"}}),
        "asyncInvokeConfig.destinationConfig: unknown key",
    ),
    (cut("concurrencyConfig"), "props.concurrencyConfig: missing"),
    (cut("concurrencyConfig", "reservedConcurrency"), "reservedConcurrency: missing"),
    (put("concurrencyConfig", "reservedConcurrency", value=0), "reservedConcurrency: must be a"),
    (
        put("concurrencyConfig", "reservedConcurrency", value=80),
        "at most 90 in all, is 107",
    ),
    # The environment.
    (cut(ENVIRONMENT, "PYTHONPATH"), "PYTHONPATH: must be /code/python"),
    (put(ENVIRONMENT, "1ST", value=""), "1ST: must begin with a letter"),
    (put(ENVIRONMENT, "A-B", value=""), "A-B: must begin with a letter"),
    (put(ENVIRONMENT, "FC_REGION", value=""), "FC_REGION: FC_ is Function Compute's own prefix"),
    (put(ENVIRONMENT, "VODPASS_LOCAL", value="1"), "VODPASS_LOCAL: is for local development"),
    (put(ENVIRONMENT, "VODPASS_LOCAL", value=""), "VODPASS_LOCAL: is for local development"),
    (
        put(ENVIRONMENT, "VODPASS_VOD_ENDPOINT", value="127.0.0.1:1"),
        "_ENDPOINT: is for local development",
    ),
    (
        put(ENVIRONMENT, "VODPASS_WORKFLOW", value="a"),
        "VODPASS_WORKFLOW: is not a setting of vodpass (did you mean VODPASS_WORKFLOW_ID?)",
    ),
    (put(ENVIRONMENT, "VODPASS_PLAY_MAX_TIMEOUT", value=""), "TIMEOUT: upload does not read it"),
    (put(ENVIRONMENT, "ALIBABA_CLOUD_ACCESS_KEY_SECRET", value="a"), "upload does not read it"),
    (put(ENVIRONMENT, "VODPASS_CATE_ID", value=7), "VODPASS_CATE_ID: must be text"),
    (put(ENVIRONMENT, "VODPASS_CATE_ID", value=None), "VODPASS_CATE_ID: must be text"),
    (put(ENVIRONMENT, "VODPASS_CATE_ID", value="seven"), "VODPASS_CATE_ID: must be a CateId"),
    (
        put(ENVIRONMENT, "VODPASS_APP_ID", value="${vars.app}"),
        "expression that `s` did not resolve",
    ),
    (put(ENVIRONMENT, "VODPASS_OWNER_KEYS", value=""), "VODPASS_OWNER_KEYS: is not set"),
    (put(ENVIRONMENT, "VODPASS_JWT_KEYS", value=""), "VODPASS_JWT_KEYS: is not set"),
    (put(ENVIRONMENT, "VODPASS_JWT_JWKS_URL", value="https://a.example/keys"), "VODPASS_JWT_"),
    (put(ENVIRONMENT, "VODPASS_JWT_JWKS_URL", value="http://a.example"), "must be an https URL"),
    (put(ENVIRONMENT, "VODPASS_STS_PLAY_ROLE", value=""), "_ROLE: upload does not read it"),
    (put(ENVIRONMENT, "VODPASS_CORS_ORIGINS", value="*"), "VODPASS_CORS_ORIGINS: must be origins"),
    (
        put(ENVIRONMENT, "VODPASS_CORS_ORIGINS", value=",".join(["https://a.example"] * 200)),
        "environmentVariables: must be at most 4096 bytes in all",
    ),
]

ROLE = "acs:ram::1234567890123456:role/client"
IN_STS = [
    (put(ENVIRONMENT, "VODPASS_OWNER_KEYS", value="k1:a"), "OWNER_KEYS: sts does not read it"),
    (put(ENVIRONMENT, "VODPASS_STS_PLAY_ROLE", value="client"), "PLAY_ROLE: must be a role's ARN"),
    (put(ENVIRONMENT, "VODPASS_STS_OSS_ROLE", value=ROLE), "VODPASS_OSS_BUCKET: is not set"),
    (put(ENVIRONMENT, "VODPASS_OSS_PREFIX", value="uploads"), "OSS_PREFIX: must be a key prefix"),
    (
        put(ENVIRONMENT, "VODPASS_STS_ENDPOINT", value="127.0.0.1:1"),
        "_ENDPOINT: is for local development",
    ),
    (
        lambda props: props[ENVIRONMENT].update(
            VODPASS_STS_UPLOAD_ROLE=ROLE, VODPASS_STS_PLAY_ROLE=ROLE
        ),
        "VODPASS_STS_PLAY_ROLE: is also the role of VODPASS_STS_UPLOAD_ROLE",
    ),
]

QUEUE = ("triggers", 1, "triggerConfig")
OPTIONS = (*QUEUE, "runOptions")
SOURCE = (*QUEUE, "eventSourceConfig", "eventSourceParameters", "sourceMNSParameters")
HTTP = {
    "triggerName": "h",
    "triggerType": "http",
    "triggerConfig": {"authType": "anonymous", "methods": ["POST"]},
}
DEAD = "acs:mns:cn-shanghai:1:/queues/vodpass-events"

IN_EVENTS = [
    # What would lose an event.
    (cut(*OPTIONS, "retryStrategy"), "runOptions.retryStrategy: missing"),
    (
        put(*OPTIONS, "retryStrategy", "PushRetryStrategy", value="BACKOFF_RETRY"),
        "PushRetryStrategy: must be EXPONENTIAL_DECAY_RETRY",
    ),
    (put(*OPTIONS, "retryStratgy", value={}), "retryStratgy: unknown key; did you mean retrySt"),
    (cut(*OPTIONS, "deadLetterQueue"), "runOptions.deadLetterQueue: missing"),
    (put(*OPTIONS, "deadLetterQueue", value={"arn": DEAD}), "deadLetterQueue.arn: unknown key"),
    (put(*OPTIONS, "deadLetterQueue", "Arn", value="dead"), "Arn: must be the ARN of a queue"),
    (put(*OPTIONS, "deadLetterQueue", "Arn", value=DEAD), "must be another queue than the source"),
    (
        put(*OPTIONS, "deadLetterQueue", "Arn", value="acs:mns:cn-beijing:1:/queues/dead"),
        "deadLetterQueue: must be in the function's region",
    ),
    (cut(*OPTIONS, "errorsTolerance"), "runOptions.errorsTolerance: missing"),
    (put(*OPTIONS, "errorsTolerance", value="NONE"), "errorsTolerance: must be ALL"),
    (put(*QUEUE, "asyncInvocationType", value=True), "asyncInvocationType: must be False"),
    (put(*QUEUE, "eventRuleFilterPattern", value='{"a":["b"]}'), "FilterPattern: must be {}"),
    (put(*OPTIONS, "batchWindow", "CountBasedWindow", value=0), "CountBasedWindow: must be a wh"),
    (put(*SOURCE, "QueueName", value="a queue"), "QueueName: must be a queue's name"),
    (put(*SOURCE, "RegionId", value="cn-beijing"), "the queue must be in the function's region"),
    (put(*SOURCE, "isBase64Decode", value=True), "isBase64Decode: unknown key; did you mean"),
    (put("triggers", 1, "triggerType", value="mns_topic"), "must be http or eventbridge"),
    (put("triggers", 1, "triggerType", value=[]), "triggerType: must be http or eventbridge"),
    (put("triggers", 1, value="queue"), "triggers.1: must be a mapping"),
    (cut("triggers", 0), "props.triggers: must have a trigger of the type http"),
    (put("triggers", 1, value=HTTP), "two triggers have the same triggerType"),
    (put("triggers", 1, "triggerName", value="http"), "two triggers have the same triggerName"),
    # What anyone on the internet could use.
    (put(*CONFIG, "authType", value="jwt"), "triggerConfig.authType: must be anonymous"),
    (put(*CONFIG, "methods", value=["POST", "GET"]), "methods.1: must be POST"),
    (put("asyncInvokeConfig", "maxAsyncRetryAttempts", value=1), "RetryAttempts: must be 0"),
    # The rest.
    (put("timeout", value=5), "props.timeout: must be a whole number from 6 to 60"),
    (put(ENVIRONMENT, "VODPASS_JWT_KEYS", value="{}"), "JWT_KEYS: events does not read it"),
    (put(ENVIRONMENT, "VODPASS_CALLBACK_URL", value="https://a.example/e"), "22 random"),
    (put(ENVIRONMENT, "VODPASS_CALLBACK_KEYS", value="short"), "VODPASS_CALLBACK_KEYS: must be"),
    (put(ENVIRONMENT, "VODPASS_WEBHOOK_URL", value="http://127.0.0.1:1/"), "must be an https URL"),
    (put(ENVIRONMENT, "VODPASS_WEBHOOK_SECRETS", value=""), "WEBHOOK_SECRETS: is not set"),
    (put(ENVIRONMENT, "VODPASS_WATCH_QUEUE", value="a queue"), "WATCH_QUEUE: must be the name of"),
    (
        put(ENVIRONMENT, "VODPASS_WATCH_QUEUE", value="vodpass-events"),
        "VODPASS_WATCH_QUEUE: must be the queue that watch reads: vodpass-watch",
    ),
    (cut(ENVIRONMENT, "VODPASS_WATCH_QUEUE"), "must be the queue that watch reads: vodpass-watch"),
]

DESTINATION = {"onSuccess": {"destination": "acs:mns:cn-shanghai:1:/queues/q/messages"}}
IN_WATCH = [
    (put("triggers", 0, value=HTTP), "triggers.0.triggerType: must be timer or eventbridge"),
    (cut("triggers", 0), "props.triggers: must have a trigger of the type timer"),
    (put(*CONFIG, "cronExpression", value="@every 15m"), "cronExpression: must be @every Nm"),
    (put(*CONFIG, "cronExpression", value="@every 5s"), "cronExpression: must be @every Nm"),
    (put(*CONFIG, "enable", value="true"), "triggerConfig.enable: must be True or False"),
    (cut(*CONFIG, "enable"), "triggerConfig.enable: missing"),
    (put("asyncInvokeConfig", "destinationConfig", value=DESTINATION), "nConfig: unknown key"),
    (put("timeout", value=10), "props.timeout: must be a whole number from 60 to 600"),
    (put(*SOURCE, "QueueName", value="vodpass-events"), "reads the queue of events"),
    (put(ENVIRONMENT, "VODPASS_CALLBACK_KEYS", value="a"), "CALLBACK_KEYS: watch does not read it"),
    (put(ENVIRONMENT, "VODPASS_CLEANUP", value="yes"), "VODPASS_CLEANUP: must be off, dry-run"),
    (put(ENVIRONMENT, "VODPASS_WATCH", value="all"), "VODPASS_WATCH: must be some of"),
    (
        put(ENVIRONMENT, "VODPASS_CREDENTIAL_WEBHOOK_URL", value="https://app.example.com/c"),
        "VODPASS_CREDENTIAL_WEBHOOK_URL: and VODPASS_CREDENTIAL_WEBHOOK_SECRETS are set together",
    ),
]

DOMAIN = "customDomain"
CERTIFICATE = (DOMAIN, "certConfig")
PEM = {"certName": "vod", "certificate": "vod.pem"}
IN_A_DOMAIN = [
    (put(DOMAIN, "domainName", value="auto"), "domainName: must be your own domain"),
    (put(DOMAIN, "domainName", value="Vod.Example.com"), "domainName: must be your own domain"),
    (
        put(DOMAIN, "domainName", value="https://vod.example.com"),
        "domainName: must be your own domain",
    ),
    (put(DOMAIN, "protocol", value="HTTP,HTTPS"), "customDomain.protocol: must be HTTPS"),
    (put(DOMAIN, "domain", value="a.example"), "domain: unknown key; did you mean domainName?"),
    (put(DOMAIN, "authConfig", value={"authType": "jwt"}), "authConfig: unknown key"),
    (put(DOMAIN, "routes", value=[]), "customDomain.routes: unknown key; did you mean route?"),
    (cut(DOMAIN, "route"), "customDomain.route: missing"),
    (put(DOMAIN, "route", "path", value="/*"), "route.path: must be a path such as /upload"),
    (put(DOMAIN, "route", "path", value="/play"), "customDomain.route.path: must be /upload"),
    (put(DOMAIN, "route", "path", value="/upload/*"), "customDomain.route.path: must be /upload"),
    (put(DOMAIN, "route", "methods", value=["post"]), "route.methods.0: must be GET or"),
    (put(DOMAIN, "route", "methods", value=["POST"]), "route.methods: must have OPTIONS"),
    (put(DOMAIN, "route", "qualifier", value="1"), "route.qualifier: must be LATEST"),
    (cut(*CERTIFICATE), "customDomain.certConfig: missing"),
    (put(*CERTIFICATE, "certId", value="latest"), "certId: must be the number of a certificate"),
    (put(*CERTIFICATE, value={"certname": "a"}), "certname: unknown key; did you mean certName?"),
    (put(*CERTIFICATE, value=PEM), "certConfig.privateKey: missing"),
    (
        put(*CERTIFICATE, value=PEM | {"privateKey": "-----BEGIN PRIVATE KEY-----\nMIIE"}),
        "privateKey: must be the path of a .pem file, not its content",
    ),
    (cut(DOMAIN, "tlsConfig"), "customDomain.tlsConfig: missing"),
    (put(DOMAIN, "tlsConfig", "minVersion", value="TLSv1.0"), "minVersion: must be TLSv1.2 or"),
    (
        put(DOMAIN, "tlsConfig", "cipherSuites", value=["TLS_RSA_WITH_RC4_128_SHA"]),
        "cipherSuites.0: must be TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 or",
    ),
    # Two functions on one domain.
    (
        put(*CERTIFICATE, "certId", value="7"),
        "refresh.props.customDomain: must equal that of upload, except for the route",
    ),
    (cut(DOMAIN), "upload.props.customDomain: missing, but others have one"),
]

IN_THE_DOCUMENT = [
    (put("edition", value="1.0.0"), "s.yaml.edition: must be 3.0.0"),
    (put("access", value="${env('ALIAS')}"), "s.yaml.access: must be the literal name"),
    (put("resource", value={}), "s.yaml.resource: unknown key; did you mean resources?"),
    (put("resources", value={}), "s.yaml.resources: must be a mapping that is not empty"),
    (put("resources", "play", "component", value="fc"), "resources.play.component: must be fc3"),
    (put("resources", "play", "component", value="fc3@latest"), "must be fc3 with a version"),
    (put("resources", "play", "component", value="fc3@0.1"), "must be fc3 with a version"),
    (put("resources", "play", "component", value="fc3@0.1.22 "), "must be fc3 with a version"),
    (put("resources", "play", "component", value="evil/fc3@0.1.22"), "must be fc3 with a version"),
    (put("resources", "play", "actions", value={}), "resources.play.actions: unknown key"),
    (
        put("resources", "play", "props", "role", value="vodpass-upload"),
        "resources.play.props.role: upload has the same",
    ),
    (
        put("resources", "play", "props", "functionName", value="vodpass-upload"),
        "resources.play.props.functionName: upload has the same",
    ),
    (
        put("resources", "play", "props", "code", value="./build/upload"),
        "resources.play.props.code: must be ./build/play, the function's own folder",
    ),
    (
        put("resources", "play", "props", "runtime", value="python3.12"),
        "pre-deploy: must build the bundle for the runtime of play, python3.12",
    ),
    (cut("actions"), "s.yaml.actions: missing"),
    (put("actions", "pre-deploy", value=[]), "pre-deploy: must have 1 to any number"),
    (cut("actions", "pre-deploy", 1), "pre-deploy: must build the bundle for the runtime of"),
    (cut("actions", "pre-deploy", 0), "pre-deploy: must check with ops.s_yaml before it builds"),
]


def cases_of(cases: list[tuple[Callable[[Any], None], str]]) -> list[Any]:
    return [pytest.param(change, fault, id=fault) for change, fault in cases]


@pytest.mark.parametrize(("change", "fault"), cases_of(IN_A_FUNCTION))
def test_a_mistake_in_a_function_is_named(
    rendered: Document, change: Callable[[Any], None], fault: str
) -> None:
    document = copy.deepcopy(rendered)
    change(document["resources"]["upload"]["props"])
    found = faults(document)
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    ("function", "change", "fault"),
    [
        pytest.param(function, change, fault, id=f"{function} {fault}")
        for function, cases in (("sts", IN_STS), ("events", IN_EVENTS), ("watch", IN_WATCH))
        for change, fault in cases
    ],
)
def test_a_mistake_in_one_of_the_others_is_named(
    rendered: Document, function: str, change: Callable[[Any], None], fault: str
) -> None:
    document = copy.deepcopy(rendered)
    change(document["resources"][function]["props"])
    found = faults(document)
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(("change", "fault"), cases_of(IN_A_DOMAIN))
def test_a_mistake_in_a_domain_is_named(
    overlays: dict[str, Document], change: Callable[[Any], None], fault: str
) -> None:
    document = copy.deepcopy(overlays["s.prod.yaml"])
    change(document["resources"]["upload"]["props"])
    found = faults(document)
    assert any(fault in line for line in found), found


def test_a_certificate_may_come_from_files(overlays: dict[str, Document]) -> None:
    document = copy.deepcopy(overlays["s.prod.yaml"])
    for resource in document["resources"].values():
        if DOMAIN in resource["props"]:
            resource["props"][DOMAIN]["certConfig"] = PEM | {"privateKey": "keys/vod.pem"}
    assert faults(document) == []


SECRET = "k7Yw9Qz3Xb1Lm5Tn8Rc2Vd"


def with_callback_url(document: Document, url: str, *, queue: bool = True) -> list[str]:
    """The faults of a deployment with this VODPASS_CALLBACK_URL."""
    changed = copy.deepcopy(document)
    events, watch = (changed["resources"][name]["props"] for name in ("events", "watch"))
    events[ENVIRONMENT]["VODPASS_CALLBACK_URL"] = url
    if not queue:
        for props in (events, watch):
            props["triggers"] = props["triggers"][:1]
            props[ENVIRONMENT]["VODPASS_WATCH_QUEUE"] = ""
    return faults(changed)


@pytest.mark.parametrize("queue", [True, False], ids=["queue", "no queue"])
@pytest.mark.parametrize(
    "start",
    [
        "https://hooks.example.com/events/",
        "https://vod.example.com.evil.example/events/",
        "https://vod.example.com:8443/events/",
        "https://vod.example.com/",
        "https://vod.example.com/callback/",
        "https://vod.example.com/events/../",
        "https://vod.example.com/eventsx/",
        "https://vod.example.com/Events/",
        "https://vod.example.com//events/",
        "https://vod.example.com/vodpass/events/",
        "https://vod.example.com/events/../upload/",
        "https://vod.example.com/events/%2e%2e/upload/",
    ],
)
def test_a_callback_that_the_domain_does_not_lead_to_events_is_named(
    overlays: dict[str, Document], start: str, queue: bool
) -> None:
    found = with_callback_url(overlays["s.prod.yaml"], start + SECRET, queue=queue)
    assert len(found) == 1, found
    assert found[0].startswith(
        "s.yaml.resources.events.props.environmentVariables.VODPASS_CALLBACK_URL: must be on "
        "the domainName of customDomain and below its route /events/*"
    )
    assert SECRET not in found[0]


@pytest.mark.parametrize(
    "start",
    [
        "https://vod.example.com/events/",
        "https://vod.example.com:443/events/",
        "https://vod.example.com/events/cn-shanghai/",
    ],
)
def test_a_callback_that_the_domain_leads_to_events_is_no_fault(
    overlays: dict[str, Document], start: str
) -> None:
    assert with_callback_url(overlays["s.prod.yaml"], start + SECRET) == []


def test_without_a_domain_a_callback_may_have_any_address(rendered: Document) -> None:
    assert with_callback_url(rendered, f"https://example.com/{SECRET}") == []


def test_nothing_leads_to_the_watch(overlays: dict[str, Document]) -> None:
    document = copy.deepcopy(overlays["s.prod.yaml"])
    resources = document["resources"]
    resources["watch"]["props"][DOMAIN] = resources["play"]["props"][DOMAIN]
    assert any("watch.props.customDomain: unknown key" in line for line in faults(document))


@pytest.mark.parametrize(("change", "fault"), cases_of(IN_THE_DOCUMENT))
def test_a_mistake_in_the_document_is_named(
    rendered: Document, change: Callable[[Any], None], fault: str
) -> None:
    document = copy.deepcopy(rendered)
    change(document)
    found = faults(document)
    assert any(fault in line for line in found), found


def test_a_resource_that_is_no_function_is_named(rendered: Document) -> None:
    document = copy.deepcopy(rendered)
    document["resources"]["uplaod"] = document["resources"].pop("upload")
    named = f"s.yaml.resources.uplaod: must be a function: {', '.join(USES)}"
    assert named in faults(document)


def test_the_preview_runtime_is_refused_where_it_is_not_offered(rendered: Document) -> None:
    document = copy.deepcopy(rendered)
    props = document["resources"]["upload"]["props"]
    props |= {"region": "ap-southeast-1", "runtime": "python3.12"}
    assert any("python3.12 is not offered in ap-southeast-1" in line for line in faults(document))


@pytest.mark.parametrize("document", [None, [], "s.yaml", 3, {}], ids=repr)
def test_other_documents_are_refused(document: Any) -> None:
    assert faults(document)


def test_a_misspelt_template_is_found_although_s_ignores_it(
    s_preview: Callable[..., Any], environment: dict[str, str]
) -> None:
    text = (PROJECT / "s.yaml").read_text()
    wrong = text.replace("    timeout: 10\n", "    timout: 10\n")
    assert wrong != text
    done = s_preview(environment, s_yaml=wrong)
    assert done.returncode == 0
    assert sorted(faults(json.loads(done.stdout)))[0] == (
        "s.yaml.resources.events.props.timeout: missing"
    )


def test_no_fault_repeats_a_secret(rendered: Document, environment: dict[str, str]) -> None:
    document = copy.deepcopy(rendered)
    for resource in document["resources"].values():
        variables = resource["props"][ENVIRONMENT]
        for name in environment:
            variables[name] = f"{environment[name]} {name}"
    text = "\n".join(faults(document))
    assert text
    for name, value in environment.items():
        assert value not in text, name
    # A number where text belongs is not repeated either.
    document["resources"]["play"]["props"][ENVIRONMENT]["VODPASS_OWNER_KEYS"] = 20261124
    text = "\n".join(faults(document))
    assert "VODPASS_OWNER_KEYS: must be text" in text
    assert "20261124" not in text


def command(stdin: str) -> "subprocess.CompletedProcess[str]":
    # -S: without installed packages, as on an operator's machine.
    return subprocess.run(
        [sys.executable, "-S", "-m", "ops.s_yaml"],
        input=stdin,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_reports_and_fails(rendered: Document) -> None:
    sound = command(json.dumps(rendered))
    assert (sound.returncode, sound.stdout) == (0, "s.yaml: 6 functions, no fault\n")
    document = copy.deepcopy(rendered)
    document["resources"]["play"]["props"]["timeout"] = 1
    wrong = command(json.dumps(document))
    assert wrong.returncode == 1
    assert wrong.stdout == (
        "s.yaml.resources.play.props.timeout: must be a whole number from 5 to 60\n"
    )
    nothing = command("")
    assert nothing.returncode == 1
    assert "is not what `s preview --silent -o json` prints" in nothing.stdout
    failed = command("Error Message: env('VODPASS_OWNER_KEYS') not found")
    assert failed.returncode == 1
    assert failed.stdout.startswith(
        "s.yaml: `s preview` failed:\n  env('VODPASS_OWNER_KEYS') not found\n"
    )


def test_the_command_names_each_variable_once(rendered: Document) -> None:
    document = copy.deepcopy(rendered)
    for resource in document["resources"].values():
        variables = resource["props"][ENVIRONMENT]
        for name in ("VODPASS_OWNER_KEYS", "VODPASS_JWT_ISSUER"):
            if name in variables:
                variables[name] = "replace me"
    document["resources"]["play"]["props"][ENVIRONMENT]["VODPASS_PLAY_MAX_TIMEOUT"] = "5"
    document["resources"]["play"]["props"]["timeout"] = 1
    wrong = command(json.dumps(document))
    assert wrong.returncode == 1
    # The shape comes first: the other checks rely on it.
    assert wrong.stdout == (
        "s.yaml.resources.play.props.timeout: must be a whole number from 5 to 60\n"
    )
    document["resources"]["play"]["props"]["timeout"] = 10
    lines = command(json.dumps(document)).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        *("VODPASS_JWT_ISSUER", "VODPASS_OWNER_KEYS", "VODPASS_PLAY_MAX_TIMEOUT"),
    ]
    assert lines[0].startswith("VODPASS_JWT_ISSUER: is still `replace me`: it must be ")
    assert lines[0].endswith(" (upload, refresh, play, sts)")
    assert lines[1].endswith(" (upload, refresh, play, events, watch)")
    assert lines[2].endswith(" (play)")

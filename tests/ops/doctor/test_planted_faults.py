"""Each test plants one fault in a faultless deployment, and the doctor names it."""

from __future__ import annotations

import base64
import json
import secrets
import time
from email.utils import formatdate
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from mns.account import Account

from fakealiyun.vod.callbacks.configuration import MessageCallback
from ops.callback_events import EVENTS
from ops.doctor import clock, forged
from ops.doctor.report import Report
from shared.config.jwk import parse_key_set
from shared.config.settings import Settings
from tests.support.doctor_target import DoctorTarget
from tests.support.issuer import JwksServer, Key


def callback(target: DoctorTarget, **changes: Any) -> None:
    """Set VOD's callback configuration, correct except for the changes."""
    stack = target.stack
    given: dict[str, Any] = {
        "event_types": "ALL",
        "url": stack.callback_url,
        "auth_switch": "on",
        "auth_key": stack.keys.callback_key,
        **changes,
    }
    stack.cloud.vod.callbacks.configure(MessageCallback("app-1000000", "HTTP", **given))


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("VODPASS_OWNER_KEYS", "k1:c2hvcnQ=", "32 bytes or more"),
        ("VODPASS_REGION", "cn-hangzhou", "one of ap-northeast-1"),
        ("VODPASS_JWT_ISSUER", None, "is not set"),
        ("VODPASS_JWT_KEYS", '{"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"c2g"}]}', "JWKS"),
        ("VODPASS_CORS_ORIGINS", "*", "origins"),
        ("VODPASS_CALLBACK_KEYS", "onlylowercase", "16 to 32 letters"),
    ],
)
def test_a_wrong_or_missing_setting(
    target: DoctorTarget, variable: str, value: str | None, said: str
) -> None:
    run = target.check(
        "--no-account", document=target.rendered(**{variable: value}), url="https://[::1]:1"
    )
    finding = run.found("setting")
    assert finding["subject"].startswith(variable)
    assert said in finding["what"]
    assert value is None or value == "*" or value not in run.printed
    assert run.exit_code == 1


def test_a_setting_with_a_misspelt_name(target: DoctorTarget) -> None:
    document = target.rendered()
    document["resources"]["play"]["props"]["environmentVariables"]["VODPASS_PLAY_TIMEOUT"] = "100"
    finding = target.check("--no-account", document=document).found("setting")
    assert finding["subject"] == "VODPASS_PLAY_TIMEOUT of play"


@pytest.mark.parametrize(
    ("variable", "value"), [("VODPASS_LOCAL", "1"), ("VODPASS_VOD_ENDPOINT", "127.0.0.1:9001")]
)
def test_local_mode_in_a_deployment(target: DoctorTarget, variable: str, value: str) -> None:
    document = target.rendered()
    document["resources"]["sts"]["props"]["environmentVariables"][variable] = value
    run = target.check("--no-account", document=document)
    assert run.found("local-mode")["subject"] == f"sts {variable}"


def test_a_trigger_in_s_yaml_that_refuses_callers(target: DoctorTarget) -> None:
    document = target.rendered()
    trigger = document["resources"]["upload"]["props"]["triggers"][0]
    trigger["triggerConfig"]["authType"] = "function"
    finding = target.check("--no-account", document=document).found("s-yaml")
    assert "authType" in finding["subject"]


def test_limits_without_a_store(target: DoctorTarget) -> None:
    document = target.rendered(VODPASS_LIMITS='{"uploads_per_minute":10}')
    run = target.check("--no-account", document=document, url="https://[::1]:1")
    told = {one["subject"]: one for one in run.report["findings"] if one["code"] == "limits-apart"}
    assert set(told) == {"upload", "refresh", "play", "sts"}
    assert "up to 12 times as much" in told["upload"]["why"]
    assert "VODPASS_LIMITS_URL" in told["upload"]["mend"]
    assert {one["severity"] for one in told.values()} == {"warning"}


def test_a_store_without_limits(target: DoctorTarget) -> None:
    document = target.rendered(VODPASS_LIMITS_URL="rediss://:hunter2hunter2@store.example.com")
    run = target.check("--no-account", document=document, url="https://[::1]:1")
    told = [one["what"] for one in run.report["findings"] if one["code"] == "setting-unwise"]
    assert set(told) == {"VODPASS_LIMITS_URL has no effect without VODPASS_LIMITS."}
    assert "hunter2" not in run.printed


def test_a_component_without_a_version(target: DoctorTarget) -> None:
    document = target.rendered()
    document["resources"]["play"]["component"] = "fc3"
    run = target.check("--no-account", document=document)
    assert run.codes == {"component-unpinned"}
    finding = run.found("component-unpinned")
    assert finding["severity"] == "warning"
    assert finding["subject"] == "s.yaml.resources.play.component"


# --- the account ------------------------------------------------------------------------------


def test_a_key_that_the_cloud_does_not_know(target: DoctorTarget) -> None:
    environment = {**target.environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another"}
    run = target.check(environment=environment)
    assert "SignatureDoesNotMatch" in run.found("key")["what"]


def test_a_key_of_the_account_itself(target: DoctorTarget) -> None:
    root = target.stack.cloud.ram.add_root_key()
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": root.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": root.access_key_secret,
    }
    run = target.check(environment=environment)
    assert run.codes == {"root-key"}
    assert root.access_key_secret not in run.printed


def test_vod_is_not_open(target: DoctorTarget) -> None:
    for action in ("GetVideoList", "GetVideoInfo"):
        target.stack.cloud.faults.set(
            service="vod",
            action=action,
            kind="error",
            count=1,
            status=403,
            code="OperationDenied.ServiceNotOpened",
            message="not shown",
        )
    finding = target.check().found("vod")
    assert "OperationDenied.ServiceNotOpened" in finding["what"]


def test_a_bucket_in_another_region(target: DoctorTarget) -> None:
    location = "outin-0123456789.oss-cn-beijing.aliyuncs.com"
    document = target.rendered(VODPASS_STORAGE_LOCATION=location)
    finding = target.check(document=document).found("storage-region")
    assert "cn-beijing" in finding["what"]


def test_what_cannot_be_read_is_no_finding(target: DoctorTarget) -> None:
    document = target.rendered(
        VODPASS_TEMPLATE_GROUP_ID="0123456789abcdef0123456789abcdef",
        VODPASS_CATE_ID="1",
        VODPASS_STORAGE_LOCATION="outin-0123456789.oss-cn-shanghai.aliyuncs.com",
    )
    run = target.check(document=document)
    assert run.codes == set()
    said = {one["subject"] for one in run.report["not_checked"]}
    for name in ("TEMPLATE_GROUP_ID", "CATE_ID", "STORAGE_LOCATION"):
        assert f"upload VODPASS_{name}" in said


def test_a_client_role_of_another_account(target: DoctorTarget) -> None:
    role = "acs:ram::9999999999999999:role/vodpass-client-play"
    document = target.rendered(VODPASS_STS_PLAY_ROLE=role)
    finding = target.check(document=document).found("role-account")
    assert finding["subject"] == "sts VODPASS_STS_PLAY_ROLE"


@pytest.mark.parametrize(
    ("seconds", "severity"), [(120, "warning"), (1000, "error"), (-1000, "error")]
)
def test_clocks_that_differ(seconds: int, severity: str) -> None:
    report = Report()
    clock.check(report, "VOD", {"date": formatdate(time.time() + seconds, usegmt=True)})
    [told] = report.findings
    assert (told.code, told.severity, told.subject) == ("clock", severity, "VOD")
    assert f" s {'ahead of' if seconds > 0 else 'behind'} this machine's" in told.what


@pytest.mark.parametrize("seconds", [120, 3 * 3600, 40 * 3600])
def test_a_moved_clock_of_the_fake_is_no_fault(target: DoctorTarget, seconds: int) -> None:
    target.stack.cloud.clock.advance(seconds)
    run = target.check("--token-env", "TOKEN")
    assert (run.report["findings"], run.report["could_not"], run.exit_code) == ([], [], 0)
    told = {one["subject"]: one["text"] for one in run.report["not_checked"]}
    assert "the fake cloud's clock was moved" in told["VOD"]
    assert " s ahead of this machine's" in told["VOD"]


# --- callbacks --------------------------------------------------------------------------------


def test_callbacks_that_are_not_set(target: DoctorTarget) -> None:
    target.stack.cloud.vod.callbacks.remove("app-1000000")
    assert target.check().codes == {"callback-unset"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://old.example.com/events/0123456789abcdef012345", "host differs (old.example.com"),
        ("", "path differs"),
    ],
)
def test_callbacks_to_another_url(target: DoctorTarget, url: str, said: str) -> None:
    other = url or target.stack.callback_url[:-22] + "0123456789abcdef012345"
    callback(target, url=other)
    run = target.check()
    assert run.codes == {"callback-url"}
    assert said in run.found("callback-url")["what"]
    assert "0123456789abcdef012345" not in run.printed


def test_callbacks_that_are_not_signed(target: DoctorTarget) -> None:
    callback(target, auth_switch="off")
    assert target.check().codes == {"callback-unsigned"}


def test_callbacks_signed_with_a_key_that_is_not_deployed(target: DoctorTarget) -> None:
    unknown = f"aA1{secrets.token_hex(10)}"
    callback(target, auth_key=unknown)
    run = target.check()
    assert run.codes == {"callback-key"}
    assert unknown not in run.printed


def test_callbacks_without_some_events(target: DoctorTarget) -> None:
    callback(target, event_types="FileUploadComplete,SnapshotComplete")
    finding = target.check().found("callback-types")
    assert "TranscodeComplete" in finding["what"]
    assert "SnapshotComplete" not in finding["what"]


def test_callbacks_without_ai_reviews(target: DoctorTarget) -> None:
    callback(target, event_types=",".join(name for name in EVENTS if name != "AIComplete"))
    run = target.check()
    assert run.codes == {"callback-types"}
    finding = run.found("callback-types")
    assert finding["what"] == "VOD does not send AIComplete."
    assert "AIMediaAuditComplete" in finding["why"]


def test_the_default_events_are_no_fault(target: DoctorTarget) -> None:
    callback(target, event_types=",".join(EVENTS))
    assert target.check().codes == set()


def test_a_key_in_rotation_is_no_fault(target: DoctorTarget) -> None:
    old = target.stack.keys.callback_key
    document = target.rendered(VODPASS_CALLBACK_KEYS=f"aA1{'b' * 20},{old}")
    # VOD's key is one of them. The fault is that the deployed function has only the old one.
    finding = target.check(document=document)
    assert finding.codes == {"callback-refused"}
    assert "key 1" in finding.found("callback-refused")["what"]


def test_callbacks_to_a_queue_that_no_function_reads(target: DoctorTarget) -> None:
    target.stack.cloud.vod.callbacks.configure(
        MessageCallback(
            "app-1000000",
            "MNS",
            "ALL",
            mns_endpoint="http://1.mns.cn-shanghai.aliyuncs.com/",
            mns_queue_name="forgotten",
        )
    )
    assert target.check().codes == {"callback-queue"}


# --- queues -----------------------------------------------------------------------------------


@pytest.mark.parametrize("queue", ["vodpass-events", "vodpass-watch", "vodpass-dead-letters"])
def test_a_missing_queue(target: DoctorTarget, queue: str) -> None:
    document = json.loads(json.dumps(target.document).replace(queue, "forgotten"))
    # The deployed function still has the other queue's name. That is not the fault of this test.
    run = target.check(document=document)
    finding = run.found("queue-absent")
    assert finding["subject"] == "queue forgotten"


@pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", ["vodpass-events", "vodpass-watch"])
def test_a_queue_with_too_short_a_retention(target: DoctorTarget, name: str) -> None:
    """Messages of a late recheck wait for a day in the queue of `watch`, before any retry."""
    enough = {"vodpass-events": 86_400, "vodpass-watch": 2 * 86_400 + 1}[name]
    admin = target.stack.cloud.admin
    account: Any = Account(target.stack.cloud.url, admin.access_key_id, admin.access_key_secret)
    try:
        queue = account.get_queue(name)
        meta = queue.get_attributes()
        meta.set_message_retention_period(enough)
        queue.set_attributes(meta)
        assert target.check().codes == set()
        meta.set_message_retention_period(enough - 1)
        queue.set_attributes(meta)
        finding = target.check().found("queue-retention")
        assert f"{enough - 1} seconds" in finding["what"]
        assert f"{enough} seconds" in finding["mend"]
        meta.set_message_retention_period(345_600)
        queue.set_attributes(meta)
    finally:
        account.get_client().close_connection()


def test_queues_that_the_key_may_not_read(target: DoctorTarget) -> None:
    key = target.stack.cloud.ram.service_session("fc.aliyuncs.com", "vodpass-watch", "doctor", 900)
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token or "",
    }
    run = target.check(environment=environment)
    said = {one["subject"] for one in run.report["not_checked"]}
    assert {"queue vodpass-events", "queue vodpass-watch", "queue vodpass-dead-letters"} <= said


# --- roles ------------------------------------------------------------------------------------


def test_a_role_without_a_permission_that_its_function_needs(target: DoctorTarget) -> None:
    """The doctor finds it by calling the function with a user's token."""
    target.stack.cloud.ram.set_role_policies("vodpass-play", policy("vod:GetVideoPlayAuth"))
    run = target.check("--token-env", "TOKEN")
    finding = run.found("misconfigured")
    assert finding["subject"] == "play"
    assert "lacks a RAM permission" in finding["what"]
    assert "RequestId" in finding["what"]


def test_a_role_that_everyone_in_the_account_can_assume(target: DoctorTarget) -> None:
    cloud = target.stack.cloud
    trust = {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {
                    "Service": ["fc.aliyuncs.com"],
                    "RAM": [f"acs:ram::{cloud.account_id}:root"],
                },
            }
        ],
    }
    policies = cloud.ram.role("vodpass-play").policies
    cloud.ram.put_role("vodpass-play", trust=trust, policies=policies)
    run = target.check("--as-role")
    assert run.codes == {"role-trusts-more"}
    cloud.ram.put_role(
        "vodpass-play",
        trust=trust,
        policies=(policy("vod:GetVideoInfo", "vod:GetVideoInfos", "vod:Get*Callback"),),
    )
    run = target.check("--as-role")
    assert run.codes == {"role-trusts-more", "role-lacks", "role-may-more"}
    assert "vod:GetVideoPlayAuth" in run.found("role-lacks")["what"]
    more = {one["what"] for one in run.report["findings"] if one["code"] == "role-may-more"}
    assert "It may also call vod:GetMessageCallback." in more


def test_a_role_that_does_not_exist(target: DoctorTarget) -> None:
    document = target.rendered()
    document["resources"]["watch"]["props"]["role"] = "vodpass-wacht"
    finding = target.check("--as-role", document=document).found("role-absent")
    assert finding["subject"] == "vodpass-wacht"


def policy(*actions: str) -> dict[str, Any]:
    return {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


# --- the functions where they are deployed ----------------------------------------------------


def test_a_url_where_nothing_answers(target: DoctorTarget) -> None:
    run = target.check("--no-account", url="http://127.0.0.1:1")
    assert run.codes == {"unreachable"}


def test_a_url_that_leads_elsewhere(target: DoctorTarget) -> None:
    at = f"upload={target.stack.url}/_local/config"
    finding = target.check("--no-account", "--at", at).found("not-vodpass")
    assert finding["subject"] == "upload"


def test_a_url_that_leads_to_another_function(target: DoctorTarget) -> None:
    at = f"play={target.stack.url}/upload"
    finding = target.check("--no-account", "--at", at).found("wrong-function")
    assert "405 MethodNotAllowed" in finding["what"]


def test_a_deployed_function_with_other_keys(target: DoctorTarget) -> None:
    """It refuses the caller's token, which the checked settings accept."""
    keys = json.loads(target.stack.keys.jwks)
    secret = secrets.token_bytes(32)
    keys["keys"][0] |= {"k": base64.urlsafe_b64encode(secret).rstrip(b"=").decode(), "kid": "new"}
    document = target.rendered(VODPASS_JWT_KEYS=json.dumps(keys))
    now = int(time.time())
    claims = {"iss": "vodpass-local", "aud": "vodpass", "sub": "alice", "exp": now + 600}
    token = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "new"})
    run = target.check(
        "--token-env",
        "TOKEN",
        document=document,
        environment={**target.environment, "TOKEN": token},
    )
    assert run.codes == {"token-refused"}
    assert token not in run.printed


def test_an_origin_that_the_deployed_function_does_not_know(target: DoctorTarget) -> None:
    document = target.rendered(VODPASS_CORS_ORIGINS="https://app.example.com")
    run = target.check("--no-account", document=document)
    assert run.codes == {"cors-closed"}


def test_an_issuer_whose_keys_cannot_be_fetched(target: DoctorTarget) -> None:
    document = target.rendered(
        VODPASS_JWT_KEYS="", VODPASS_JWT_JWKS_URL=f"{target.stack.url}/_local/config"
    )
    finding = target.check("--no-account", document=document).found("jwks")
    assert "is not a JWKS of usable keys" in finding["what"]


def test_an_issuer_whose_keys_can_be_fetched_is_no_fault(target: DoctorTarget) -> None:
    with JwksServer(Key("r1").jwk, Key("e1", "ES256").jwk) as issuer:
        document = target.rendered(VODPASS_JWT_KEYS="", VODPASS_JWT_JWKS_URL=issuer.url)
        run = target.check("--no-account", document=document)
        assert issuer.fetched == ["/.well-known/jwks.json"]
    assert run.codes == set()
    said = [one["text"] for one in run.report["not_checked"]]
    assert any("only the issuer can sign" in one for one in said)
    assert {"subject": "VODPASS_JWT_JWKS_URL", "text": "2 keys"} in run.report["sound"]


def test_tokens_are_forged_from_public_keys_too() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    listed = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(private, as_dict=True), "kid": "r", "alg": "RS256"},
        {**jwt.algorithms.ECAlgorithm.to_jwk(curve, as_dict=True), "kid": "e", "alg": "ES256"},
    ]
    for one in listed:
        one.pop("key_ops", None)
    keys = parse_key_set(json.dumps({"keys": listed}))
    settings = Settings(jwt_issuer="https://login.example.com", jwt_audience="vod")
    made = {one.fault: one.token for one in forged.tokens(settings, keys)}
    assert "HS256, signed with the public key as PEM" in made
    assert len(made) == len(set(made.values())) >= 6
    assert forged.leaves_open(keys)

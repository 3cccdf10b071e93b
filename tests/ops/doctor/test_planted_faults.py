"""A fault is planted in a sound deployment, one a test, and the doctor names it."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from mns.account import Account

from fakealiyun.vod.callbacks.configuration import MessageCallback
from ops.callback_events import EVENTS
from ops.doctor import forged
from shared.config.jwk import parse_key_set
from shared.config.settings import Settings
from tests.ops.doctor.conftest import Hospital
from tests.support.issuer import JwksServer, Key


def callback(hospital: Hospital, **changes: Any) -> None:
    """VOD's callback configuration, sound but for the changes."""
    stack = hospital.stack
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
def test_a_setting_that_is_wrong_or_missing(
    hospital: Hospital, variable: str, value: str | None, said: str
) -> None:
    examined = hospital.examine(
        "--no-account", document=hospital.rendered(**{variable: value}), url="https://[::1]:1"
    )
    finding = examined.found("setting")
    assert finding["subject"].startswith(variable)
    assert said in finding["what"]
    assert value is None or value == "*" or value not in examined.printed
    assert examined.exit_code == 1


def test_a_setting_with_a_misspelt_name(hospital: Hospital) -> None:
    document = hospital.rendered()
    document["resources"]["play"]["props"]["environmentVariables"]["VODPASS_PLAY_TIMEOUT"] = "100"
    finding = hospital.examine("--no-account", document=document).found("setting")
    assert finding["subject"] == "VODPASS_PLAY_TIMEOUT of play"


@pytest.mark.parametrize(
    ("variable", "value"), [("VODPASS_LOCAL", "1"), ("VODPASS_VOD_ENDPOINT", "127.0.0.1:9001")]
)
def test_local_mode_in_a_deployment(hospital: Hospital, variable: str, value: str) -> None:
    document = hospital.rendered()
    document["resources"]["sts"]["props"]["environmentVariables"][variable] = value
    examined = hospital.examine("--no-account", document=document)
    assert examined.found("local-mode")["subject"] == f"sts {variable}"


def test_a_trigger_that_keeps_callers_out_in_s_yaml(hospital: Hospital) -> None:
    document = hospital.rendered()
    trigger = document["resources"]["upload"]["props"]["triggers"][0]
    trigger["triggerConfig"]["authType"] = "function"
    finding = hospital.examine("--no-account", document=document).found("s-yaml")
    assert "authType" in finding["subject"]


# --- the account ------------------------------------------------------------------------------


def test_a_key_that_the_cloud_does_not_know(hospital: Hospital) -> None:
    environment = {**hospital.environment, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another"}
    examined = hospital.examine(environment=environment)
    assert "SignatureDoesNotMatch" in examined.found("key")["what"]


def test_a_key_of_the_account_itself(hospital: Hospital) -> None:
    root = hospital.stack.cloud.ram.add_root_key()
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": root.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": root.access_key_secret,
    }
    examined = hospital.examine(environment=environment)
    assert examined.codes == {"root-key"}
    assert root.access_key_secret not in examined.printed


def test_a_vod_that_is_not_open(hospital: Hospital) -> None:
    for action in ("GetVideoList", "GetVideoInfo"):
        hospital.stack.cloud.faults.set(
            service="vod",
            action=action,
            kind="error",
            count=1,
            status=403,
            code="OperationDenied.ServiceNotOpened",
            message="not shown",
        )
    finding = hospital.examine().found("vod")
    assert "OperationDenied.ServiceNotOpened" in finding["what"]


def test_a_bucket_in_another_region(hospital: Hospital) -> None:
    location = "outin-0123456789.oss-cn-beijing.aliyuncs.com"
    document = hospital.rendered(VODPASS_STORAGE_LOCATION=location)
    finding = hospital.examine(document=document).found("storage-region")
    assert "cn-beijing" in finding["what"]


def test_what_cannot_be_looked_at_is_no_finding(hospital: Hospital) -> None:
    document = hospital.rendered(
        VODPASS_TEMPLATE_GROUP_ID="0123456789abcdef0123456789abcdef",
        VODPASS_CATE_ID="1",
        VODPASS_STORAGE_LOCATION="outin-0123456789.oss-cn-shanghai.aliyuncs.com",
    )
    examined = hospital.examine(document=document)
    assert examined.codes == set()
    said = {one["subject"] for one in examined.report["not_checked"]}
    for name in ("TEMPLATE_GROUP_ID", "CATE_ID", "STORAGE_LOCATION"):
        assert f"upload VODPASS_{name}" in said


def test_a_client_role_of_another_account(hospital: Hospital) -> None:
    role = "acs:ram::9999999999999999:role/vodpass-client-play"
    document = hospital.rendered(VODPASS_STS_PLAY_ROLE=role)
    finding = hospital.examine(document=document).found("role-account")
    assert finding["subject"] == "sts VODPASS_STS_PLAY_ROLE"


@pytest.mark.parametrize(("seconds", "severity"), [(120, "warning"), (1000, "error")])
def test_clocks_that_differ(hospital: Hospital, seconds: int, severity: str) -> None:
    hospital.stack.cloud.clock.advance(seconds)
    examined = hospital.examine()
    told = [one for one in examined.report["findings"] if one["code"] == "clock"]
    assert {one["severity"] for one in told} == {severity}
    assert "VOD" in {one["subject"] for one in told}
    assert all(" s ahead of this machine's" in one["what"] for one in told)


# --- callbacks --------------------------------------------------------------------------------


def test_callbacks_that_are_not_set(hospital: Hospital) -> None:
    hospital.stack.cloud.vod.callbacks.remove("app-1000000")
    assert hospital.examine().codes == {"callback-unset"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://old.example.com/events/0123456789abcdef012345", "host differs (old.example.com"),
        ("", "path differs"),
    ],
)
def test_callbacks_to_another_url(hospital: Hospital, url: str, said: str) -> None:
    other = url or hospital.stack.callback_url[:-22] + "0123456789abcdef012345"
    callback(hospital, url=other)
    examined = hospital.examine()
    assert examined.codes == {"callback-url"}
    assert said in examined.found("callback-url")["what"]
    assert "0123456789abcdef012345" not in examined.printed


def test_callbacks_that_are_not_signed(hospital: Hospital) -> None:
    callback(hospital, auth_switch="off")
    assert hospital.examine().codes == {"callback-unsigned"}


def test_callbacks_signed_with_a_key_that_is_not_deployed(hospital: Hospital) -> None:
    stranger = f"aA1{secrets.token_hex(10)}"
    callback(hospital, auth_key=stranger)
    examined = hospital.examine()
    assert examined.codes == {"callback-key"}
    assert stranger not in examined.printed


def test_callbacks_that_leave_events_out(hospital: Hospital) -> None:
    callback(hospital, event_types="FileUploadComplete,SnapshotComplete")
    finding = hospital.examine().found("callback-types")
    assert "TranscodeComplete" in finding["what"]
    assert "SnapshotComplete" not in finding["what"]


def test_callbacks_that_leave_ai_reviews_out(hospital: Hospital) -> None:
    callback(hospital, event_types=",".join(name for name in EVENTS if name != "AIComplete"))
    examined = hospital.examine()
    assert examined.codes == {"callback-types"}
    finding = examined.found("callback-types")
    assert finding["what"] == "VOD does not send AIComplete."
    assert "AIMediaAuditComplete" in finding["why"]


def test_callbacks_of_what_is_selected_by_default_are_no_fault(hospital: Hospital) -> None:
    callback(hospital, event_types=",".join(EVENTS))
    assert hospital.examine().codes == set()


def test_a_key_in_rotation_is_no_fault(hospital: Hospital) -> None:
    old = hospital.stack.keys.callback_key
    document = hospital.rendered(VODPASS_CALLBACK_KEYS=f"aA1{'b' * 20},{old}")
    # VOD's key is among them; that the deployed function knows the old one alone is a fault.
    finding = hospital.examine(document=document)
    assert finding.codes == {"callback-refused"}
    assert "key 1" in finding.found("callback-refused")["what"]


def test_callbacks_to_a_queue_that_nobody_reads(hospital: Hospital) -> None:
    hospital.stack.cloud.vod.callbacks.configure(
        MessageCallback(
            "app-1000000",
            "MNS",
            "ALL",
            mns_endpoint="http://1.mns.cn-shanghai.aliyuncs.com/",
            mns_queue_name="forgotten",
        )
    )
    assert hospital.examine().codes == {"callback-queue"}


# --- queues -----------------------------------------------------------------------------------


@pytest.mark.parametrize("queue", ["vodpass-events", "vodpass-watch", "vodpass-dead-letters"])
def test_a_queue_that_is_not_there(hospital: Hospital, queue: str) -> None:
    document = json.loads(json.dumps(hospital.document).replace(queue, "forgotten"))
    # The deployed function has another queue's name in its settings, which is no fault of these.
    examined = hospital.examine(document=document)
    finding = examined.found("queue-absent")
    assert finding["subject"] == "queue forgotten"


@pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")
def test_a_queue_that_keeps_nothing_as_long_as_it_is_needed(hospital: Hospital) -> None:
    admin = hospital.stack.cloud.admin
    account: Any = Account(hospital.stack.cloud.url, admin.access_key_id, admin.access_key_secret)
    try:
        queue = account.get_queue("vodpass-watch")
        meta = queue.get_attributes()
        assert hospital.examine().codes == set()
        meta.set_message_retention_period(3600)
        queue.set_attributes(meta)
        finding = hospital.examine().found("queue-retention")
        assert "3600 seconds" in finding["what"]
        meta.set_message_retention_period(345_600)
        queue.set_attributes(meta)
    finally:
        account.get_client().close_connection()


def test_queues_that_the_key_may_not_read(hospital: Hospital) -> None:
    key = hospital.stack.cloud.ram.service_session(
        "fc.aliyuncs.com", "vodpass-watch", "doctor", 900
    )
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token or "",
    }
    examined = hospital.examine(environment=environment)
    said = {one["subject"] for one in examined.report["not_checked"]}
    assert {"queue vodpass-events", "queue vodpass-watch", "queue vodpass-dead-letters"} <= said


# --- roles ------------------------------------------------------------------------------------


def test_a_role_that_lacks_what_its_function_calls(hospital: Hospital) -> None:
    """Found by asking the function itself, as a user."""
    hospital.stack.cloud.ram.set_role_policies("vodpass-play", policy("vod:GetVideoPlayAuth"))
    examined = hospital.examine("--token-env", "TOKEN")
    finding = examined.found("misconfigured")
    assert finding["subject"] == "play"
    assert "lacks a RAM permission" in finding["what"]
    assert "RequestId" in finding["what"]


def test_a_role_that_anyone_of_the_account_can_become(hospital: Hospital) -> None:
    cloud = hospital.stack.cloud
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
    examined = hospital.examine("--as-role")
    assert examined.codes == {"role-trusts-more"}
    cloud.ram.put_role(
        "vodpass-play", trust=trust, policies=(policy("vod:GetVideoInfo", "vod:Get*Callback"),)
    )
    examined = hospital.examine("--as-role")
    assert examined.codes == {"role-trusts-more", "role-lacks", "role-may-more"}
    assert "vod:GetVideoPlayAuth" in examined.found("role-lacks")["what"]
    assert "vod:GetMessageCallback" in examined.found("role-may-more")["what"]


def test_a_role_that_does_not_exist(hospital: Hospital) -> None:
    document = hospital.rendered()
    document["resources"]["watch"]["props"]["role"] = "vodpass-wacht"
    finding = hospital.examine("--as-role", document=document).found("role-absent")
    assert finding["subject"] == "vodpass-wacht"


def policy(*actions: str) -> dict[str, Any]:
    return {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


# --- the functions where they are deployed ----------------------------------------------------


def test_a_url_where_nothing_answers(hospital: Hospital) -> None:
    examined = hospital.examine("--no-account", url="http://127.0.0.1:1")
    assert examined.codes == {"unreachable"}


def test_a_url_that_leads_elsewhere(hospital: Hospital) -> None:
    at = f"upload={hospital.stack.url}/_local/config"
    finding = hospital.examine("--no-account", "--at", at).found("not-vodpass")
    assert finding["subject"] == "upload"


def test_a_url_that_leads_to_another_function(hospital: Hospital) -> None:
    at = f"upload={hospital.stack.url}/play"
    finding = hospital.examine("--no-account", "--at", at).found("wrong-function")
    assert "405 MethodNotAllowed" in finding["what"]


def test_a_deployed_function_with_other_keys_than_were_checked(hospital: Hospital) -> None:
    """The caller's token is refused, although the settings would accept it."""
    keys = json.loads(hospital.stack.keys.jwks)
    secret = secrets.token_bytes(32)
    keys["keys"][0] |= {"k": base64.urlsafe_b64encode(secret).rstrip(b"=").decode(), "kid": "new"}
    document = hospital.rendered(VODPASS_JWT_KEYS=json.dumps(keys))
    now = int(time.time())
    claims = {"iss": "vodpass-local", "aud": "vodpass", "sub": "alice", "exp": now + 600}
    token = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "new"})
    examined = hospital.examine(
        "--token-env",
        "TOKEN",
        document=document,
        environment={**hospital.environment, "TOKEN": token},
    )
    assert examined.codes == {"token-refused"}
    assert token not in examined.printed


def test_an_origin_that_the_deployed_function_does_not_know(hospital: Hospital) -> None:
    document = hospital.rendered(VODPASS_CORS_ORIGINS="https://app.example.com")
    examined = hospital.examine("--no-account", document=document)
    assert examined.codes == {"cors-closed"}


def test_an_issuer_whose_keys_cannot_be_had(hospital: Hospital) -> None:
    document = hospital.rendered(
        VODPASS_JWT_KEYS="", VODPASS_JWT_JWKS_URL=f"{hospital.stack.url}/_local/config"
    )
    finding = hospital.examine("--no-account", document=document).found("jwks")
    assert "no JWKS of usable keys" in finding["what"]


def test_an_issuer_whose_keys_can_be_had_is_no_fault(hospital: Hospital) -> None:
    with JwksServer(Key("r1").jwk, Key("e1", "ES256").jwk) as issuer:
        document = hospital.rendered(VODPASS_JWT_KEYS="", VODPASS_JWT_JWKS_URL=issuer.url)
        examined = hospital.examine("--no-account", document=document)
        assert issuer.fetched == ["/.well-known/jwks.json"]
    assert examined.codes == set()
    said = [one["text"] for one in examined.report["not_checked"]]
    assert any("only the issuer can sign" in one for one in said)
    assert {"subject": "VODPASS_JWT_JWKS_URL", "text": "2 keys"} in examined.report["sound"]


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

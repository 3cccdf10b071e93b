"""Policy evaluation: tables of cases, and properties for the rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import (
    AccessRequest,
    Decision,
    PolicyType,
    evaluate,
    evaluate_trust,
    request_context,
)
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import account, assumed_role, cloud_service, ram_user

ACCOUNT = "1234567890123456"
USER = ram_user(ACCOUNT, "bob", "200000000000000001")
SESSION = assumed_role(ACCOUNT, "reader", "300000000000000001", "s-1")


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse({"Version": "1", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def user(*policies: Policy) -> Credential:
    return Credential("LTAIx", "s", USER, policies)


def session(session_policy: Policy | None, *policies: Policy) -> Credential:
    return Credential("STS.x", "s", SESSION, policies, session_policy, "t", 1.0)


OBJECT = f"acs:oss:oss-cn-shanghai:{ACCOUNT}:bucket/user/a.mp4"


@pytest.mark.parametrize(
    ("statement", "action", "resource", "allowed"),
    [
        (allow("vod:GetVideoInfo"), "vod:GetVideoInfo", "*", True),
        (allow("VOD:getvideoinfo"), "vod:GetVideoInfo", "*", True),
        (allow("vod:Get*"), "vod:GetVideoInfo", "*", True),
        (allow("vod:Get*"), "vod:DeleteVideo", "*", False),
        (allow("vod:*"), "sts:AssumeRole", "*", False),
        (allow("*:Get*"), "vod:GetPlayInfo", "*", True),
        (allow("v:*"), "vod:GetPlayInfo", "*", False),
        (allow("*"), "vod:GetPlayInfo", "*", True),
        (allow("vod:GetVideoInf?"), "vod:GetVideoInfo", "*", True),
        (allow("vod:GetVideoInfo?"), "vod:GetVideoInfo", "*", False),
        (
            {"Effect": "Allow", "NotAction": "vod:Delete*", "Resource": "*"},
            "vod:GetVideoInfo",
            "*",
            True,
        ),
        (
            {"Effect": "Allow", "NotAction": "vod:Delete*", "Resource": "*"},
            "vod:DeleteVideo",
            "*",
            False,
        ),
        # VOD permits by operation: only a pattern for all resources covers it.
        (allow("vod:*", "acs:vod:*:*:*"), "vod:GetVideoInfo", "*", True),
        (allow("vod:*", "acs:vod:*:*"), "vod:GetVideoInfo", "*", True),
        (allow("vod:*", "acs:vod:*:*:video/1"), "vod:GetVideoInfo", "*", False),
        (allow("vod:*", "acs:oss:*:*:*"), "vod:GetVideoInfo", "*", False),
        (allow("oss:PutObject", "acs:oss:*:*:bucket/user/*"), "oss:PutObject", OBJECT, True),
        (allow("oss:PutObject", "acs:oss:*:*:bucket/User/*"), "oss:PutObject", OBJECT, False),
        (allow("oss:PutObject", "acs:oss:*:*:bucket"), "oss:PutObject", OBJECT, False),
        (
            allow("oss:PutObject", f"acs:oss:oss-cn-shanghai:{ACCOUNT}:bucket/*"),
            "oss:PutObject",
            OBJECT,
            True,
        ),
        (
            allow("oss:PutObject", "acs:oss:oss-cn-beijing:*:bucket/*"),
            "oss:PutObject",
            OBJECT,
            False,
        ),
        (allow("oss:PutObject", "acs:oss:*:1:bucket/*"), "oss:PutObject", OBJECT, False),
        (
            {"Effect": "Allow", "Action": "oss:*", "NotResource": "acs:oss:*:*:bucket/user/*"},
            "oss:PutObject",
            OBJECT,
            False,
        ),
        (
            {"Effect": "Allow", "Action": "oss:*", "NotResource": "acs:oss:*:*:other/*"},
            "oss:PutObject",
            OBJECT,
            True,
        ),
        # An object key with colons does not look like another bucket.
        (
            allow("oss:PutObject", "acs:oss:*:*:bucket/*"),
            "oss:PutObject",
            f"acs:oss:oss-cn-shanghai:{ACCOUNT}:other/x:bucket/y",
            False,
        ),
        (allow("oss:*", "acs:oss:*:*:bucket/*"), "oss:PutObject", "bucket/x", False),
        (
            allow("sts:AssumeRole", f"acs:ram::{ACCOUNT}:role/a"),
            "sts:AssumeRole",
            f"acs:ram::{ACCOUNT}:role/a",
            True,
        ),
        (
            allow("sts:AssumeRole", f"acs:ram::{ACCOUNT}:role/a"),
            "sts:AssumeRole",
            f"acs:ram::{ACCOUNT}:role/ab",
            False,
        ),
        (
            allow("sts:AssumeRole", "acs:ram:*:*:role/*"),
            "sts:AssumeRole",
            f"acs:ram::{ACCOUNT}:role/ab",
            True,
        ),
    ],
)
def test_what_an_allow_covers(
    statement: dict[str, Any], action: str, resource: str, allowed: bool
) -> None:
    assert evaluate(user(policy(statement)), AccessRequest(action, resource)).allowed is allowed


IDENTITY: PolicyType = "AccountLevelIdentityBasedPolicy"
SESSION_POLICY: PolicyType = "SessionPolicy"


@pytest.mark.parametrize(
    ("credential", "decision"),
    [
        (user(), Decision(False, "ImplicitDeny", IDENTITY)),
        (user(policy(deny("vod:*"))), Decision(False, "ExplicitDeny", IDENTITY)),
        (user(policy(allow("vod:*"))), Decision(True)),
        (user(policy(allow("vod:*"), deny("vod:Get*"))), Decision(False, "ExplicitDeny", IDENTITY)),
        (user(policy(deny("*")), policy(allow("*"))), Decision(False, "ExplicitDeny", IDENTITY)),
        (session(None, policy(allow("*"))), Decision(True)),
        (session(policy(allow("*"))), Decision(False, "ImplicitDeny", IDENTITY)),
        (
            session(policy(allow("oss:*")), policy(allow("*"))),
            Decision(False, "ImplicitDeny", SESSION_POLICY),
        ),
        (
            session(policy(allow("*")), policy(allow("oss:*"))),
            Decision(False, "ImplicitDeny", IDENTITY),
        ),
        (session(policy(allow("vod:Get*")), policy(allow("vod:*"))), Decision(True)),
        (
            session(policy(allow("*"), deny("vod:*")), policy(allow("*"))),
            Decision(False, "ExplicitDeny", SESSION_POLICY),
        ),
        (
            session(policy(allow("oss:*")), policy(deny("*"))),
            Decision(False, "ExplicitDeny", IDENTITY),
        ),
        (Credential("LTAIr", "s", account(ACCOUNT), ()), Decision(True)),
        (
            Credential("STS.s", "s", cloud_service("vod.aliyuncs.com", ACCOUNT), ()),
            Decision(False, "ImplicitDeny", IDENTITY),
        ),
    ],
)
def test_decisions(credential: Credential, decision: Decision) -> None:
    assert evaluate(credential, AccessRequest("vod:GetVideoInfo", "*")) == decision


def test_conditions_of_allow_and_deny_when_a_key_is_absent() -> None:
    condition = {"Condition": {"StringNotEquals": {"acs:SourceVpc": "vpc-1"}}}
    request = AccessRequest("vod:GetVideoInfo", "*")
    assert not evaluate(user(policy(allow("*", **condition))), request).allowed
    assert not evaluate(user(policy(allow("*"), deny("*", **condition))), request).allowed
    inside = AccessRequest("vod:GetVideoInfo", "*", {"acs:SourceVpc": "vpc-1"})
    assert evaluate(user(policy(allow("*"), deny("*", **condition))), inside).allowed


@pytest.mark.parametrize(
    ("action", "resource"),
    [("vod:GetVideoInfo", "*"), ("oss:PutObject", f"acs:oss:*:{ACCOUNT}:bucket/x")],
)
def test_a_request_without_a_region(action: str, resource: str) -> None:
    """An Allow for one region does not apply, but a Deny does: never to the caller's advantage."""
    named = f"acs:{action[:3]}:cn-shanghai:*:*"
    request = AccessRequest(action, resource)
    everything = allow("*")
    assert not evaluate(user(policy(allow("*", named))), request).allowed
    assert not evaluate(user(policy(everything, deny("*", named))), request).allowed
    but = {"Action": "*", "NotResource": named}
    assert not evaluate(user(policy({"Effect": "Allow", **but})), request).allowed
    assert not evaluate(user(policy(everything, {"Effect": "Deny", **but})), request).allowed
    other_account = "acs:vod:*:99:*" if action.startswith("vod") else "acs:oss:cn-shanghai:99:*"
    denied = evaluate(user(policy(everything, deny("*", other_account))), request)
    assert denied.allowed is action.startswith("oss")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"IpAddress": {"acs:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}, False),
        ({"Bool": {"acs:SecureTransport": "false"}}, True),
        ({"Bool": {"acs:SecureTransport": "true"}}, False),
        ({"DateLessThan": {"acs:CurrentTime": "2026-11-24T08:00:01Z"}}, True),
        ({"DateLessThan": {"acs:CurrentTime": "2026-11-24T08:00:00Z"}}, False),
        (
            {"IpAddress": {"acs:SourceIp": "127.0.0.1"}, "Bool": {"acs:SecureTransport": "true"}},
            False,
        ),
        ({"Bool": {"acs:MFAPresent": "true"}}, False),
    ],
)
def test_conditions_on_what_every_request_has(condition: dict[str, Any], allowed: bool) -> None:
    context = request_context(source_ip="127.0.0.1", secure=False, now=1795507200.9)
    request = AccessRequest("vod:GetVideoInfo", "*", context)
    assert evaluate(user(policy(allow("*", Condition=condition))), request).allowed is allowed


def trust(principal: dict[str, Any], **more: Any) -> Policy:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return Policy.parse_trust({"Version": "1", "Statement": [statement]})


ROLE = "acs:ram::1234567890123456:role"


@pytest.mark.parametrize(
    ("principal", "who", "trusted"),
    [
        ({"RAM": f"acs:ram::{ACCOUNT}:root"}, USER, True),
        ({"RAM": f"acs:ram::{ACCOUNT}:root"}, SESSION, True),
        ({"RAM": f"acs:ram::{ACCOUNT}:root"}, cloud_service("fc.aliyuncs.com", ACCOUNT), False),
        ({"RAM": "acs:ram::99:root"}, USER, False),
        ({"RAM": f"acs:ram::{ACCOUNT}:user/bob"}, USER, True),
        ({"RAM": f"acs:ram::{ACCOUNT}:user/bo"}, USER, False),
        ({"RAM": f"acs:ram::{ACCOUNT}:user/reader"}, SESSION, False),
        ({"RAM": [f"{ROLE}/other", f"{ROLE}/reader"]}, SESSION, True),
        ({"RAM": f"{ROLE}/reader"}, assumed_role("99", "reader", "3", "s-1"), False),
        ({"RAM": f"{ROLE}/bob"}, USER, False),
        ({"Service": "fc.aliyuncs.com"}, cloud_service("fc.aliyuncs.com", ACCOUNT), True),
        ({"Service": "fc.aliyuncs.com"}, cloud_service("ecs.aliyuncs.com", ACCOUNT), False),
        ({"Service": "fc.aliyuncs.com"}, USER, False),
        ({"Federated": f"acs:ram::{ACCOUNT}:saml-provider/idp"}, USER, False),
    ],
)
def test_trust(principal: dict[str, Any], who: Any, trusted: bool) -> None:
    request = AccessRequest("sts:AssumeRole", f"{ROLE}/target")
    decision = evaluate_trust(trust(principal), who, request)
    assert decision.allowed is trusted
    if not trusted:
        assert decision == Decision(False, "ImplicitDeny", "AssumeRolePolicy")


def test_a_deny_in_a_trust_policy_wins() -> None:
    both = Policy.parse_trust(
        {
            "Version": "1",
            "Statement": [
                {"Effect": e, "Action": "sts:AssumeRole", "Principal": {"RAM": p}}
                for e, p in (("Allow", f"acs:ram::{ACCOUNT}:root"), ("Deny", USER.arn))
            ],
        }
    )
    request = AccessRequest("sts:AssumeRole", f"{ROLE}/target")
    assert evaluate_trust(both, USER, request) == Decision(
        False, "ExplicitDeny", "AssumeRolePolicy"
    )
    assert evaluate_trust(both, SESSION, request).allowed
    detail = access_denied_detail(USER, "sts:AssumeRole", evaluate_trust(both, USER, request))
    assert detail["AuthPrincipalType"] == "SubUser"
    assert detail["PolicyType"] == "AssumeRolePolicy"


ACTIONS = st.sampled_from(["*", "vod:*", "vod:Get*", "vod:GetVideoInfo", "oss:PutObject", "oss:*"])
RESOURCES = st.sampled_from(["*", "acs:oss:*:*:b/*", "acs:oss:*:*:b/u/*", "acs:vod:*:*:*"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"Bool": {"acs:SecureTransport": "true"}},
        {"StringNotEquals": {"x:y": "1"}},
        {"StringEquals": {"x:y": "1"}},
        {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    ]
)
STATEMENTS = st.builds(
    lambda effect, verb, action, noun, resource, condition: {
        "Effect": effect,
        verb: action,
        noun: resource,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["Action", "NotAction"]),
    ACTIONS,
    st.sampled_from(["Resource", "NotResource"]),
    RESOURCES,
    CONDITIONS,
)
POLICIES = st.builds(lambda found: policy(*found), st.lists(STATEMENTS, min_size=1, max_size=4))
REQUESTS = st.builds(
    AccessRequest,
    st.sampled_from(["vod:GetVideoInfo", "vod:DeleteVideo", "oss:PutObject", "oss:GetObject"]),
    st.sampled_from(["*", "acs:oss:cn:1:b/u/k", "acs:oss:cn:1:b/k", "acs:oss:cn:1:c/k"]),
    st.dictionaries(
        st.sampled_from(["acs:SecureTransport", "x:y", "acs:SourceIp"]),
        st.sampled_from(["true", "false", "1", "10.1.1.1", "11.1.1.1"]),
    ),
)


@given(POLICIES, STATEMENTS, REQUESTS)
def test_another_deny_never_allows_more(
    base: Policy, statement: dict[str, Any], request: AccessRequest
) -> None:
    more = policy({**statement, "Effect": "Deny"})
    if not evaluate(user(base), request).allowed:
        assert not evaluate(user(base, more), request).allowed
        assert not evaluate(session(more, base), request).allowed
    joined = Policy((*base.statements, *more.statements))
    assert evaluate(user(joined), request) == evaluate(user(base, more), request)


@given(POLICIES, POLICIES, REQUESTS)
def test_a_session_never_has_more_than_its_role_or_its_policy(
    role: Policy, narrowed: Policy, request: AccessRequest
) -> None:
    """A session may do exactly what both policies allow: the intersection."""
    both = evaluate(session(narrowed, role), request).allowed
    assert both is (
        evaluate(session(None, role), request).allowed and evaluate(user(narrowed), request).allowed
    )


@given(st.lists(POLICIES, max_size=3), REQUESTS)
def test_order_does_not_matter(policies: list[Policy], request: AccessRequest) -> None:
    forwards = evaluate(user(*policies), request)
    assert evaluate(user(*reversed(policies)), request) == forwards


@given(REQUESTS)
def test_nothing_is_allowed_without_a_policy(request: AccessRequest) -> None:
    assert not evaluate(user(), request).allowed
    identities = Identities(Clock())
    assert not evaluate(identities.issue(SESSION, (), 900), request).allowed

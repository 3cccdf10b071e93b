"""The policy grammar: what it accepts, what it refuses, and which place an error names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakealiyun.ram.policy import Policy, PolicyGrammarError


def statement(**members: Any) -> dict[str, Any]:
    """An Allow of everything, changed by `members`. None removes a member."""
    whole = {"Effect": "Allow", "Action": "*", "Resource": "*", **members}
    return {key: value for key, value in whole.items() if value is not None}


def document(**members: Any) -> dict[str, Any]:
    return {"Version": "1", "Statement": [statement(**members)]}


def trust(**members: Any) -> dict[str, Any]:
    whole = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": ["fc.aliyuncs.com"]},
        **members,
    }
    kept = {key: value for key, value in whole.items() if value is not None}
    return {"Version": "1", "Statement": [kept]}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"Effect": "Deny"},
        {"Action": ["vod:GetVideoInfo", "vod:Get*", "*:Describe*", "yundun-waf:?et"]},
        {"Action": None, "NotAction": "ram:*"},
        {"Resource": None, "NotResource": ["acs:oss:*:*:secret/*"]},
        {"Resource": "acs:oss:oss-cn-shanghai:1234567890123456:bucket/a:b/*"},
        {"Resource": ["acs:ram::1234567890123456:role/x", "acs:ram:*:*:role/*"]},
        {"Resource": "acs:vod:*:*"},
        {"Condition": {}},
        {
            "Condition": {
                "IpAddress": {"acs:SourceIp": ["203.0.113.2", "10.0.0.0/8", "2001:db8::/32"]}
            }
        },
        {"Condition": {"NotIpAddress": {"acs:SourceIp": "::1"}}},
        {"Condition": {"DateLessThan": {"acs:CurrentTime": "2026-11-24T17:00:00+08:00"}}},
        {"Condition": {"Bool": {"acs:SecureTransport": "true"}}},
        {
            "Condition": {
                "StringLike": {"oss:Prefix": ["a/*", "b?"]},
                "NumericEquals": {"oss:x": "-1.5"},
            }
        },
        {"Condition": {"StringEquals": {"acs:ResourceTag/team name": "video"}}},
    ],
)
def test_policies(members: dict[str, Any]) -> None:
    whole = document(**members)
    policy = Policy.parse(whole)
    assert len(policy.statements) == 1
    assert Policy.parse(json.dumps(whole, indent=4)) == policy
    assert Policy.parse(document(Effect="Deny", Action="x:y")) != policy


@pytest.mark.parametrize(
    ("whole", "place"),
    [
        ([], "policy"),
        ("[]", "policy"),
        ("", "policy"),
        ("null", "policy"),
        ("{", "policy"),
        ('{"Version":"1","Version":"1","Statement":[]}', "policy"),
        (
            '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
            "policy",
        ),
        ('{"Version":NaN,"Statement":[]}', "policy"),
        ("[" * 100_000, "policy"),
        ('{"Version":"1","Statement":' + "9" * 5000 + "}", "policy"),
        ({"Statement": [statement()]}, "policy"),
        ({"Version": "1"}, "policy"),
        ({"Version": "1", "Statement": [statement()], "Id": "x"}, "policy"),
        ({"Version": 1, "Statement": [statement()]}, "Version"),
        ({"Version": "2012-10-17", "Statement": [statement()]}, "Version"),
        ({"Version": "1", "Statement": []}, "Statement"),
        ({"Version": "1", "Statement": statement()}, "Statement"),
        ({"Version": "1", "Statement": [statement(), "x"]}, "Statement[1]"),
        (document(Effect=None), "Statement[0]"),
        (document(Effect="allow"), "Statement[0].Effect"),
        (document(Effect=["Allow"]), "Statement[0].Effect"),
        (document(Sid="x"), "Statement[0]"),
        (document(action="*"), "Statement[0]"),
        (document(Principal={"RAM": ["*"]}), "Statement[0]"),
        (document(Action=None), "Statement[0]"),
        (document(NotAction="*"), "Statement[0]"),
        (document(NotResource="*"), "Statement[0]"),
        (document(Resource=None), "Statement[0]"),
        (document(Action=[]), "Statement[0].Action"),
        (document(Action=""), "Statement[0].Action"),
        (document(Action=["*", 7]), "Statement[0].Action[1]"),
        (document(Action={"vod": "*"}), "Statement[0].Action"),
        (document(Action="GetVideoInfo"), "Statement[0].Action"),
        (document(Action="vod:"), "Statement[0].Action"),
        (document(Action=":Get"), "Statement[0].Action"),
        (document(Action="vo*:Get"), "Statement[0].Action"),
        (document(Action="**:Get"), "Statement[0].Action"),
        (document(Action="vod:Get Video"), "Statement[0].Action"),
        (document(Action="vod:Get\n"), "Statement[0].Action"),
        (document(Action="vod:Gét"), "Statement[0].Action"),
        (document(Resource="bucket/*"), "Statement[0].Resource"),
        (document(Resource="**"), "Statement[0].Resource"),
        (document(Resource="arn:aws:s3:::b/*"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:*:"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:x"), "Statement[0].Resource"),
        (document(Resource="acs:o*:*:*:b"), "Statement[0].Resource"),
        (document(Resource="acs:oss:cn-*:*:b"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:${AccountId}:b"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:12*:b"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:*:b\x00"), "Statement[0].Resource"),
        (document(Resource="acs:oss:*:*:b\ud800"), "Statement[0].Resource"),
        (document(Condition=[]), "Statement[0].Condition"),
        (document(Condition=None, **{"condition": {}}), "Statement[0]"),
        (
            document(Condition={"StringEqual": {"acs:SourceIp": "x"}}),
            "Statement[0].Condition.StringEqual",
        ),
        (
            document(Condition={"stringequals": {"acs:SourceIp": "x"}}),
            "Statement[0].Condition.stringequals",
        ),
        (document(Condition={"StringEquals": {}}), "Statement[0].Condition.StringEquals"),
        (document(Condition={"StringEquals": "x"}), "Statement[0].Condition.StringEquals"),
        (
            document(Condition={"StringEquals": {"SourceIp": "x"}}),
            "Statement[0].Condition.StringEquals.SourceIp",
        ),
        (
            document(Condition={"StringEquals": {"acs:*": "x"}}),
            "Statement[0].Condition.StringEquals.acs:*",
        ),
        (
            document(Condition={"StringEquals": {"acs:A": []}}),
            "Statement[0].Condition.StringEquals.acs:A",
        ),
        (
            document(Condition={"Bool": {"acs:SecureTransport": True}}),
            "Statement[0].Condition.Bool.acs:SecureTransport",
        ),
        (
            document(Condition={"Bool": {"acs:SecureTransport": "yes"}}),
            "Statement[0].Condition.Bool.acs:SecureTransport",
        ),
        (
            document(Condition={"NumericEquals": {"a:b": "1e9"}}),
            "Statement[0].Condition.NumericEquals.a:b",
        ),
        (
            document(Condition={"NumericEquals": {"a:b": "NaN"}}),
            "Statement[0].Condition.NumericEquals.a:b",
        ),
        (
            document(Condition={"DateEquals": {"a:b": "2026-11-24"}}),
            "Statement[0].Condition.DateEquals.a:b",
        ),
        (
            document(Condition={"DateEquals": {"a:b": "2026-13-24T00:00:00Z"}}),
            "Statement[0].Condition.DateEquals.a:b",
        ),
        (
            document(Condition={"IpAddress": {"a:b": "10.0.0.1/8"}}),
            "Statement[0].Condition.IpAddress.a:b",
        ),
        (
            document(Condition={"IpAddress": {"a:b": "10.0.0.0/255.0.0.0"}}),
            "Statement[0].Condition.IpAddress.a:b",
        ),
        (
            document(Condition={"IpAddress": {"a:b": "10.0.0.0/33"}}),
            "Statement[0].Condition.IpAddress.a:b",
        ),
        (
            document(Condition={"IpAddress": {"a:b": "10.0.0.*"}}),
            "Statement[0].Condition.IpAddress.a:b",
        ),
        (
            document(Condition={"IpAddress": {"a:b": "fe80::1%eth0"}}),
            "Statement[0].Condition.IpAddress.a:b",
        ),
    ],
)
def test_no_policies(whole: Any, place: str) -> None:
    with pytest.raises(PolicyGrammarError) as refusal:
        Policy.parse(whole)
    assert str(refusal.value).startswith(f"{place}: ")


@pytest.mark.parametrize(
    "principal",
    [
        {"Service": "fc.aliyuncs.com"},
        {"Service": ["fc.aliyuncs.com", "ecs.aliyuncs.com"]},
        {"RAM": ["acs:ram::1234567890123456:root", "acs:ram::1:user/a.b", "acs:ram::1:role/x"]},
        {"Federated": ["acs:ram::1:saml-provider/idp"], "RAM": "acs:ram::1:root"},
    ],
)
def test_trust_policies(principal: Any) -> None:
    assert Policy.parse_trust(trust(Principal=principal)).statements[0].principals


@pytest.mark.parametrize(
    ("whole", "place"),
    [
        (trust(Principal=None), "Statement[0]"),
        (trust(Resource="*"), "Statement[0]"),
        (trust(Principal="*"), "Statement[0].Principal"),
        (trust(Principal={}), "Statement[0].Principal"),
        (trust(Principal={"AWS": ["x"]}), "Statement[0].Principal.AWS"),
        (trust(Principal={"RAM": ["*"]}), "Statement[0].Principal.RAM[0]"),
        (trust(Principal={"RAM": ["acs:ram::*:root"]}), "Statement[0].Principal.RAM[0]"),
        (trust(Principal={"RAM": ["acs:ram::1:role/*"]}), "Statement[0].Principal.RAM[0]"),
        (trust(Principal={"RAM": ["1234567890123456"]}), "Statement[0].Principal.RAM[0]"),
        (trust(Principal={"Service": ["*"]}), "Statement[0].Principal.Service[0]"),
        (
            trust(Principal={"Service": ["fc.aliyuncs.com.evil.example"]}),
            "Statement[0].Principal.Service[0]",
        ),
        (trust(Action="vod:GetVideoInfo"), "Statement[0].Action"),
        (trust(Action="*"), "Statement[0].Action"),
        (trust(Action=None, NotAction="sts:AssumeRole"), "Statement[0].NotAction"),
    ],
)
def test_no_trust_policies(whole: Any, place: str) -> None:
    with pytest.raises(PolicyGrammarError) as refusal:
        Policy.parse_trust(whole)
    assert str(refusal.value).startswith(f"{place}: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Resource", "Condition", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_else_is_refused_and_nothing_else_raised(value: Any) -> None:
    for read in (Policy.parse, Policy.parse_trust):
        with pytest.raises(PolicyGrammarError):
            read(value)
        with pytest.raises(PolicyGrammarError):
            read(json.dumps(value))


def test_errors_and_repr_do_not_quote_the_document() -> None:
    secret = "customer-4711"
    with pytest.raises(PolicyGrammarError) as refusal:
        Policy.parse(document(Resource=f"acs:oss:{secret.upper()}:*:b"))
    assert secret.upper() not in str(refusal.value)
    with pytest.raises(PolicyGrammarError) as refusal:
        Policy.parse(document(Condition={"IpAddress": {"acs:SourceIp": secret}}))
    assert secret not in str(refusal.value)
    assert secret not in repr(Policy.parse(document(Resource=f"acs:oss:*:*:b/{secret}/*")))

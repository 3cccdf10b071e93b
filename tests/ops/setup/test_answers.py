"""Answers from a file: what is accepted, what is refused, and how a refusal names the question."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import pytest

from ops.setup.answers_schema import schema
from ops.setup.questions import QUESTIONS
from shared.config.settings import load
from shared.config.uses import USES
from tests.functions.tokens.test_issuers import ISSUERS, TENANT
from tests.ops.setup.conftest import ANSWERS, PROJECT, Setup

OF_ISSUERS: Mapping[str, Mapping[str, Any]] = {
    "Auth0": {
        "kind": "auth0",
        "tenant": "example.eu.auth0.com",
        "audience": "https://vod.example.com",
        "limits_claim": "https://vod.example.com/vod",
    },
    "Auth0, by the permissions of its roles": {
        "kind": "auth0",
        "tenant": "example.eu.auth0.com",
        "audience": "https://vod.example.com",
        "scopes_from": "permissions",
    },
    "Entra ID": {
        "kind": "entra",
        "tenant_id": TENANT,
        "client_id": "11111111-2222-3333-4444-555555555555",
    },
    "Entra ID, by the roles of an application": {
        "kind": "entra",
        "tenant_id": TENANT,
        "client_id": "11111111-2222-3333-4444-555555555555",
        "callers": "apps",
    },
    "Firebase": {"kind": "firebase", "project": "example-app"},
    "Supabase": {"kind": "supabase", "project": "abcdefghijklmnopqrst"},
    "Cognito, ID token": {
        "kind": "cognito",
        "pool": "eu-west-1_AbCdEfGhI",
        "client_id": "1example23456789",
    },
    "Cognito, access token": {
        "kind": "cognito",
        "pool": "eu-west-1_AbCdEfGhI",
        "client_id": "1example23456789",
        "tokens": "access",
    },
    "Alibaba Cloud IDaaS": {
        "kind": "idaas",
        "instance": "idaas_ue2jvisn35ea",
        "application": "app_mltta64q65en",
    },
}
"""The answer for each issuer of the tests about tokens."""


def with_answer(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(ANSWERS)), **changes}


@pytest.mark.parametrize("name", sorted(ISSUERS))
def test_each_issuer_gets_the_settings_that_accept_its_tokens(setup: Setup, name: str) -> None:
    done = setup.run(with_answer(issuer=OF_ISSUERS[name]))
    assert done.exit_code == 0, done.err
    of_issuer = next(one for one in QUESTIONS if one.key == "issuer").variables
    found = {name: setup.values[name] for name in of_issuer if setup.values[name]}
    url = found.pop("VODPASS_JWT_JWKS_URL")
    assert found == ISSUERS[name].settings
    assert url.startswith("https://")
    load(
        {name: setup.values[name] for name in USES["upload"] & setup.values.keys()}, USES["upload"]
    )


def test_the_key_urls_are_those_of_the_page() -> None:
    from ops.setup.issuers import settings_of

    page = (PROJECT / "docs" / "tokens.md").read_text()
    stands_for = {
        "example.eu.auth0.com": "TENANT.auth0.com",
        TENANT: "TENANT-ID",
        "abcdefghijklmnopqrst": "REF",
        "eu-west-1_AbCdEfGhI": "POOL",
        "eu-west-1": "REGION",
        "idaas_ue2jvisn35ea": "INSTANCE",
        "app_mltta64q65en": "APP",
    }
    for name, answer in OF_ISSUERS.items():
        filled = {"scopes_from": "", "limits_claim": "", "callers": "", "tokens": "id"}
        found = settings_of(answer["kind"], {**filled, "default_scopes": "", **answer})
        url = found["VODPASS_JWT_JWKS_URL"]
        for real, word in stands_for.items():
            url = url.replace(real, word)
        assert f"| `{url}` |" in page, name


# --- hostile answers --------------------------------------------------------------------------

HOSTILE = {
    "a line break": "https://app.example.com/a\nVODPASS_OWNER_KEYS=evil",
    "a carriage return": "https://app.example.com/a\rb",
    "a single quote": "https://app.example.com/it's",
    "a double quote": 'https://app.example.com/"',
    "a backtick": "https://app.example.com/`id`",
    "a dollar": "https://app.example.com/$HOME",
    "an expression of s": "https://app.example.com/${env('HOME')}",
    "a backslash": "https://app.example.com/\\n",
    "a NUL": "https://app.example.com/\0",
    "a blank": "https://app.example.com/a b",
    "an escape sequence": "https://app.example.com/\x1b[2J",
    "text that is not ASCII": "https://app.example.com/\u202e",
    "a lone surrogate": "https://app.example.com/\ud800",
    "nothing": "",
    "a megabyte": "https://app.example.com/" + "a" * 20_000,
}
TEXTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "name": lambda value: {"name": value},
    "region": lambda value: {"region": value},
    "issuer_alias": lambda value: {"issuer_alias": value},
    "webhook_url": lambda value: {"webhook_url": value},
    "origins[0]": lambda value: {"origins": [value]},
    "callbacks": lambda value: {"callbacks": value},
    "python": lambda value: {"python": value},
    "issuer.tenant": lambda value: {"issuer": {**ANSWERS["issuer"], "tenant": value}},
    "issuer.audience": lambda value: {"issuer": {**ANSWERS["issuer"], "audience": value}},
    "issuer.kind": lambda value: {"issuer": {"kind": value}},
    "issuer.jwks_url": lambda value: {
        "issuer": {"kind": "own-url", "jwks_url": value, "issuer": "a", "audience": "b"}
    },
    "issuer.kid": lambda value: {
        "issuer": {"kind": "own-public-key", "public_key_file": "x", "kid": value, "issuer": "a"}
    },
    "address.domain": lambda value: {
        "address": {"kind": "domain", "domain": value, "certificate_id": "1"}
    },
    "address.certificate_id": lambda value: {
        "address": {"kind": "domain", "domain": "vod.example.com", "certificate_id": value}
    },
    "address.log_project": lambda value: {
        "address": {
            "kind": "domain",
            "domain": "vod.example.com",
            "certificate_id": "1",
            "log_project": value,
        }
    },
    "sts.account_id": lambda value: {"sts": {"purposes": ["vod-upload"], "account_id": value}},
    "sts.bucket": lambda value: {
        "sts": {"purposes": ["oss-upload"], "account_id": "1234567890123456", "bucket": value}
    },
    "sts.prefix": lambda value: {
        "sts": {
            "purposes": ["oss-upload"],
            "account_id": "1234567890123456",
            "bucket": "films",
            "prefix": value,
        }
    },
}


@pytest.mark.parametrize("hostile", sorted(HOSTILE))
def test_a_hostile_text_is_refused_by_every_question(setup: Setup, hostile: str) -> None:
    for where, answer in TEXTS.items():
        value = HOSTILE[hostile]
        if value == "" and where == "issuer.kid":
            continue  # it may be left out
        for language in ("en", "zh"):
            done = setup.run(with_answer(**answer(value)), "--language", language)
            assert done.exit_code == 1, where
            assert re.search(rf"^(refused: |拒绝：){re.escape(where)}[:：]", done.err), done.err
            assert "must be" in done.err or "必须是" in done.err
            assert "evil" not in done.printed
            assert value == "" or value not in done.printed
            assert not setup.path.exists()


@pytest.mark.parametrize("wrong", [1, None, True, [], {}, ["x"], {"kind": 1}, {"a": {"b": "c"}}])
def test_an_answer_of_another_type_is_refused(setup: Setup, wrong: Any) -> None:
    for question in QUESTIONS:
        if question.key == "origins" and wrong == []:
            continue
        done = setup.run(with_answer(**{question.key: wrong}))
        assert done.exit_code == 1
        assert re.match(rf"refused: {question.key}\b", done.err)
        assert not setup.path.exists()


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        (with_answer(regoin="cn-beijing"), "regoin: is not a question (did you mean region?)"),
        (
            with_answer(issuer={**ANSWERS["issuer"], "tennant": "x"}),
            "issuer.tennant: is not a question (did you mean tenant?)",
        ),
        (
            with_answer(address={"kind": "function-compute", "domain": "x"}),
            "address.domain: is not",
        ),
        (
            with_answer(issuer={"kind": "auth0", "tenant": "example.eu.auth0.com"}),
            "issuer.audience: is missing",
        ),
        (with_answer(sts={"purposes": ["vod-play"]}), "sts.account_id: is missing"),
        (with_answer(sts={"purposes": ["vod-play", "vod-play"]}), "sts.purposes: must be"),
        (
            with_answer(
                issuer={
                    "kind": "cognito",
                    "pool": "eu-west-1_Ab",
                    "client_id": "1a",
                    "tokens": "access",
                    "default_scopes": "vod:play",
                }
            ),
            "issuer.default_scopes: must be left out unless tokens is id",
        ),
        (with_answer(secrets={"owner_keys": "ab:c2VjcmV0"}), 'secrets.owner_keys: must be {"env"'),
        (with_answer(secrets={"owner_keys": {"env": "NONE"}}), "variable NONE is empty"),
        (with_answer(secrets={"owner_key": {"env": "X"}}), "did you mean owner_keys?"),
        (with_answer(secrets=[]), "secrets: must be an object"),
        (with_answer(settings={"VODPASS_LOCAL": "1"}), "VODPASS_LOCAL: is for local development"),
        (with_answer(settings={"VODPASS_NOPE": "1"}), "VODPASS_NOPE: is not a setting"),
        (with_answer(settings={"PATH": "1"}), "settings.PATH: must be the name of a variable"),
        (
            with_answer(settings={"VODPASS_UPLOAD_WINDOW": "7"}),
            "settings.VODPASS_UPLOAD_WINDOW: must be seconds from 3000",
        ),
        (with_answer(settings={"VODPASS_UPLOAD_WINDOW": 3600}), 'must be text or {"env": "NAME"}'),
        ({key: ANSWERS[key] for key in ANSWERS if key != "issuer"}, "issuer: is missing: one of"),
        ({key: ANSWERS[key] for key in ANSWERS if key != "webhook_url"}, "webhook_url: is missing"),
        ('{"region": "cn-beijing", "region": "cn-shanghai"}', "region: is there twice"),
        ("[]", "--answers: must be one JSON object"),
        ("{", "--answers: must be one JSON object"),
        ("[" * 5_000, "--answers: must be one JSON object"),
        ('{"name": "' + "a" * 70_000 + '"}', "--answers: must be one JSON object"),
    ],
)
def test_a_mistake_in_the_file_is_named(setup: Setup, answers: Any, named: str) -> None:
    done = setup.run(answers)
    assert (done.exit_code, done.out) == (1, "")
    assert named in done.err
    assert not setup.path.exists()


def test_a_secret_in_the_place_of_a_name_is_not_repeated(setup: Setup) -> None:
    secret = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0"
    for answers in (
        with_answer(**{secret: "x"}),
        with_answer(issuer={**ANSWERS["issuer"], secret: "x"}),
        with_answer(secrets={secret: {"env": "X"}}),
        with_answer(secrets={"owner_keys": {"env": secret + "!"}}),
        with_answer(settings={secret: "x"}),
        with_answer(settings={"VODPASS_CALLBACK_KEYS": secret}),
        with_answer(name=secret),
    ):
        done = setup.run(answers)
        assert done.exit_code == 1
        assert secret not in done.printed


def test_a_file_that_is_not_there_is_named(setup: Setup) -> None:
    done = setup.run(path=setup.folder / "absent.json")
    assert done.exit_code == 1
    assert "--answers: must be a file that can be read" in done.err


# --- the schema -------------------------------------------------------------------------------


def test_the_schema_is_documented_and_printed() -> None:
    kept = json.loads((PROJECT / "docs" / "setup-answers.schema.json").read_text("utf-8"))
    assert kept == schema(), "python -m ops.setup --schema > docs/setup-answers.schema.json"


def test_the_schema_accepts_what_the_command_accepts() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    jsonschema.Draft202012Validator.check_schema(schema())
    for issuer in OF_ISSUERS.values():
        validator.validate(with_answer(issuer=dict(issuer)))
    validator.validate(with_answer(secrets={"owner_keys": {"env": "OWNER_KEYS"}}))
    validator.validate(with_answer(sts={"purposes": ["vod-upload"], "account_id": "12345"}))


@pytest.mark.parametrize("hostile", sorted(HOSTILE))
def test_the_schema_refuses_hostile_texts_too(hostile: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for where, answer in TEXTS.items():
        if HOSTILE[hostile] == "" and where == "issuer.kid":
            continue
        assert not validator.is_valid(with_answer(**answer(HOSTILE[hostile]))), where


def test_every_question_is_asked_in_both_languages() -> None:
    for question in QUESTIONS:
        texts = [question.ask]
        for option in question.options:
            texts += [text for field in option.fields for text in (field.ask, field.allowed)]
            texts += [option.label] if option.label.en else []
        texts += [question.field.allowed] if question.field else []
        for text in texts:
            assert text.en.isascii()
            chinese = re.search(r"[\u4e00-\u9fff]", text.zh)
            # The names of products and words to type are the same in both.
            assert chinese or text.zh == text.en or text.zh.replace(" 或 ", " or ") == text.en, text

"""What `ops.setup` writes, keeps, makes and checks."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ops import chinese, keyring
from ops.readiness import faults
from ops.setup.shown import SHOWN
from shared.config.settings import load
from shared.config.uses import USES
from shared.config.variables import VARIABLES
from tests.ops.setup.conftest import ANSWERS, PROJECT, Run, Setup
from tests.ops.setup.test_answers import with_answer

SECRETS = [
    "VODPASS_OWNER_KEYS",
    "VODPASS_CALLBACK_URL",
    "VODPASS_CALLBACK_KEYS",
    "VODPASS_WEBHOOK_SECRETS",
    "VODPASS_JWT_KEYS",
]
SHARED_KEY: Mapping[str, Any] = {"kind": "own-shared-key"}


DOMAIN = {"kind": "domain", "domain": "vod.example.com", "certificate_id": "1234567"}


def shows_no_secret(setup: Setup, done: Run) -> None:
    """Fail if the run printed any 10 characters in a row of a secret in `.env`."""
    for name in SECRETS:
        for piece in re.findall(r"[A-Za-z0-9+/_=-]{10,}", setup.values.get(name, "")):
            if piece.startswith("//"):
                continue  # the host of a URL
            for at in range(len(piece) - 9):
                assert piece[at : at + 10] not in done.printed, name


def test_a_first_run_makes_a_deployment_without_a_fault(setup_with_s: Setup) -> None:
    setup = setup_with_s
    done = setup.run(with_answer(issuer=SHARED_KEY))
    assert done.exit_code == 0, done.err
    assert done.err == ""
    assert "All settings are valid." in done.out
    assert stat.S_IMODE(setup.path.stat().st_mode) == 0o600
    assert faults(setup.values, setup.folder, "s.yaml", PROJECT / "node_modules/.bin/s") == []
    shows_no_secret(setup, done)
    # Everything is explained as in .env.example.
    example = (PROJECT / ".env.example").read_text()
    comments = [line for line in example.splitlines() if line.startswith("#")]
    assert [x for x in setup.path.read_text().splitlines() if x.startswith("#")] == comments
    assert sorted(path.name for path in setup.folder.iterdir() if path.name.startswith(".")) == [
        ".env",
        ".env.example",
        ".env.zh-CN.example",
    ]


@pytest.mark.parametrize(
    ("answers", "template"),
    [
        ({}, "s.yaml"),
        ({"callbacks": "http"}, "s.no-queue.yaml"),
        ({"address": "domain"}, "s.prod.yaml"),
        ({"address": "domain", "callbacks": "http"}, "s.prod-no-queue.yaml"),
    ],
)
def test_each_way_to_deploy_has_no_fault(
    setup_with_s: Setup, answers: dict[str, Any], template: str
) -> None:
    if answers.get("address"):
        answers = {**answers, "address": DOMAIN}
    sts = {
        "purposes": ["vod-upload", "vod-play", "oss-upload"],
        "account_id": "1234567890123456",
        "bucket": "films",
    }
    done = setup_with_s.run(with_answer(sts=sts, **answers))
    assert done.exit_code == 0, done.err
    env = template.removeprefix("s.").removesuffix("yaml").rstrip(".")
    assert re.search(rf"^  \d\. make deploy{f' ENV={env}' if env else ''}$", done.out, re.M)
    values = setup_with_s.values
    assert values["VODPASS_STS_OSS_ROLE"] == "acs:ram::1234567890123456:role/film-client-oss"
    if "callbacks" in answers:
        assert values["VODPASS_WATCH"] == "expiring,abandoned,completed"
        assert values["VODPASS_EVENT_QUEUE"] == ""
    else:
        assert values["VODPASS_DEAD_LETTER_QUEUE"] == "film-dead-letters"
    if "address" in answers:
        assert values["VODPASS_CALLBACK_URL"].startswith("https://vod.example.com/events/")
        assert re.fullmatch(r"film-log-[0-9a-f]{8}", values["VODPASS_LOG_PROJECT"])


@pytest.mark.parametrize(
    ("answers", "file", "others", "options"),
    [
        ({}, ".env", [".env.other"], ("", "")),
        ({}, ".env.two", [], (" --env-file .env.two", " ARGS='--env-file .env.two'")),
        ({"address": DOMAIN}, ".env", [], (" --env prod", " ENV=prod")),
        ({"address": DOMAIN}, ".env.prod", [".env"], (" --env prod", " ENV=prod")),
        (
            {"address": DOMAIN},
            ".env",
            [".env.prod"],
            (" --env prod --env-file .env", " ENV=prod ARGS='--env-file .env'"),
        ),
    ],
)
def test_the_next_commands_read_the_file_that_was_written(
    setup: Setup,
    answers: dict[str, Any],
    file: str,
    others: list[str],
    options: tuple[str, str],
) -> None:
    for other in others:
        (setup.folder / other).touch()
    done = setup.run(with_answer(**answers), "--env-file", str(setup.folder / file))
    assert done.exit_code == 0, done.err
    apply, deploy = options
    assert f"python -m ops.account apply{apply}  " in done.out
    assert f"make deploy{deploy}\n" in done.out


def test_a_second_run_changes_nothing(setup: Setup) -> None:
    setup.run()
    before = setup.path.read_bytes()
    again = setup.run()
    assert again.exit_code == 0
    assert "nothing to change" in again.out
    assert setup.path.read_bytes() == before
    # Also without answers: none is needed any more.
    assert setup.run({}).exit_code == 0
    assert setup.path.read_bytes() == before


def test_two_deployments_have_different_keys(setup: Setup) -> None:
    setup.run(with_answer(issuer=SHARED_KEY), "--env-file", str(setup.folder / ".env.one"))
    setup.run(with_answer(issuer=SHARED_KEY), "--env-file", str(setup.folder / ".env.two"))
    from ops import dot_env

    one, two = (dot_env.read(setup.folder / name) for name in (".env.one", ".env.two"))
    for name in SECRETS:
        assert one[name] != two[name]
    load({name: one[name] for name in USES["events"] & one.keys()}, USES["events"])


# --- what is there stays ----------------------------------------------------------------------


def test_a_value_that_is_there_stays_unless_it_is_named(setup: Setup) -> None:
    setup.run()
    first = setup.values
    other = with_answer(
        region="cn-beijing",
        webhook_url="https://other.example.com/",
        issuer={"kind": "firebase", "project": "example-app"},
        issuer_alias="other",
    )
    kept = setup.run(other)
    assert kept.exit_code == 0
    assert setup.values == first, "also no right that only the other issuer needs"
    for name in ("REGION", "WEBHOOK_URL", "JWT_ISSUER", "JWT_JWKS_URL", "ISSUER_ALIAS"):
        assert f"! VODPASS_{name} has another value in the file, and it stays" in kept.out
    changed = setup.run(other, "--set", "VODPASS_REGION")
    assert "VODPASS_REGION  cn-shanghai -> cn-beijing" in changed.out
    assert setup.values == {**first, "VODPASS_REGION": "cn-beijing"}
    setup.run(other, "--set", "issuer")
    assert setup.values["VODPASS_JWT_AUDIENCE"] == "example-app"
    assert setup.values["VODPASS_OWNER_KEYS"] == first["VODPASS_OWNER_KEYS"]


@pytest.mark.parametrize("name", ["VODPASS_OWNER_KEYS", "VODPASS_ISSUER_ALIAS", "issuer_alias"])
def test_what_marks_videos_never_changes(setup: Setup, name: str) -> None:
    setup.run()
    before = setup.path.read_bytes()
    done = setup.run(with_answer(issuer_alias="other"), "--set", name)
    assert done.exit_code == 1
    assert f"{name} never changes here" in done.err
    keys = keyring.new_owner_keys()
    secret = with_answer(issuer_alias="other", secrets={"owner_keys": {"env": "K"}})
    done = setup.run(secret, environ={"K": keys})
    assert done.exit_code == 0
    assert "VODPASS_OWNER_KEYS has another value" in done.out
    assert setup.path.read_bytes() == before
    assert keys not in done.printed


def test_owner_keys_of_a_backup_are_taken_on_a_first_run(setup: Setup) -> None:
    keys = keyring.new_owner_keys()
    done = setup.run(with_answer(secrets={"owner_keys": {"env": "KEPT"}}), environ={"KEPT": keys})
    assert done.exit_code == 0, done.err
    assert setup.values["VODPASS_OWNER_KEYS"] == keys
    assert keys not in done.printed


def test_a_backup_that_is_no_key_is_refused_before_anything_is_written(setup: Setup) -> None:
    answers = with_answer(secrets={"owner_keys": {"env": "KEPT"}})
    done = setup.run(answers, environ={"KEPT": "ab:bm90IGEga2V5"})
    assert done.exit_code == 1
    assert "VODPASS_OWNER_KEYS: must be id:base64 pairs" in done.err
    assert "bm90IGEga2V5" not in done.printed
    assert not setup.path.exists()


def test_a_named_key_is_rotated_not_replaced(setup: Setup) -> None:
    setup.run(with_answer(issuer=SHARED_KEY))
    first = setup.values
    answers = with_answer(issuer=SHARED_KEY)
    for name in ("VODPASS_JWT_KEYS", "VODPASS_CALLBACK_KEYS", "VODPASS_WEBHOOK_SECRETS"):
        done = setup.run(answers, "--set", name)
        assert done.exit_code == 0, done.err
        shows_no_secret(setup, done)
    old, new = (keyring.read_jwt_keys(one["VODPASS_JWT_KEYS"]) for one in (first, setup.values))
    assert new[1:] == old
    for name in ("VODPASS_CALLBACK_KEYS", "VODPASS_WEBHOOK_SECRETS"):
        assert setup.values[name].split(",")[1:] == [first[name]]


def test_a_name_needs_an_answer(setup: Setup) -> None:
    setup.run()
    before = setup.path.read_bytes()
    done = setup.run({}, "--set", "VODPASS_REGION")
    assert (done.exit_code, "region: is missing" in done.err) == (1, True)
    done = setup.run({}, "--set", "VODPASS_UPLOAD_WINDOW")
    assert "the file of answers has no settings.VODPASS_UPLOAD_WINDOW" in done.err
    done = setup.run({}, "--set", "window")
    assert "--set: takes a variable such as VODPASS_REGION or a question: name, " in done.err
    done = setup.run({}, "--set", "VODPASS_ENDPOINT")
    assert "VODPASS_ENDPOINT: is not a setting of vodpass" in done.err
    assert setup.path.read_bytes() == before


def test_any_setting_can_be_given(setup: Setup) -> None:
    settings = {"VODPASS_UPLOAD_WINDOW": "7200", "VODPASS_PLAY_KEY": {"env": "PLAY"}}
    done = setup.run(with_answer(settings=settings), environ={"PLAY": "a1B2c3D4e5F6g7H8i9J0"})
    assert done.exit_code == 0, done.err
    assert setup.values["VODPASS_UPLOAD_WINDOW"] == "7200"
    assert setup.values["VODPASS_PLAY_KEY"] == "a1B2c3D4e5F6g7H8i9J0"
    assert "a1B2c3D4e5F6g7H8i9J0" not in done.printed
    again = setup.run({"settings": {"VODPASS_UPLOAD_WINDOW": "9000"}})
    assert setup.values["VODPASS_UPLOAD_WINDOW"] == "7200"
    assert "VODPASS_UPLOAD_WINDOW has another value" in again.out
    setup.run({"settings": {"VODPASS_UPLOAD_WINDOW": "9000"}}, "--set", "VODPASS_UPLOAD_WINDOW")
    assert setup.values["VODPASS_UPLOAD_WINDOW"] == "9000"


def test_a_missing_key_is_made_for_a_file_that_was_filled_by_hand(setup: Setup) -> None:
    setup.run()
    text = setup.path.read_text()
    setup.path.write_text(re.sub(r"^VODPASS_WEBHOOK_SECRETS=.*\n", "", text, flags=re.M))
    done = setup.run({})
    assert done.exit_code == 0, done.err
    assert "VODPASS_WEBHOOK_SECRETS  made now" in done.out
    keyring.read_webhook_secrets(setup.values["VODPASS_WEBHOOK_SECRETS"])
    assert setup.path.read_text().startswith(text[:500])


def test_lines_of_other_tools_stay(setup: Setup) -> None:
    setup.path.write_text("# ours\nexport OTHER='x y'\nVODPASS_REGION=cn-beijing # near us\n")
    done = setup.run()
    assert done.exit_code == 0, done.err
    assert setup.path.read_text().startswith(
        "# ours\nexport OTHER='x y'\nVODPASS_REGION=cn-beijing # near us\n"
    )
    assert setup.values["VODPASS_WEBHOOK_URL"] == ANSWERS["webhook_url"]


# --- the check of the whole -------------------------------------------------------------------

PLANTED = {
    "VODPASS_REGION": ("cn-hangzhou", "must be one of"),
    "VODPASS_JWT_MAX_LIFE": ("1", "must be seconds from 60"),
    "VODPASS_OWNER_KEYS": ("k1:c2hvcnQ=", "must be id:base64 pairs"),
    "VODPASS_CORS_ORIGINS": ("https://app.example.com/", "must be origins"),
    "VODPASS_CALLBACK_KEYS": ("alllowercaseletters", "must be VOD's AuthKey"),
    "VODPASS_WEBHOOK_URL": ("http://app.example.com/$x", "holds `$`"),
    "VODPASS_WEBHOOK_SECRETS": ("whsec_c2hvcnQ=", "must be a secret"),
    "VODPASS_CLEANUP": ("always", "must be off, dry-run"),
    "VODPASS_REGOIN": ("cn-shanghai", "did you mean VODPASS_REGION?"),
    "VODPASS_STS_PLAY_ROLE": ("vodpass-client-play", "must be a role's ARN"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_faults_of_a_file_are_named_in_one_run(setup: Setup, language: str) -> None:
    setup.run()
    values = {name: value for name, (value, _) in PLANTED.items()}
    with setup.path.open("a") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in values.items())
    before = setup.path.read_bytes()
    done = setup.run({}, "--language", language)
    assert done.exit_code == 1
    for name, (value, text) in PLANTED.items():
        [line] = [line for line in done.err.splitlines() if line.startswith(f"  {name}")]
        assert text in line if language == "en" else re.search(r"[\u4e00-\u9fff]", line)
        assert f"  {value}" not in line
        fix = done.err.split(line, 1)[1].splitlines()[1]
        assert re.match(r"    (fix: |修复：)\S", fix), name
    assert "--set VODPASS_OWNER_KEYS" not in done.err
    assert setup.path.read_bytes() == before


def test_answers_that_do_not_fit_together_are_refused(setup: Setup) -> None:
    """`none` needs a single key, and the issuer here publishes its own."""
    own = {"kind": "own-url", "jwks_url": "https://id.example.com/jwks", "issuer": "none"}
    done = setup.run(with_answer(issuer=own))
    assert done.exit_code == 1
    assert "VODPASS_JWT_ISSUER: may be the word none only beside a single key" in done.err
    assert not setup.path.exists()


def test_the_environment_and_a_repeated_line_are_pointed_out(setup: Setup) -> None:
    setup.run()
    with setup.path.open("a") as file:
        file.write("VODPASS_PYTHON=3.12\n")
    done = setup.run({}, environ={"VODPASS_REGION": "cn-beijing"})
    assert "the environment has another VODPASS_REGION" in done.out
    assert "VODPASS_PYTHON is there more than once" in done.out


def test_without_s_it_says_what_was_not_checked(setup: Setup) -> None:
    done = setup.run()
    assert "`s` is not installed, so s.yaml was not rendered" in done.err


def test_a_dry_run_writes_nothing(setup: Setup) -> None:
    done = setup.run(ANSWERS, "--dry-run")
    assert done.exit_code == 0
    assert "VODPASS_REGION" in done.out
    assert not setup.path.exists()


def test_a_wide_mode_is_narrowed_although_nothing_else_changes(setup: Setup) -> None:
    setup.run()
    setup.path.chmod(0o644)
    setup.run({})
    assert stat.S_IMODE(setup.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name", ["env", ".envrc", ".env.example", ".env.zh-CN.example", "settings.json", ".env.a b"]
)
def test_only_a_name_that_git_ignores_is_accepted(setup: Setup, name: str) -> None:
    done = setup.run(ANSWERS, "--env-file", str(setup.folder / name))
    assert done.exit_code == 1
    assert "--env-file: its name must be .env" in done.err


# --- keys of an issuer ------------------------------------------------------------------------


def test_a_public_key_is_read_and_a_private_one_refused(setup: Setup) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    public, secret = setup.folder / "public.pem", setup.folder / "private.pem"
    public.write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    secret.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    own = {"kind": "own-public-key", "issuer": "https://id.example.com", "kid": "2026"}
    refused = setup.run(with_answer(issuer={**own, "public_key_file": str(secret)}))
    assert "issuer.public_key_file: holds a private key" in refused.err
    absent = setup.run(with_answer(issuer={**own, "public_key_file": "/nonexistent"}))
    assert "issuer.public_key_file: the file cannot be read" in absent.err
    assert not setup.path.exists()
    done = setup.run(with_answer(issuer={**own, "public_key_file": str(public)}))
    assert done.exit_code == 0, done.err
    [key] = keyring.read_jwt_keys(setup.values["VODPASS_JWT_KEYS"])
    assert (key["kid"], key["alg"]) == ("2026", "ES256")


def test_keys_of_an_issuer_that_publishes_its_own_are_refused(setup: Setup) -> None:
    answers = with_answer(secrets={"jwt_keys": {"env": "KEYS"}})
    done = setup.run(answers, environ={"KEYS": keyring.new_jwt_keys()})
    assert "secrets.jwt_keys: the issuer of these answers publishes its keys" in done.err
    assert not setup.path.exists()


# --- rules ------------------------------------------------------------------------------------


def test_each_variable_has_a_chinese_text() -> None:
    for name, variable in VARIABLES.items():
        assert re.search(r"[\u4e00-\u9fff]", chinese.of(variable.allowed)), name


def test_no_variable_with_a_secret_is_shown() -> None:
    hidden = {
        name
        for name in VARIABLES
        if re.search(r"KEY|SECRET|CALLBACK|WEBHOOK_URL|PASSWORD|TOKEN", name)
    }
    assert not hidden & SHOWN
    assert len(hidden) >= 7


def test_a_secret_of_the_environment_is_nowhere_but_in_the_file(
    setup: Setup, tmp_path: Path
) -> None:
    planted = base64.b64encode(os.urandom(32)).decode()
    answers = with_answer(secrets={"webhook_secrets": {"env": "HOOK"}})
    done = setup.run(answers, environ={"HOOK": f"whsec_{planted}"})
    assert done.exit_code == 0, done.err
    assert planted not in done.printed
    holders = [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and planted.encode() in path.read_bytes()
    ]
    assert holders == [".env"]

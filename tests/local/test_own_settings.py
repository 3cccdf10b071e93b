"""Which settings `make run` accepts from `.env`, from `.env.local` and from the environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.own_settings import PLAIN, PRIVATE, SettingsRefused, own_settings
from local.stack import PROJECT
from shared.config.variables import VARIABLES

SECRET = "whsec_" + "A" * 32


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def test_without_files_and_variables_there_is_nothing_to_report(tmp_path: Path) -> None:
    own = own_settings(tmp_path, {"PATH": "/bin", "VODPASS_CORS_ORIGINS": ""})
    assert (own.values, own.report) == ({}, ())


def test_env_gives_only_what_is_not_secret(tmp_path: Path) -> None:
    write(
        tmp_path,
        ".env",
        "# for a deployment\n"
        "VODPASS_CORS_ORIGINS=http://localhost:5173\n"
        "VODPASS_MAX_FILE_SIZE=1000 # bytes\n"
        "export VODPASS_JWT_VOD_CLAIM='/app_metadata/vod'\n"
        'VODPASS_UPLOAD_WINDOW="3600"\n'
        "VODPASS_JWT_KEYS='{\"keys\": [#]}'\n"
        "VODPASS_JWT_ISSUER=https://login.example.com/\n"
        "VODPASS_OWNER_KEYS=a1:c2VjcmV0\n"
        f"VODPASS_WEBHOOK_URL=https://app.example.com/hook\nVODPASS_WEBHOOK_SECRETS={SECRET}\n"
        "VODPASS_CALLBACK_KEYS='replace me'\n"
        "VODPASS_REGION=cn-beijing\n"
        "VODPASS_NAME=\n",
    )
    own = own_settings(tmp_path, {})
    assert own.values == {
        "VODPASS_CORS_ORIGINS": "http://localhost:5173",
        "VODPASS_MAX_FILE_SIZE": "1000",
        "VODPASS_JWT_VOD_CLAIM": "/app_metadata/vod",
        "VODPASS_UPLOAD_WINDOW": "3600",
    }
    assert own.report == (
        "settings accepted from .env: VODPASS_CORS_ORIGINS, VODPASS_JWT_VOD_CLAIM, "
        "VODPASS_MAX_FILE_SIZE, VODPASS_UPLOAD_WINDOW",
        "settings not used from .env, because only .env.local and the environment may set it: "
        "VODPASS_JWT_ISSUER, VODPASS_JWT_KEYS, VODPASS_OWNER_KEYS, VODPASS_WEBHOOK_SECRETS, "
        "VODPASS_WEBHOOK_URL",
        "settings not used from .env, because the local account has its own: VODPASS_REGION",
        "settings ignored, because the value is still 'replace me': VODPASS_CALLBACK_KEYS",
    )


def test_the_environment_counts_before_env_local_and_that_before_env(tmp_path: Path) -> None:
    names = ("VODPASS_MAX_FILE_SIZE", "VODPASS_UPLOAD_WINDOW", "VODPASS_PLAY_MAX_TIMEOUT")
    for name, count in ((".env", 3), (".env.local", 2)):
        write(tmp_path, name, "".join(f"{variable}={name}\n" for variable in names[:count]))
    own = own_settings(tmp_path, {names[0]: "environment"})
    assert [own.values[name] for name in names] == ["environment", ".env.local", ".env"]


@pytest.mark.parametrize("source", ["environment", ".env.local"])
def test_the_environment_and_env_local_give_secrets(tmp_path: Path, source: str) -> None:
    given = {"VODPASS_WEBHOOK_URL": "http://127.0.0.1:8080/", "VODPASS_WEBHOOK_SECRETS": SECRET}
    if source == ".env.local":
        write(tmp_path, ".env.local", "".join(f"{name}={given[name]}\n" for name in given))
    own = own_settings(tmp_path, given if source == "environment" else {})
    assert own.values == given


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("VODPASS_WEBHOOK_URL", "VODPASS_WEBHOOK_SECRETS"),
        ("VODPASS_WEBHOOK_SECRETS", "VODPASS_WEBHOOK_URL"),
        ("VODPASS_CREDENTIAL_WEBHOOK_URL", "VODPASS_CREDENTIAL_WEBHOOK_SECRETS"),
        ("VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS"),
        ("VODPASS_JWT_KEYS", "VODPASS_JWT_ISSUER and VODPASS_JWT_AUDIENCE"),
        ("VODPASS_JWT_JWKS_URL", "VODPASS_JWT_ISSUER and VODPASS_JWT_AUDIENCE"),
        ("VODPASS_JWT_ISSUER", "VODPASS_JWT_KEYS and VODPASS_JWT_AUDIENCE"),
    ],
)
def test_half_a_setting_is_refused(tmp_path: Path, given: str, missing: str) -> None:
    # The other half in .env does not count: it may be the one of the deployment.
    write(tmp_path, ".env", "".join(f"{name}=https://x\n" for name in missing.split(" and ")))
    with pytest.raises(SettingsRefused, match=re.escape(f"{given} needs {missing} too")):
        own_settings(tmp_path, {given: "https://x"})


def test_two_sources_of_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="may not both be set"):
        own_settings(tmp_path, {"VODPASS_JWT_KEYS": "{}", "VODPASS_JWT_JWKS_URL": "https://x"})


def test_no_message_contains_a_value(tmp_path: Path) -> None:
    write(tmp_path, ".env", f"VODPASS_WEBHOOK_SECRETS={SECRET}\n")
    own = own_settings(tmp_path, {"VODPASS_OWNER_KEYS": SECRET})
    assert SECRET not in "".join(own.report)
    with pytest.raises(SettingsRefused) as refused:
        own_settings(tmp_path, {"VODPASS_WEBHOOK_SECRETS": SECRET})
    assert SECRET not in str(refused.value)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsRefused, match=r"\.env cannot be read"):
        own_settings(tmp_path, {})


def test_knows_existing_settings_only() -> None:
    assert set(VARIABLES) >= PLAIN | PRIVATE
    assert not PLAIN & PRIVATE


def test_the_untouched_example_gives_nothing(tmp_path: Path) -> None:
    write(tmp_path, ".env", (PROJECT / ".env.example").read_text("utf-8"))
    own = own_settings(tmp_path, {})
    assert own.values == {}
    assert all("replace me" in line for line in own.report)

"""The programs of docs/tokens.md: the functions accept the tokens that they sign."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import jwt
import pytest

from local.checkout_keys import LocalKeys, load_keys
from local.development_token import AUDIENCE, ISSUER
from local.stack import PROJECT, Stack
from tests.browser.functions import call
from tests.support.code_under_test import CodeUnderTest

PAGE = (PROJECT / "docs" / "tokens.md").read_text("utf-8")
PROGRAM = re.compile(r"^\*\*\w+\*\*.*?`([\w.-]+)`.*\n\n```(\w+)\n([\s\S]*?)^```$", re.M)
PROGRAMS = {language: (name, text) for name, language, text in PROGRAM.findall(PAGE)}
TOOLS = {"python": sys.executable, "js": "node", "java": "java", "go": "go", "php": "php"}
USERS = ["user-42", "42", 'é 雪 \U0001f3bf "\\ </script> /']


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LocalKeys:
    return load_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stack(code_under_test: CodeUnderTest, keys: LocalKeys) -> Iterator[Stack]:
    """Functions that accept tokens signed with the only key of `keys`."""
    with code_under_test.stack(keys=keys) as running:
        yield running


@pytest.fixture(
    scope="module",
    # The first build also compiles the Go standard library.
    params=[pytest.param(one, marks=pytest.mark.timeout(600)) for one in TOOLS],
)
def sign(
    request: pytest.FixtureRequest, keys: LocalKeys, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, dict[str, str]], subprocess.CompletedProcess[str]]:
    """Runs a program of the page for a user, with changes of its settings."""
    name, text = PROGRAMS[request.param]
    tool = shutil.which(TOOLS[request.param])
    if tool is None:
        pytest.skip(f"this machine has no {TOOLS[request.param]}")
    program = tmp_path_factory.mktemp("program") / name
    program.write_text(text, "utf-8")
    command = [tool, str(program)]
    if request.param == "go":
        command = [str(program.with_suffix(""))]
        subprocess.run([tool, "build", "-o", *command, str(program)], check=True)
    if request.param == "java":
        command.insert(1, "-Dfile.encoding=UTF-8")
    [key] = json.loads(keys.jwks)["keys"]
    settings = {
        "TOKEN_KID": key["kid"],
        "TOKEN_KEY": key["k"],
        "VODPASS_JWT_ISSUER": ISSUER,
        "VODPASS_JWT_AUDIENCE": AUDIENCE,
        "LC_ALL": "C.UTF-8",  # Java reads its arguments by it
    }

    def run(user: str, changes: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, user],
            env={**os.environ, **settings, **changes},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run


Sign = Callable[[str, dict[str, str]], "subprocess.CompletedProcess[str]"]


def test_the_page_has_a_program_in_each_language() -> None:
    assert list(PROGRAMS) == list(TOOLS)
    assert PAGE.count("```") == 2 * len(TOOLS), "each block of the page is a program"


def test_a_user_id_can_hold_any_text(sign: Sign, keys: LocalKeys) -> None:
    """The functions refuse this one, but the token says what the user's id is."""
    user = 'line\nbreak\t\x01\x1f", "scope": "vod:sts'
    done = sign(user, {})
    claims = jwt.decode(
        done.stdout.strip(), keys.secret, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE
    )
    assert (claims["sub"], "sts" in claims["scope"]) == (user, False)


@pytest.mark.parametrize("user", USERS)
def test_the_functions_accept_its_token(
    sign: Sign, stack: Stack, keys: LocalKeys, user: str
) -> None:
    done = sign(user, {})
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    claims = jwt.decode(token, keys.secret, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE)
    assert claims["sub"] == user
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["scope"] == "vod:upload vod:refresh vod:play"
    begun = call(stack, "POST", "/upload", token, {"FileName": "film.mp4"})
    assert call(stack, "POST", "/refresh", token, {"VideoId": begun["VideoId"]})["UploadAuth"]


def test_a_token_of_another_key_is_refused(sign: Sign, stack: Stack) -> None:
    other = base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("=")
    done = sign("user-42", {"TOKEN_KEY": other})
    assert done.returncode == 0, done.stderr
    with pytest.raises(OSError, match="401"):
        call(stack, "POST", "/upload", done.stdout.strip(), {"FileName": "film.mp4"})


def test_a_missing_key_stops_it(sign: Sign) -> None:
    done = sign("user-42", {"TOKEN_KEY": ""})
    assert done.returncode != 0
    assert "eyJ" not in done.stdout

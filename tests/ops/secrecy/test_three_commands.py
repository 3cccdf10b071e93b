"""Planted secrets: none leaves its place in a run of the setup, the account and the deployment.

The run meets faults on its way: wrong answers, a refused key, a call that fails, a crash, `s` that
fails and prints everything. Afterwards the terminal, every file, every process's arguments, every
URL that was called, every log line and every error is searched.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from fakealiyun import FakeCloud
from ops import dot_env
from ops.account import Key
from ops.account.command import main as account
from ops.deploy import afterwards
from ops.deploy.command import main as deploy
from ops.setup.command import main as setup
from tests.ops.secrecy import planting
from tests.ops.secrecy.planting import Planted
from tests.ops.setup.conftest import PROJECT, project_folder
from tests.support.serverless import S

NAME = "planted"
FUNCTIONS = ("upload", "refresh", "play", "sts", "events", "watch")
IN_ANSWERS = {
    "owner_keys": "VODPASS_OWNER_KEYS",
    "jwt_keys": "VODPASS_JWT_KEYS",
    "webhook_secrets": "VODPASS_WEBHOOK_SECRETS",
    "callback_keys": "VODPASS_CALLBACK_KEYS",
}


class Cloud(FakeCloud):
    """A fake cloud that notes each URL that is called."""

    def __init__(self, secret: str) -> None:
        super().__init__(allow_deploy=True, admin_access_key_secret=secret)
        self.urls: list[str] = []
        self._app.middlewares.append(self._note)

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> Any:
        self.urls.append(request.raw_path)
        return await handler(request)


class Arguments:
    """The arguments of every process that runs while it is entered."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        looks: dict[str, int] = {}
        while not self._ended.wait(0.02):
            for entry in os.scandir("/proc"):
                # A new process has its parent's arguments until it runs its own program.
                if entry.name.isdigit() and looks.get(entry.name, 0) < 20:
                    looks[entry.name] = looks.get(entry.name, 0) + 1
                    with contextlib.suppress(OSError):
                        self.seen.add(Path(entry.path, "cmdline").read_bytes())

    def __enter__(self) -> Arguments:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


@dataclass
class Machine:
    """The machine that deploys: a project folder, a home, a temporary folder, and a cloud."""

    folder: Path
    home: Path
    cloud: Cloud
    planted: Planted
    capture: pytest.CaptureFixture[str]
    given: dict[str, str] = field(repr=False)
    stand_in: dict[str, Any] = field(repr=False)
    printed: list[str] = field(default_factory=list, repr=False)
    codes: list[int] = field(default_factory=list)

    def environ(self, **more: str) -> dict[str, str]:
        return {**self.given, "STAND_IN_S": json.dumps(self.stand_in), **more}

    def note(self) -> str:
        """Keep what has been printed until now, and return it."""
        said = self.capture.readouterr()
        self.printed.append(said.out + said.err)
        return self.printed[-1]

    def run(self, call: Callable[[], int]) -> str:
        """Run a command in this process. A crash prints its traceback, as Python does."""
        self.note()
        try:
            self.codes.append(call())
        except SystemExit as ending:
            self.codes.append(int(ending.code or 0))
        except Exception as crash:  # noqa: BLE001 - any
            traceback.print_exception(crash)
            self.printed.append(repr(crash) + repr(crash.__context__) + repr(crash.args))
            self.codes.append(-1)
        return self.note()

    def setup(self, answers: Any, *arguments: str) -> str:
        file = self.folder / "answers.json"
        file.write_text(json.dumps(answers))
        try:
            argv = ["--answers", str(file), *arguments]
            return self.run(lambda: setup(argv, self.environ(), project=self.folder))
        finally:
            file.unlink()  # some answers here hold a secret, against the rules

    def account(self, command: str, *arguments: str, **more: str) -> str:
        at = ["--env-file", str(self.folder / ".env"), "--endpoint", self.cloud.endpoint]
        return self.run(lambda: account([command, *at, *arguments], self.environ(**more)))

    def deploy(self, *arguments: str, **more: str) -> str:
        at = self.cloud.endpoint
        argv = ["--s", str(self.folder / "s"), "--no-smoke", *arguments]
        for option in ("--endpoint", "--ram-endpoint", "--fc-endpoint"):
            argv += [option, at]
        environ = self.environ(**more)
        return self.run(lambda: deploy(argv, environ, project=self.folder, build=self.build))

    def build(self, *_: object) -> tuple[int, list[str]]:
        """A small bundle."""
        for name in FUNCTIONS:
            place = self.folder / "build" / name
            place.mkdir(parents=True, exist_ok=True)
            (place / "index.py").write_text("def handler(event, context): pass\n")
        return 0, []


@pytest.fixture
def machine(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Machine]:
    previews = tmp_path_factory.mktemp("previews")  # of the stand-in, for speed
    planted = planting.plant()
    folder, home, temporary = (tmp_path / name for name in ("project", "home", "tmp"))
    for path in (folder, home, temporary):
        path.mkdir()
    (home / ".s/components/devsapp.cn/v3/fc3").mkdir(parents=True)
    (home / ".s/components/devsapp.cn/v3/fc3/package.json").write_text("{}")
    project_folder(folder, with_s=False)
    script = folder / "s"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.support.stand_in_s "$@"\n')
    script.chmod(0o755)
    secret = planted.word("AccessKeySecret")
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(PROJECT),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIlocaladmin",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "PYTHONFAULTHANDLER": "1",
        "DEBUG": "*",
        "NODE_DEBUG": "http,net,tls",
        **planting.around(planted),
        **{f"OWN_{name}": planted.settings[name] for name in planted.settings},
    }
    for name in ("HOME", "TMPDIR", "DEBUG"):
        monkeypatch.setenv(name, given[name])
    monkeypatch.setattr("tempfile.tempdir", None)
    with Cloud(secret) as cloud:
        stand_in = {
            "real": str(S),
            "previews": str(previews),
            "calls": str(folder / "calls"),
            "fc": cloud.endpoint,
            "says": planting.said_by_s(planted),
        }
        yield Machine(folder, home, cloud, planted, capfd, given, stand_in)


def answers(machine: Machine, **more: Any) -> dict[str, Any]:
    """Answers that bring every secret by a reference."""
    settings = [
        name
        for name in machine.planted.settings
        if name not in IN_ANSWERS.values()
        and name not in ("VODPASS_CALLBACK_URL", "VODPASS_WEBHOOK_URL", "VODPASS_PLAY_KEY")
    ]
    return {
        "name": NAME,
        "issuer": {"kind": "own-shared-key"},
        "webhook_url": machine.planted.settings["VODPASS_WEBHOOK_URL"],
        "secrets": {name: {"env": f"OWN_{own}"} for name, own in IN_ANSWERS.items()},
        "settings": {name: {"env": f"OWN_{name}"} for name in settings},
        **more,
    }


def of_the_setup(machine: Machine) -> None:
    """The setup, at first with secrets in wrong places."""
    planted = machine.planted
    user = f"https://app:{planted.word('user information')}@app.example.com/x"
    query = f"https://issuer.example.com/keys?token={planted.word('query of the issuer')}"
    for wrong in (
        {"webhook_url": user},
        {"secrets": {"owner_keys": planted.settings["VODPASS_OWNER_KEYS"]}},
        {"settings": {"VODPASS_ISSUER_ALIAS": planted.word("pasted into the alias")}},
        {"settings": {"VODPASS_JWT_AUDIENCE": f"{planted.word('pasted with a blank')} x"}},
        {"settings": {"VODPASS_JWT_JWKS_URL": user}},
        {planted.word("a question"): "x"},
        {"region": planted.word("a region")},
        {"issuer": {"kind": "own-jwks", "jwks_url": query, "issuer": "i", "audience": "a"}},
    ):
        machine.setup({**answers(machine), **wrong}, "--dry-run")
    machine.setup(answers(machine), "--set", planted.word("an argument"))
    said = machine.setup(answers(machine))
    assert (machine.folder / ".env").exists(), said
    made = dot_env.read(machine.folder / ".env")
    # What it made, besides what it was given.
    end = made["VODPASS_CALLBACK_URL"].rpartition("/")[2]
    planted.secrets["made: callback path"] = end
    play_key = planted.settings["VODPASS_PLAY_KEY"]
    with (machine.folder / ".env").open("a") as file:
        file.write(f"VODPASS_PLAY_KEY={play_key}\n")


def of_the_account(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account: with a key that is refused, an expired token, a failed call, a crash."""
    wrong = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": machine.planted.word("a wrong AccessKeySecret")}
    assert "SignatureDoesNotMatch" in machine.account("plan", **wrong)
    token = {"ALIBABA_CLOUD_SECURITY_TOKEN": machine.planted.word("a security token")}
    machine.account("plan", **token)
    machine.account(machine.planted.word("a command"))
    machine.account("apply", "--yes", "--adopt", machine.planted.word("a thing to adopt"))
    machine.cloud.faults.set("ram", "CreatePolicy", "error")
    machine.cloud.faults.set("mns", "CreateQueue", "reset_before")
    machine.account("apply", "--yes")
    with monkeypatch.context() as patch:
        patch.setattr("ops.account.applying._do", crash)
        assert "RuntimeError" in machine.account("apply", "--yes")
    assert "0 failed or left" in machine.account("apply", "--yes")
    assert "nothing to do" in machine.account("apply", "--yes")


def crash(*given: object, **_: object) -> Any:
    """A defect in the middle of a command."""
    raise RuntimeError(f"a defect, with {len(given)} arguments")


def of_the_deployment(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment: wrong settings, a refused key, `s` that fails or ends, a crash, and a sound
    one, with the doctor and VOD's callback."""
    planted = machine.planted
    path = machine.folder / ".env"
    right = path.read_text()
    lines = [
        f"VODPASS_OWNER_KEYS=k1:{planted.word('an owner key that is wrong')}!",
        f"VODPASS_WEBHOOK_SECRETS={planted.word('a webhook secret that is wrong')}",
        f"VODPASS_JWT_KEYS={json.dumps({'keys': [{'kty': 'RSA', 'd': planted.word('RSA d')}]})}",
        f"VODPASS_WEBHOOK_URL=https://u:{planted.word('user of a URL')}@app.example.com/",
        f"VODPASS_LIMITS_URL=redis//:{planted.word('a malformed Redis URL')}",
        f"VODPASS_PLAYKEY={planted.word('a misspelt variable')}",
        f"VODPASS_NAME={planted.word('pasted into the name')}",
    ]
    path.write_text(right + "\n".join(lines) + "\n")
    assert "Nothing was sent" in machine.deploy()
    path.write_text(right)
    wrong = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": planted.word("another wrong AccessKeySecret")}
    assert "SignatureDoesNotMatch" in machine.deploy(**wrong)
    machine.deploy("--token-env", planted.word("a variable that is none"))
    machine.stand_in["fails"] = "play"
    machine.stand_in["reasons"] = [*planted.secrets.values(), "AccessDenied"]
    assert "FAILED: play" in machine.deploy()
    del machine.stand_in["fails"], machine.stand_in["reasons"]
    script = machine.folder / "s"
    sound = script.read_text()
    script.write_text(
        f'{sound.splitlines()[0]}\ncase "$*" in *preview*) ;; *) env; kill -9 $$ ;; esac\n'
        + sound.partition("\n")[2]
    )
    assert "exit code 137" in machine.deploy()
    script.write_text(sound)
    with monkeypatch.context() as patch:
        patch.setattr("ops.deploy.routes.wanted", crash)
        assert "RuntimeError" in machine.deploy()
    said = machine.deploy("--token-env", "TEST_USER_TOKEN")
    assert "Deployed" in said, said
    # VOD's callback by HTTP too: the address is asked first, and does not answer.
    place = afterwards.Place(
        machine.folder,
        "cn-shanghai",
        key=Key("LTAIlocaladmin", planted.secrets["AccessKeySecret"]),
        endpoint=machine.cloud.endpoint,
        environ=machine.environ(),
    )
    done, lines = afterwards.set_callback(place, dot_env.read(path), ["--deployed"], replace=True)
    assert not done
    machine.printed.append("\n".join(lines))


@pytest.mark.timeout(1800)
def test_no_secret_leaves_its_place(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Arguments() as arguments:
        of_the_setup(machine)
        of_the_account(machine, monkeypatch)
        of_the_deployment(machine, monkeypatch)
    planted = machine.planted
    assert len(planted.secrets) >= 50
    assert {0, 1, 2, -1} <= set(machine.codes), "runs ended well, with faults, and in a crash"
    commands = b"\n".join(arguments.seen).decode("latin-1")
    assert "stand_in_s" in commands, "processes were seen"
    assert len(machine.cloud.urls) > 100
    logged = [
        repr(line)
        for project in machine.cloud.logs.projects.values()
        for store in project.stores.values()
        for line in store.lines
    ]
    places = {
        "the terminal, or an error": "\n".join(machine.printed),
        "the arguments of a process": commands,
        "a URL": "\n".join(machine.cloud.urls),
        "a log line": "\n".join(logged),
        **{
            str(path.relative_to(tmp_path)): path.read_bytes().decode("latin-1")
            for path in tmp_path.rglob("*")
            if path.is_file() and not path.is_symlink()
        },
    }
    holders = {place: names for place, text in places.items() if (names := planted.seen_in(text))}
    assert holders.pop("project/.env")
    assert holders == {}
    calls = [json.loads(line) for line in (machine.folder / "calls").read_text().splitlines()]
    assert len(calls) > 1
    assert not any(Path(call["home"]).exists() for call in calls), "the homes of `s` are gone"
    assert sorted(path.name for path in (machine.home / ".s").iterdir()) == ["components"]


@pytest.mark.parametrize("form", range(10))
def test_the_search_finds_each_form(form: int) -> None:
    """Else the test above would show nothing."""
    planted = Planted()
    secret = planted.word("one")
    shown = list(planting.forms(secret))[form]
    half = shown[: planting.PIECE + 2]
    assert planted.seen_in(f"an error: {half}…") == ["one"]
    assert planted.seen_in(f"{half[:9]}\n  {half[9:]}") == ["one"]
    assert planted.seen_in("nothing of it") == []

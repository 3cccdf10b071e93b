"""`python -m ops.callbacks`: what it makes, what VOD has afterwards, and what it never shows."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import ram_user
from fakealiyun.testing.callbacks import APART, House
from fakealiyun.testing.receiver import Received, Receiver
from fakealiyun.vod.callbacks import sender
from fakealiyun.vod.callbacks.configuration import EVENT_TYPES
from ops import chinese
from ops.callback_events import EVENTS, PASSED_ON
from ops.callbacks import main
from ops.voice import say
from shared.config.variables import VARIABLES
from tests.docs.guides import guide
from tests.ops.prose import english
from tests.support.code_under_test import CodeUnderTest
from tests.support.deployed import Deployed

PROJECT = Path(__file__).resolve().parents[2]
BASE = "https://hooks.example.com/events"
URL, KEYS = "VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS"


def say_both(text: str) -> None:
    """As `say`, for a text that has no English prose in Chinese."""
    assert english(chinese.of(text)) == []
    say(text)


class Operator:
    """Runs the command against a fake cloud, with the administrator's key in the environment."""

    def __init__(
        self, house: House, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.house = house
        self._patch = patch
        self._capsys = capsys
        self.use(house.cloud.admin)

    def use(self, key: Credential) -> None:
        self._patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id)
        self._patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.access_key_secret)
        self._patch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", key.security_token or "")

    def run(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        for module in ("ops.callbacks", "ops.callback_rotation", "ops.upload_callback"):
            self._patch.setattr(f"{module}.say", say_both)
        endpoint = ["--endpoint", self.house.cloud.endpoint]
        status = main([*arguments, "--region", "cn-shanghai", *endpoint])
        out, err = self._capsys.readouterr()
        return status, out, err

    def done(self, *arguments: str, stdin: str = "") -> dict[str, str]:
        """The variables that a successful run printed."""
        status, out, err = self.run(*arguments, stdin=stdin)
        assert status == 0, err
        made = dict(line.split("=", 1) for line in out.splitlines())
        for value in made.values():
            for secret in (value, *value.split(","), value.rpartition("/")[2]):
                assert secret not in err
        return made

    def refused(self, *arguments: str, stdin: str = "") -> str:
        status, out, err = self.run(*arguments, stdin=stdin)
        assert (status, out) == (1, "")
        return err

    def at_vod(self) -> Mapping[str, str]:
        found = self.house.vod.call("get_message_callback")["MessageCallback"]
        assert isinstance(found, dict)
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def house(cloud: FakeCloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(sender, "RETRY_DELAY", APART)
    return House(cloud, receiver)


@pytest.fixture
def operator(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    monkeypatch.delenv(URL, raising=False)
    monkeypatch.delenv(KEYS, raising=False)
    return Operator(house, monkeypatch, capsys)


class Deployment:
    """Where `functions/events` runs, if it does, with the variables that were deployed last. Its
    callbacks come in at the house's receiver; the app's webhooks go out to `app`."""

    def __init__(self, code: CodeUnderTest, house: House, app: Receiver) -> None:
        self._code = code
        self._house = house
        self._app = app
        self._running: Deployed | None = None

    def deploy(self, made: Mapping[str, str]) -> None:
        cloud = self._house.cloud
        role = cloud.ram.service_session("fc.aliyuncs.com", "vodpass-events", "test", 3600)
        self.close()
        self._running = Deployed(
            self._code,
            {
                "VODPASS_REGION": "cn-shanghai",
                "VODPASS_LOCAL": "1",
                "VODPASS_ISSUER_ALIAS": "main",
                "VODPASS_OWNER_KEYS": "k1:" + "QUJD" * 11 + "QQ==",
                "VODPASS_WEBHOOK_URL": self._app.url,
                "VODPASS_WEBHOOK_SECRETS": "QUJD" * 8,
                "VODPASS_VOD_ENDPOINT": cloud.endpoint,
                "ALIBABA_CLOUD_ACCESS_KEY_ID": role.access_key_id,
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET": role.access_key_secret,
                "ALIBABA_CLOUD_SECURITY_TOKEN": role.security_token or "",
                **made,
            },
        )
        self._house.receiver.respond = self._running.respond

    def close(self) -> None:
        if self._running is not None:
            self._running.close()

    def announced(self) -> list[str]:
        """The types of the events that the app got."""
        return [str(json.loads(request.body)["type"]) for request in self._app.received]


@pytest.fixture
def app() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def deployment(code_under_test: CodeUnderTest, house: House, app: Receiver) -> Iterator[Deployment]:
    deployment = Deployment(code_under_test, house, app)
    yield deployment
    deployment.close()


# -- set


def test_set_makes_a_url_and_a_key_and_tells_vod(operator: Operator) -> None:
    made = operator.done("set", "--base-url", BASE)
    assert list(made) == [URL, KEYS]
    for name, value in made.items():
        VARIABLES[name].parse(value)
    assert re.fullmatch(re.escape(BASE) + r"/[A-Za-z0-9_-]{32}", made[URL])
    assert re.fullmatch(r"[A-Za-z0-9]{32}", made[KEYS])
    assert dict(operator.at_vod()) == {
        "AppId": "app-1000000",
        "CallbackType": "HTTP",
        "CallbackURL": made[URL],
        "AuthSwitch": "on",
        "AuthKey": made[KEYS],
        "EventTypeList": ",".join(EVENTS),
    }


def test_no_two_are_alike(operator: Operator) -> None:
    made = [operator.done("set", "--base-url", BASE, "--replace") for _ in range(20)]
    assert len({one[URL] for one in made}) == len({one[KEYS] for one in made}) == 20
    for one in made:
        VARIABLES[KEYS].parse(one[KEYS])


@pytest.mark.parametrize(
    "base",
    [
        "http://hooks.example.com/events",
        "hooks.example.com/events",
        "https://user@hooks.example.com/events",
        "https://hooks.example.com/events?x=1",
        "https://hooks.example.com/events#x",
        "https://hooks.example.com/" + "x" * 240,
    ],
)
def test_a_base_the_functions_would_not_take(operator: Operator, base: str) -> None:
    assert URL in operator.refused("set", "--base-url", base)
    assert "CallbackType" not in operator.at_vod()


def test_prepared_and_deployed_first_no_event_is_lost(
    operator: Operator, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = operator.house
    base = house.receiver.url.rpartition("/")[0]
    made = operator.done("set", "--base-url", base, "--prepare")
    assert "CallbackType" not in operator.at_vod()
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    assert "did not answer as vodpass does" in operator.refused("set", "--deployed")
    deployment.deploy(made)
    assert operator.done("set", "--deployed") == {}
    found = operator.at_vod()
    assert (found["CallbackURL"], found["AuthKey"]) == (made[URL], made[KEYS])


def test_a_queue(operator: Operator) -> None:
    endpoint = operator.house.cloud.queues.endpoint
    chosen = "FileUploadComplete,AIComplete"
    arguments = ("--queue", endpoint, "vod-events", "--events", chosen)
    assert operator.done("set", *arguments) == {}
    assert dict(operator.at_vod()) == {
        "AppId": "app-1000000",
        "CallbackType": "MNS",
        "MnsEndpoint": endpoint,
        "MnsQueueName": "vod-events",
        "EventTypeList": chosen,
    }


def test_set_selects_all_that_leads_to_more_than_vod_event(operator: Operator) -> None:
    """As the guide's table has it, which is held against the code."""
    operator.done("set", "--base-url", BASE)
    selected = operator.at_vod()["EventTypeList"].split(",")
    needed = set()
    for names, _, leads_to in guide.rows("From VOD's callback to your event"):
        if leads_to != "`vod.event`":
            needed.update(guide.coded(names))
    # For VOD the events of AI jobs have one name; and deletions are told by an event of their own.
    needed -= {"AIMediaAuditComplete", "MediaBaseChangeComplete"}
    assert set(selected) == needed | {"AIComplete"}
    assert sorted(EVENTS + PASSED_ON) == sorted(EVENT_TYPES)


def test_set_says_what_a_choice_leaves_out(operator: Operator) -> None:
    arguments = ("set", "--base-url", BASE, "--replace")
    _, _, told = operator.run(*arguments)
    assert "will not send" not in told
    without = ",".join(name for name in EVENTS if name != "AIComplete")
    status, _, told = operator.run(*arguments, "--events", without)
    assert status == 0
    assert "VOD will not send these events: AIComplete\n" in told
    assert "AIMediaAuditComplete" in told


@pytest.mark.parametrize("name", ["AIMediaAuditComplete", "AIVideoTagComplete"])
def test_an_ai_event_by_a_name_that_selects_nothing(operator: Operator, name: str) -> None:
    told = operator.refused("set", "--base-url", BASE, "--events", f"FileUploadComplete,{name}")
    assert f"to select {name}, VOD accepts only the name AIComplete" in told
    assert "CallbackType" not in operator.at_vod()


def test_what_is_there_is_not_overwritten_unasked(operator: Operator) -> None:
    operator.house.subscribe()
    before = operator.at_vod()
    queue = ("--queue", operator.house.cloud.queues.endpoint, "vod-events")
    assert "--replace" in operator.refused("set", "--base-url", BASE)
    assert "--replace" in operator.refused("set", *queue)
    assert operator.at_vod() == before
    operator.done("set", *queue, "--replace")
    operator.done("set", *queue, "--events", "ALL")
    assert operator.at_vod()["EventTypeList"] == "ALL"


def test_after_set_an_upload_reaches_the_app(operator: Operator, deployment: Deployment) -> None:
    """From VOD's callback through the function, which asks VOD, to the app's webhook."""
    house = operator.house
    made = established(operator)
    deployment.deploy(made)
    house.uploaded()
    assert house.outcomes() == [("FileUploadComplete", 1, "delivered")]
    assert deployment.announced() == ["upload.completed", "video.ready"]
    for upload in (house.image(), house.attached()):
        upload.put(b"x")
    house.settle()
    assert [outcome for _, _, outcome in house.outcomes()] == ["delivered"] * 3
    assert deployment.announced()[2:] == ["media.completed"] * 2


@pytest.mark.parametrize("fault", ["key", "url"])
def test_a_callback_with_another_key_or_to_another_url_leads_to_nothing(
    operator: Operator, deployment: Deployment, fault: str
) -> None:
    house = operator.house
    made = established(operator)
    deployment.deploy(made)
    right = {"callback_url": made[URL], "auth_key": made[KEYS]}
    wrong = {
        "key": {**right, "auth_key": "An0therKeyAltogether"},
        "url": {**right, "callback_url": made[URL] + "x"},
    }
    house.subscribe("FileUploadComplete", **wrong[fault])
    house.uploaded()
    assert house.outcomes() == [("FileUploadComplete", 1, "waiting: status 401")]
    assert deployment.announced() == []


# -- an address of each upload


FLAG = "VODPASS_UPLOAD_CALLBACK"


def test_join_gives_an_address_and_the_key_that_all_share(operator: Operator) -> None:
    theirs = operator.done("set", "--base-url", "https://another.example.com/hooks")
    before = dict(operator.at_vod())
    made = operator.done("join", "--base-url", BASE)
    assert operator.at_vod() == before, "nothing has changed at VOD"
    assert made.keys() == {URL, KEYS, FLAG}
    assert made[URL].startswith(f"{BASE}/")
    assert made[URL] != theirs[URL]
    assert (made[KEYS], made[FLAG]) == (theirs[KEYS], "1")
    again = operator.done("join", "--base-url", BASE)
    assert again[URL] != made[URL], "each deployment has an address of its own"


def test_a_deployment_that_joined_gets_its_own_uploads(
    operator: Operator, deployment: Deployment
) -> None:
    house = operator.house
    operator.done("set", "--base-url", "https://another.example.com/hooks")
    made = operator.done("join", "--base-url", house.receiver.url.rpartition("/")[0])
    deployment.deploy({name: value for name, value in made.items() if name != FLAG})
    address = {"MessageCallback": {"CallbackURL": made[URL]}}
    house.uploaded(user_data=json.dumps(address))
    assert house.outcomes() == [("FileUploadComplete", 1, "delivered")]
    assert deployment.announced() == ["upload.completed", "video.ready"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"auth_switch": "off"}, "does not sign"),
        ({"events": "TranscodeComplete"}, "does not select FileUploadComplete"),
        ({"auth_key": "Short1"}, "too weak"),
    ],
)
def test_join_refuses_what_has_no_effect(
    operator: Operator, fields: dict[str, str], said: str
) -> None:
    operator.house.subscribe(**fields)
    told = operator.refused("join", "--base-url", BASE)
    assert said in told
    assert "Short1" not in told


def test_join_refuses_beside_a_queue_and_beside_nothing(operator: Operator) -> None:
    assert "sends no callbacks" in operator.refused("join", "--base-url", BASE)
    operator.house.subscribe_queue()
    assert "not documented" in operator.refused("join", "--base-url", BASE)


@pytest.mark.parametrize("base", ["http://hooks.example.com/events", "https://a.example/e?x=1"])
def test_join_refuses_a_base_the_functions_would_not_take(operator: Operator, base: str) -> None:
    operator.house.subscribe()
    operator.refused("join", "--base-url", base)


def test_show_says_whether_an_upload_can_name_an_address(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.house.subscribe()
    assert "each upload" not in operator.run("show")[1]
    monkeypatch.setenv(FLAG, "1")
    _, out, told = operator.run("show")
    assert "each upload  may name an address of its own" in out
    assert FLAG not in told
    operator.house.subscribe_queue()
    _, out, told = operator.run("show")
    assert "each upload  NO" in out
    assert f"{FLAG}=1 has no effect: VOD sends callbacks of this application to a queue" in told


def test_set_refuses_a_queue_beside_addresses_of_uploads(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FLAG, "1")
    queue = ("--queue", operator.house.cloud.queues.endpoint, "vod-events")
    assert FLAG in operator.refused("set", *queue)
    assert "CallbackType" not in operator.at_vod()
    monkeypatch.setenv(FLAG, "0")
    operator.done("set", *queue)


# -- rotate


def established(operator: Operator) -> dict[str, str]:
    """Callbacks that are set, to the house's receiver."""
    return operator.done("set", "--base-url", operator.house.receiver.url.rpartition("/")[0])


def test_a_rotation_from_the_first_step_to_the_last(
    operator: Operator, deployment: Deployment
) -> None:
    made = established(operator)
    deployment.deploy(made)
    old = made[KEYS]
    both = operator.done("rotate", "--prepare", stdin=old)[KEYS]
    new, second = both.split(",")
    assert second == old != new
    assert operator.at_vod()["AuthKey"] == old, "VOD goes on with the old key"
    early = operator.refused("rotate", "--switch", stdin=both)
    assert "does not accept the new key yet" in early
    assert operator.at_vod()["AuthKey"] == old
    deployment.deploy({**made, KEYS: both})
    before = dict(operator.at_vod())
    assert operator.done("rotate", "--switch", stdin=both) == {}
    assert dict(operator.at_vod()) == {**before, "AuthKey": new}
    assert operator.done("rotate", "--switch", stdin=both) == {}, "again does no harm"
    assert operator.done("rotate", "--finish", stdin=both) == {KEYS: new}


def test_the_deployed_keys_may_come_in_a_file_or_the_environment(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = established(operator)
    file = "".join(f"{name}={value}\n" for name, value in made.items())
    assert operator.done("rotate", "--prepare", stdin=file)[KEYS].endswith(f",{made[KEYS]}")
    assert "empty" in operator.refused("rotate", "--prepare", "--env")
    monkeypatch.setenv(KEYS, made[KEYS])
    assert operator.done("rotate", "--prepare", "--env")[KEYS].endswith(f",{made[KEYS]}")


def test_steps_out_of_turn(operator: Operator) -> None:
    made = established(operator)
    both = operator.done("rotate", "--prepare", stdin=made[KEYS])[KEYS]
    assert "two keys are needed" in operator.refused("rotate", "--switch", stdin=made[KEYS])
    assert "under way" in operator.refused("rotate", "--prepare", stdin=both)
    assert "run `rotate --switch` first" in operator.refused("rotate", "--finish", stdin=both)
    assert operator.at_vod()["AuthKey"] == made[KEYS]


@pytest.mark.parametrize("step", ["--prepare", "--switch", "--finish"])
@pytest.mark.parametrize("given", ["", "short", "Abcdefgh12345678", "a,b,c", "Ä" * 20])
def test_keys_that_are_not_the_deployed_ones(operator: Operator, step: str, given: str) -> None:
    made = established(operator)
    told = operator.refused("rotate", step, stdin=given)
    assert KEYS in told
    assert not given or given not in told
    assert operator.at_vod()["AuthKey"] == made[KEYS]


def test_there_is_nothing_to_rotate(operator: Operator) -> None:
    key = "Abcdefgh12345678"
    assert "no signed callbacks" in operator.refused("rotate", "--prepare", stdin=key)
    operator.house.subscribe_queue()
    assert "no signed callbacks" in operator.refused("rotate", "--prepare", stdin=key)
    operator.house.subscribe(auth_switch="off")
    assert "no signed callbacks" in operator.refused("rotate", "--prepare", stdin=key)


def answering(status: int, body: bytes) -> Callable[[Received], tuple[int, bytes]]:
    return lambda _request: (status, body)


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"Code":"InvalidToken"}'])
def test_a_receiver_that_is_not_vodpass_is_not_taken_for_it(
    operator: Operator, body: bytes
) -> None:
    made = established(operator)
    both = operator.done("rotate", "--prepare", stdin=made[KEYS])[KEYS]
    for status in (200, 400, 401):
        operator.house.receiver.respond = answering(status, body)
        assert "did not answer as vodpass does" in operator.refused(
            "rotate", "--switch", stdin=both
        )
    assert operator.at_vod()["AuthKey"] == made[KEYS]


# -- show


def test_show_tells_all_but_the_secrets(operator: Operator) -> None:
    made = operator.done("set", "--base-url", BASE)
    status, out, err = operator.run("show")
    assert (status, err) == (0, "")
    assert f"{BASE}/… (32 characters hidden)" in out
    assert re.search(r"signature +on, sha256:[0-9a-f]{8} \(32 characters\)", out)
    assert made[KEYS] not in out
    assert made[URL].rpartition("/")[2] not in out


def test_show_warns_of_what_vodpass_cannot_use(operator: Operator) -> None:
    operator.house.subscribe("FileUploadComplete", auth_switch="off")
    status, out, err = operator.run("show")
    assert status == 0
    assert "not signed" in err
    assert "ImageUploadComplete" in err
    assert re.search(r"signature +off", out)
    operator.house.subscribe_queue()
    _, out, err = operator.run("show")
    assert err == ""
    assert "vod-events" in out


def test_show_says_what_is_not_selected(operator: Operator) -> None:
    operator.done("set", "--base-url", BASE)
    _, out, err = operator.run("show")
    assert re.search(rf"^not selected {', '.join(PASSED_ON)}$", out, re.M)
    assert err == "", "nothing that the app would miss"
    listed = ",".join(name for name in EVENTS if name != "AIComplete")
    operator.done("set", "--base-url", BASE, "--replace", "--events", listed)
    _, out, err = operator.run("show")
    assert re.search(r"^not selected AIComplete, ", out, re.M)
    assert "VOD will not send these events: AIComplete\n" in err
    assert "AIMediaAuditComplete" in err
    operator.done("set", "--base-url", BASE, "--replace", "--events", "ALL")
    _, out, err = operator.run("show")
    assert re.search(r"^not selected none$", out, re.M)
    assert err == ""


def test_show_of_nothing(operator: Operator) -> None:
    status, out, _ = operator.run("show")
    assert status == 0
    assert re.search(r"callbacks +none", out)


# -- access


def test_permissions_are_vods_to_give(operator: Operator) -> None:
    user = ram_user(operator.house.cloud.account_id, "reader", "201")
    reader = Policy.parse(
        {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": "vod:GetMessageCallback", "Resource": "*"}],
        }
    )
    session = operator.house.cloud.identities.issue(user, (reader,), 900)
    operator.use(session)
    assert operator.run("show")[0] == 0
    told = operator.refused("set", "--base-url", BASE)
    assert re.search(r"SetMessageCallback: Forbidden\.RAM, RequestId [0-9A-F-]{36}", told)


def test_a_wrong_secret_is_not_quoted(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wr0ngSecret")
    told = operator.refused("show")
    assert "SignatureDoesNotMatch" in told
    assert "wr0ngSecret" not in told


def test_no_answer(operator: Operator) -> None:
    operator.house.cloud.faults.set("vod", "SetMessageCallback", "reset_before")
    assert "did not answer SetMessageCallback" in operator.refused("set", "--base-url", BASE)


@pytest.mark.parametrize(
    "endpoint", ["vod.example.com", "10.0.0.1:80", "127.0.0.1.example.com:80", "localhost@x.com"]
)
def test_another_endpoint_than_this_machine_is_refused(
    operator: Operator, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--region", "cn-shanghai", "--endpoint", endpoint]) == 1
    assert "fake cloud on this machine" in capsys.readouterr().err


def test_a_region_without_vod_is_refused(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--region", "cn-hangzhou"]) == 1
    assert "cn-shanghai" in capsys.readouterr().err


def test_without_an_access_key(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET" in operator.refused("show")


def test_prepare_needs_no_access_key(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    assert list(operator.done("set", "--base-url", BASE, "--prepare")) == [URL, KEYS]


def test_the_key_may_have_the_names_that_s_wants(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AccessKeyID", operator.house.cloud.admin.access_key_id)
    assert "AccessKeySecret: not set" in operator.refused("show")
    monkeypatch.setenv("AccessKeySecret", operator.house.cloud.admin.access_key_secret)
    assert operator.run("show")[0] == 0


def test_a_missing_region_names_the_option_and_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VODPASS_REGION", raising=False)
    assert main(["show"]) == 1
    assert "give --region or set VODPASS_REGION" in capsys.readouterr().err


def test_plain_http_is_for_a_fake(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["set", "--base-url", "http://127.0.0.1:9000/events", "--region", "cn-shanghai"]
    assert main(arguments) == 1
    assert "https" in capsys.readouterr().err


def test_as_a_command(house: House) -> None:
    """Run as an operator does; wrong arguments are not repeated."""
    environment = {
        "PATH": os.environ["PATH"],
        "ALIBABA_CLOUD_ACCESS_KEY_ID": house.cloud.admin.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": house.cloud.admin.access_key_secret,
        "VODPASS_REGION": "cn-shanghai",
    }

    def run(*arguments: str) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "ops.callbacks", *arguments],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    made = run("set", "--base-url", BASE, "--endpoint", house.cloud.endpoint)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.splitlines()) == 2
    wrong = run("rotate", "--switch", "S3cretKeyInTheWrongPlace")
    assert wrong.returncode == 2
    assert "S3cret" not in wrong.stderr + wrong.stdout

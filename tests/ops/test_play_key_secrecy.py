"""The PlayKey in the operator's tools: only `ops.playkey rotate` prints it, once, a new one."""

from __future__ import annotations

import dataclasses
import traceback
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod, send
from fakealiyun.vod.settings import DEFAULT_APP
from ops import playkey, setting_faults
from ops.account import Account, Key, NotAnswered, ServiceRefused
from ops.playkey import main
from shared.config.settings import Settings, SettingsError, load
from shared.config.uses import USES

KEY = "Zq7Wm2Xc9Rt4Yb6Nk8Pd"
VARIABLE = "VODPASS_PLAY_KEY"
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("throttle", {}),
    ("error", {"status": 500, "code": "InternalError"}),
    ("error", {"status": 403, "code": "Forbidden.RAM"}),
    ("reset_before", {}),
    ("reset_after", {}),
    ("truncated", {}),
    ("non_json", {}),
    ("wrong_type", {}),
    ("empty", {}),
]


def pieces(key: str = KEY) -> list[str]:
    """Any eight characters in a row are too many."""
    return [key[at : at + 8] for at in range(len(key) - 7)]


def shown(text: str, key: str = KEY) -> list[str]:
    return [piece for piece in pieces(key) if piece in text]


@pytest.fixture(params=[None, "sdk"], ids=["quiet", "debug"])
def account(
    request: pytest.FixtureRequest, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> Account:
    """The operator's account. DEBUG=sdk makes the official client print its requests."""
    if request.param is not None:
        monkeypatch.setenv("DEBUG", request.param)
    for name, value in (
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", cloud.admin.access_key_id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", cloud.admin.access_key_secret),
        ("VODPASS_REGION", "cn-shanghai"),
        (VARIABLE, KEY),
    ):
        monkeypatch.setenv(name, value)
    key = Key(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    return Account(key, "cn-shanghai", endpoint=cloud.endpoint)


def printed(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    said = capsys.readouterr()
    return said.out + said.err + caplog.text


@pytest.mark.parametrize("operation", ["GetAppPlayKey", "SetAppPlayKey"])
@pytest.mark.parametrize(("kind", "parameters"), FAULTS)
def test_a_failed_call_shows_nothing(
    account: Account,
    cloud: FakeCloud,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    operation: str,
    kind: str,
    parameters: dict[str, Any],
) -> None:
    cloud.vod.play_keys.set(DEFAULT_APP, KEY)
    cloud.faults.set("vod", operation, kind, **parameters)
    fields = {"play_key": KEY} if operation == "SetAppPlayKey" else {}
    told = ""
    try:
        told = repr(account.vod(operation, **fields))
    except (ServiceRefused, NotAnswered) as fault:
        told = "".join(traceback.format_exception(fault)) + repr(fault) + repr(vars(fault))
    assert shown(told + printed(capfd, caplog)) == []


def test_a_refused_signature_shows_nothing(
    account: Account,
    cloud: FakeCloud,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """VOD's answer quotes what was signed, and with it the parameters of the call."""
    thief = Account(
        Key(account.key.access_key_id, "another"), "cn-shanghai", endpoint=cloud.endpoint
    )
    with pytest.raises(ServiceRefused) as caught:
        thief.vod("SetAppPlayKey", play_key=KEY)
    assert caught.value.code == "SignatureDoesNotMatch"
    told = "".join(traceback.format_exception(caught.value))
    assert shown(told + printed(capfd, caplog)) == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("kind", "parameters"), [("", {}), *FAULTS])
def test_show_shows_neither_key(
    cloud: FakeCloud,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    parameters: dict[str, Any],
) -> None:
    theirs = KEY[::-1]
    cloud.vod.play_keys.set(DEFAULT_APP, theirs)
    if kind:
        cloud.faults.set("vod", "GetAppPlayKey", kind, **parameters)
    main(["show", "--endpoint", cloud.endpoint])
    said = printed(capfd, caplog)
    assert shown(said) == shown(said, theirs) == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("kind", "parameters"), [("", {}), *FAULTS])
def test_rotate_prints_the_new_key_once_or_not_at_all(
    cloud: FakeCloud,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    parameters: dict[str, Any],
) -> None:
    made = "Hs3Jf8Lg1Vx6Qa5Ue0Io"
    monkeypatch.setattr(playkey, "new_key", lambda: made)
    cloud.vod.play_keys.set(DEFAULT_APP, KEY)
    if kind:
        cloud.faults.set("vod", "SetAppPlayKey", kind, **parameters)
    status = main(["rotate", "--yes", "--endpoint", cloud.endpoint])
    said = capfd.readouterr()
    lines = [f"{VARIABLE}={made}"] if status == 0 else []
    assert said.out.splitlines() == lines
    assert shown(said.err + caplog.text, made) == []
    assert shown(said.out + said.err + caplog.text) == []


class TestSettings:
    @pytest.mark.parametrize(
        "value", [KEY[:-1], KEY + "x", KEY[:-1] + "-", f" {KEY}", f"{KEY}\n", f"'{KEY}'"]
    )
    def test_a_wrong_value_is_not_repeated(self, value: str) -> None:
        environment = {"VODPASS_REGION": "cn-shanghai", VARIABLE: value}
        with pytest.raises(SettingsError) as caught:
            load(environment, frozenset({VARIABLE, "VODPASS_REGION"}))
        told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert shown(told) == []
        assert shown(repr(setting_faults.of_function(environment, USES["play"]))) == []

    def test_their_repr_leaves_it_out(self) -> None:
        settings = Settings(region="cn-shanghai", play_key=KEY)
        changed = dataclasses.replace(settings, play_domain="play.example.com")
        assert shown(f"{settings!r} {settings} {[settings]} {changed!r}") == []


def test_the_fake_shows_it_only_to_get_app_play_key(cloud: FakeCloud) -> None:
    vod = Vod(cloud)
    vod.call("set_app_play_key", play_key=KEY)
    assert vod.call("get_app_play_key")["AppPlayKey"]["PlayKey"] == KEY
    for path in ("/_local/state", "/_local/vod", "/_local/faults", "/_local/clock"):
        assert shown(send(cloud, "GET", path).body.decode()) == []
    key = cloud.vod.play_keys.get(DEFAULT_APP)
    assert shown(f"{key!r} {key} {cloud.vod.play_keys!r}") == []

"""`python -m ops.playkey`: what it shows, what VOD has afterwards, and what it never shows."""

from __future__ import annotations

import re

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import ram_user
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.settings import DEFAULT_APP
from ops.playkey import main
from shared.config.settings import Settings, load
from shared.playback import jwt

KEY = "AbcdefghIjklmnop0123"
VARIABLE = "VODPASS_PLAY_KEY"


class Operator:
    """Runs the command against a fake cloud, with the administrator's key in the environment."""

    def __init__(
        self, cloud: FakeCloud, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.cloud = cloud
        self.patch = patch
        self._capsys = capsys
        self.use(cloud.admin)
        for name in (VARIABLE, "VODPASS_APP_ID", "VODPASS_REGION"):
            patch.delenv(name, raising=False)

    def use(self, key: Credential) -> None:
        self.patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id)
        self.patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.access_key_secret)
        self.patch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", key.security_token or "")

    def run(self, *arguments: str) -> tuple[int, str, str]:
        endpoint = ["--endpoint", self.cloud.endpoint]
        status = main([*arguments, "--region", "cn-shanghai", *endpoint])
        out, err = self._capsys.readouterr()
        return status, out, err

    def at_vod(self) -> str:
        key = self.cloud.vod.play_keys.get(DEFAULT_APP)
        return "" if key is None else key.key


@pytest.fixture
def operator(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    return Operator(cloud, monkeypatch, capsys)


class TestShow:
    def test_where_none_is_set(self, operator: Operator) -> None:
        status, out, _ = operator.run("show")
        assert status == 0
        assert "none is set" in out

    @pytest.mark.parametrize(
        ("deployed", "said"),
        [
            ("", "not compared"),
            (KEY, "is the same key"),
            (KEY[::-1], "is ANOTHER key"),
            ("short", "must be VOD's PlayKey"),
        ],
    )
    def test_says_whether_the_deployment_has_it(
        self, operator: Operator, deployed: str, said: str
    ) -> None:
        operator.cloud.vod.play_keys.set(DEFAULT_APP, KEY)
        operator.patch.setenv(VARIABLE, deployed)
        status, out, err = operator.run("show")
        assert status == 0
        assert said in out
        assert DEFAULT_APP in out
        assert len(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", out)) == 2
        for secret in {KEY, deployed} - {"", "short"}:
            assert secret not in out + err

    def test_of_an_application_that_the_account_lacks(self, operator: Operator) -> None:
        status, out, err = operator.run("show", "--app-id", "app-2000000")
        assert (status, out) == (1, "")
        assert "InvalidAppId.NotFound" in err


class TestRotate:
    def test_asks_first(self, operator: Operator) -> None:
        operator.cloud.vod.play_keys.set(DEFAULT_APP, KEY)
        status, out, err = operator.run("rotate")
        assert (status, out, operator.at_vod()) == (1, "", KEY)
        assert "ends every JWTPlayAuth" in err
        assert "Until `play` is deployed" in err
        assert "--yes" in err

    def test_sets_a_new_key_and_prints_it_once(self, operator: Operator) -> None:
        operator.cloud.vod.play_keys.set(DEFAULT_APP, KEY)
        old = jwt.sign(
            Settings(region="cn-shanghai", play_key=KEY), "0" * 32, operator.cloud.clock.now(), 100
        )
        status, out, err = operator.run("rotate", "--yes")
        assert status == 0
        name, _, made = out.strip().partition("=")
        assert (name, made) == (VARIABLE, operator.at_vod())
        assert made != KEY
        assert out.count(made) == 1
        assert made not in err
        assert "ends every JWTPlayAuth" in err
        assert load({VARIABLE: made}, frozenset({VARIABLE})).play_key == made
        assert operator.cloud.vod.play_keys.fault_of(old) is not None

    def test_no_two_keys_are_alike(self, operator: Operator) -> None:
        made = {operator.run("rotate", "--yes")[1] for _ in range(3)}
        assert len(made) == 3

    def test_an_answer_that_was_lost(self, operator: Operator) -> None:
        operator.cloud.faults.set("vod", "SetAppPlayKey", "reset_after", count=1)
        status, out, err = operator.run("rotate", "--yes")
        assert status == 0
        assert out == f"{VARIABLE}={operator.at_vod()}\n"
        assert "VOD gave no answer" in err

    def test_without_the_permission(self, operator: Operator) -> None:
        operator.cloud.vod.play_keys.set(DEFAULT_APP, KEY)
        reader = Credential(
            "LTAIreader",
            "reader-secret",
            ram_user(operator.cloud.account_id, "reader", "201"),
            (Policy.parse({"Version": "1", "Statement": [STATEMENT]}),),
        )
        operator.cloud.identities.add_access_key(reader)
        operator.use(reader)
        assert operator.run("show")[0] == 0
        status, out, err = operator.run("rotate", "--yes")
        assert (status, out, operator.at_vod()) == (1, "", KEY)
        assert "refused" in err


STATEMENT = {"Effect": "Allow", "Action": "vod:GetAppPlayKey", "Resource": "*"}


class TestTheCommandLine:
    @pytest.mark.parametrize(
        "arguments", [["show", KEY], ["rotate", "--key", KEY], ["rotate", "--yes", KEY], []]
    )
    def test_a_key_in_the_wrong_place_is_not_repeated(
        self, operator: Operator, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            operator.run(*arguments)
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert KEY not in out + err

    @pytest.mark.usefixtures("operator")
    def test_a_region_without_vod(self) -> None:
        assert main(["show", "--region", "cn-hangzhou"]) == 1

    def test_no_access_key(self, operator: Operator) -> None:
        operator.patch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        assert operator.run("show")[0] == 1

    @pytest.mark.usefixtures("operator")
    def test_a_fake_elsewhere(self) -> None:
        arguments = ["show", "--region", "cn-shanghai", "--endpoint", "vod.example.com:80"]
        assert main(arguments) == 1


def test_the_key_reads_as_the_official_client_gives_it(cloud: FakeCloud) -> None:
    vod = Vod(cloud)
    vod.call("set_app_play_key", play_key=KEY)
    found = vod.call("get_app_play_key")["AppPlayKey"]
    assert (found["AppId"], found["PlayKey"]) == (DEFAULT_APP, KEY)

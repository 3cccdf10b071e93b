"""Twenty planted mistakes: one run names each, with the command that corrects it.

Where two cannot be in one run, there are two runs: without a key the account cannot be read, and
without `s` the file cannot be rendered.
"""

from __future__ import annotations

import datetime
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakealiyun import FakeCloud
from fakealiyun.ram.policy import Policy
from fakealiyun.testing.ram import RamClient
from fakealiyun.vod.callbacks.configuration import MessageCallback
from ops import dot_env, keys, playkey
from ops.account import command as account
from ops.account.plan import TAG
from ops.deploy import arguments as deploy_arguments
from ops.deploy.certificate import State, covers, state_of_pem
from ops.deploy.command import main as deploy
from ops.setup import command as setup
from tests.ops.setup.conftest import PROJECT, project_folder
from tests.support.serverless import S

DOMAIN = "vod.example.com"
ANSWERS = (
    '{"name": "planted", "issuer": {"kind": "own-shared-key"}, "origins": [],'
    ' "webhook_url": "https://app.example.com/webhooks/vod",'
    f' "address": {{"kind": "domain", "domain": "{DOMAIN}", "certificate_id": "1234567"}}}}'
)
AT_PROD = " --env prod --env-file .env.live"
APPLY = f"python -m ops.account apply{AT_PROD}"

IN_SETTINGS: Mapping[str, tuple[str, str]] = {
    # variable -> what is planted, and the end of the command that corrects it
    "VODPASS_OWNER_KEYS": ("k1:c2hvcnQ=", "python -m ops.keys owner new"),
    "VODPASS_ISSUER_ALIAS": ("Not An Alias", "choose one"),
    "VODPASS_JWT_ISSUER": ("", "--set VODPASS_JWT_ISSUER"),
    "VODPASS_JWT_AUDIENCE": ("replace me", "--set VODPASS_JWT_AUDIENCE"),
    "VODPASS_CORS_ORIGINS": ("*", "--set VODPASS_CORS_ORIGINS"),
    "VODPASS_WEBHOOK_URL": ("http://app.example.com/x", "--set VODPASS_WEBHOOK_URL"),
    "VODPASS_WEBHOOK_SECRETS": ("whsec_$SECRET", "--set VODPASS_WEBHOOK_SECRETS"),
    "VODPASS_CALLBACK_KEYS": ("onlylowercase", "--set VODPASS_CALLBACK_KEYS"),
    "VODPASS_CLEANUP": ("always", "--set VODPASS_CLEANUP"),
    "VODPASS_UPLOAD_WINDOW": ("5", "--set VODPASS_UPLOAD_WINDOW"),
    "VODPASS_WIDNOW": ("3600", "sed -i '/^VODPASS_WIDNOW=/d' .env.live"),
    "VODPASS_PYTHON": ("3.9", "--set VODPASS_PYTHON"),
}

IN_ACCOUNT: Mapping[str, str] = {
    "role/planted-play is missing": APPLY,
    "role/planted-sts is not as the deployment needs it": APPLY,
    "policy/planted-upload is not as the deployment needs it": APPLY,
    "policy/planted-refresh is not as the deployment needs it": (
        f"{APPLY} --adopt policy/planted-refresh"
    ),
    "queue/planted-watch is missing": APPLY,
    "queue/planted-dead-letters is not as the deployment needs it": APPLY,
    "queue/planted-events belongs to another deployment": (
        "python -m ops.setup --set VODPASS_EVENT_QUEUE --env-file .env.live"
    ),
    "log store/planted-logs/vodpass is missing": APPLY,
    "VOD's callback: another system receives it now": (
        f"python -m ops.deploy{AT_PROD} --replace-callback"
    ),
    "VODPASS_CERTIFICATE_ID: the certificate has expired": (
        "python -m ops.setup --set VODPASS_CERTIFICATE_ID --env-file .env.live"
    ),
}

OF_THE_MACHINE: Mapping[str, str] = {
    "there is no Python 3.": "uv python install 3.",
    "the component fc3 is not in the cache": "api.devsapp.cn",
    "s.yaml.resources.play.props.memorySize": "python3 -m ops.s_yaml",
}


@dataclass
class Planted:
    """A project folder and an account for it, in which everything is right at first."""

    folder: Path
    cloud: FakeCloud
    capture: pytest.CaptureFixture[str]
    more: dict[str, str] = field(default_factory=dict)

    @property
    def env_file(self) -> Path:
        return self.folder / ".env.live"

    def environ(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.cloud.admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.cloud.admin.access_key_secret,
            **self.more,
        }

    def apply(self) -> None:
        at = ["--env", "prod", "--env-file", str(self.env_file), "--endpoint", self.cloud.endpoint]
        assert account.main(["apply", *at], self.environ()) == 0

    def write(self, changes: Mapping[str, str]) -> None:
        kept = {**dot_env.read(self.env_file), **changes}
        text = "".join(f"{name}='{value}'\n" for name, value in kept.items())
        self.env_file.write_text(text)

    def check(self, *arguments: str, s: Path | None = S) -> dict[str, str]:
        """Run the deployment, which must stop. Returns the faults, each with its fix."""
        at = self.cloud.endpoint
        argv = ["--env", "prod", "--env-file", str(self.env_file), *arguments]
        argv += ["--s", str(s)] if s else []
        for option in ("--endpoint", "--ram-endpoint", "--fc-endpoint"):
            argv += [option, at]
        before = self.cloud.calls
        self.capture.readouterr()
        code = deploy(argv, self.environ(), project=self.folder, build=never)
        said = self.capture.readouterr()
        assert code == 1, said.out + said.err
        assert said.err.endswith("Nothing was sent. Correct this first.\n")
        assert said.out == ""
        assert before is self.cloud.calls
        return dict(re.findall(r"^! (.*)\n    fix: (.*)$", said.err, re.M))


def never(*_: object) -> tuple[int, list[str]]:
    """No bundle is built for a deployment that has a fault."""
    raise AssertionError("the check must have stopped")


def fix_of(found: Mapping[str, str], start: str) -> str:
    """The fix of the one fault that begins like this."""
    matching = [fix for text, fix in found.items() if text.startswith(start)]
    assert len(matching) == 1, (start, list(found))
    return matching[0]


def certificate(name: str, days: int) -> dict[str, str]:
    """A certificate for a name that ends in so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=90))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"certificate": made.public_bytes(pem).decode(), "private_key": private.decode()}


@pytest.fixture
def planted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Planted]:
    project_folder(tmp_path, with_s=False)
    monkeypatch.setattr("ops.deploy.tools.find_interpreter", lambda _python: Path(sys.executable))
    with FakeCloud(allow_deploy=True) as cloud:
        made = Planted(tmp_path, cloud, capfd)
        answers = tmp_path / "answers.json"
        answers.write_text(ANSWERS)
        argv = ["--answers", str(answers), "--env-file", str(made.env_file)]
        assert setup.main(argv, {}, project=tmp_path) == 0, capfd.readouterr()
        made.write({"VODPASS_LOG_PROJECT": "planted-logs"})
        yield made


def spoil_settings(planted: Planted) -> None:
    planted.write({name: value for name, (value, _) in IN_SETTINGS.items()})


def spoil_account(planted: Planted) -> None:
    cloud = planted.cloud
    api = RamClient(cloud, cloud.admin)
    allowed = {"Effect": "Allow", "Action": "vod:GetVideoInfo", "Resource": "*"}
    document = {"Version": "1", "Statement": [allowed]}
    at = {"policy_type": "Custom", "policy_name": "planted-play"}
    api.call("DetachPolicyFromRole", role_name="planted-play", **at)
    api.call("DeleteRole", role_name="planted-play")
    role = cloud.ram.roles["planted-sts"]
    trust = role.trust.document.replace("fc.aliyuncs.com", "ecs.aliyuncs.com")
    cloud.ram.save_role(replace(role, trust=Policy.parse_trust(trust)))
    for name in ("planted-upload", "planted-refresh"):
        given = {"policy_name": name, "policy_document": document, "set_as_default": True}
        api.call("CreatePolicyVersion", **given)
    api.call(
        "UntagResources", resource_type="policy", resource_names=["planted-refresh"], tag_keys=[TAG]
    )
    cloud.queues.delete("planted-watch")
    dead = cloud.queues.queue("planted-dead-letters")
    dead.change(type(dead.attributes)(message_retention_period=3600))
    cloud.queues.queue("planted-events").tags[TAG] = "another"
    del cloud.logs.projects["planted-logs"].stores["vodpass"]
    cloud.vod.callbacks.configure(
        MessageCallback("app-1000000", "HTTP", "ALL", url="https://other.example.com/x")
    )
    cloud.certificates.put(1234567, **certificate(DOMAIN, -1))


def spoil_machine(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.deploy.tools.find_interpreter", lambda _python: None)
    file = planted.folder / "s.prod.yaml"
    text = file.read_text()
    assert "play: {props: {" in text
    file.write_text(text.replace("play: {props: {", "play: {props: {memorySize: 4096, "))


def test_one_run_names_all_of_them(
    planted: Planted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planted.apply()
    spoil_account(planted)
    before = dict(planted.cloud.ram.roles)
    spoil_settings(planted)
    # The interpreter is asked for by a version that the runtime has.
    planted.write({"VODPASS_PYTHON": "3.12"})
    spoil_machine(planted, monkeypatch)
    found = planted.check()
    wanted = {
        **{name: fix for name, (_, fix) in IN_SETTINGS.items() if name != "VODPASS_PYTHON"},
        **IN_ACCOUNT,
        **OF_THE_MACHINE,
    }
    assert len(wanted) >= 20
    for start, fix in wanted.items():
        assert fix in fix_of(found, start), start
    for text, fix in found.items():
        assert_real(fix, text)
        for value, _ in IN_SETTINGS.values():
            shown = value.isalnum() or value in ("", "*", "replace me")
            assert shown or value not in text
    assert planted.cloud.ram.roles == before, "it only reads"


def test_without_s_and_without_a_key(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_settings(planted)
    monkeypatch.setattr("ops.serverless_devs.find", lambda _project: None)
    planted.more = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "", "PATH": str(planted.folder)}
    found = planted.check(s=None)
    wanted = {
        **{name: fix for name, (_, fix) in IN_SETTINGS.items() if name != "VODPASS_PYTHON"},
        "Node is not installed": "https://nodejs.org",
        "`s` (Serverless Devs) is not installed": "make setup",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET: not set": "read -rs ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    }
    for start, fix in wanted.items():
        assert fix in fix_of(found, start), start


@pytest.mark.parametrize(
    ("changes", "start", "fix"),
    [
        ({"VODPASS_PYTHON": "3.9"}, "VODPASS_PYTHON", "--set VODPASS_PYTHON"),
        ({"VODPASS_REGION": "cn-hangzhou"}, "VODPASS_REGION", "--set VODPASS_REGION"),
        ({"VODPASS_NAME": "No_Name"}, "VODPASS_NAME", "--set VODPASS_NAME"),
        ({"VODPASS_DOMAIN": "not a domain"}, "VODPASS_DOMAIN", "--set VODPASS_DOMAIN"),
        ({"VODPASS_LOG_PROJECT": "No Project"}, "VODPASS_LOG_PROJECT", "--set VODPASS_LOG_PROJECT"),
        ({"VODPASS_CERTIFICATE_ID": ""}, "VODPASS_CERTIFICATE_ID", "--set VODPASS_CERTIFICATE_ID"),
        ({"VODPASS_APP_ID": "app-none"}, "VODPASS_APP_ID", "--set VODPASS_APP_ID"),
        ({"VODPASS_PLAY_KEY": "short"}, "VODPASS_PLAY_KEY", "python -m ops.playkey rotate --yes"),
    ],
)
def test_mistakes_that_hide_others(
    planted: Planted, changes: dict[str, str], start: str, fix: str
) -> None:
    planted.write(changes)
    found = planted.check()
    assert fix in fix_of(found, start)
    assert_real(fix_of(found, start), start)


def test_a_key_that_sts_does_not_know(planted: Planted) -> None:
    spoil_settings(planted)
    planted.more = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another"}
    found = planted.check()
    said = fix_of(found, "STS does not say whose key this is: SignatureDoesNotMatch")
    assert "read -rs ALIBABA_CLOUD_ACCESS_KEY_SECRET" in said
    assert "--set VODPASS_CLEANUP" in fix_of(found, "VODPASS_CLEANUP")


@pytest.mark.parametrize(
    ("name", "days", "state"),
    [
        (DOMAIN, 30, State.SOUND),
        ("*.example.com", 30, State.SOUND),
        (DOMAIN, -1, State.EXPIRED),
        ("other.example.com", 30, State.OTHER_NAME),
        ("*.vod.example.com", 30, State.OTHER_NAME),
    ],
)
def test_certificates(name: str, days: int, state: State) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    text = certificate(name, days)["certificate"]
    assert state_of_pem(text, DOMAIN, now) is state
    assert state_of_pem("nothing", DOMAIN, now) is State.NOT_READ
    assert not covers("*.example.com", "a.b.example.com")


def assert_real(fix: str, text: str) -> None:
    """The command of a fix is one that exists, with arguments that its own parser takes."""
    if "python -m ops." not in fix:
        assert re.search(
            r"uv python install|sed -i|read -rs|ops\.s_yaml|api\.devsapp|restore it from", fix
        ), text
        return
    words = shlex.split(fix[fix.index("python -m ops.") :])
    module, given = words[2], words[3:]
    if module == "ops.setup":
        parsed = setup._arguments().parse_args(given)
        setup._Setup(parsed, {}, PROJECT, input)._to_set()
    elif module == "ops.account":
        account._arguments().parse_args(given)
    elif module == "ops.deploy":
        deploy_arguments.arguments_of().parse_args(given)
    else:
        assert module in ("ops.keys", "ops.playkey")
        parser: Any = {"ops.keys": keys, "ops.playkey": playkey}[module]
        done = subprocess.run(
            [sys.executable, "-m", parser.__name__, *given[:1], "--help"],
            cwd=PROJECT,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0

"""An account in a fake cloud, and deployments that need things in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from local.gateway import load_deployment
from local.stack import PROJECT
from ops.account.command import main

SETTINGS: Mapping[str, str] = {
    "VODPASS_REGION": "cn-shanghai",
    "VODPASS_JWT_JWKS_URL": "https://issuer.example.com/keys",
    "VODPASS_JWT_ISSUER": "https://issuer.example.com/",
    "VODPASS_JWT_AUDIENCE": "vod",
    "VODPASS_ISSUER_ALIAS": "acme",
    "VODPASS_OWNER_KEYS": "k1:" + "S" * 43 + "=",
    "VODPASS_WEBHOOK_URL": "https://app.example.com/webhooks",
    "VODPASS_WEBHOOK_SECRETS": "whsec_" + "U" * 43 + "=",
    "VODPASS_CALLBACK_URL": "https://vod.example.com/events/0123456789abcdef012345",
    "VODPASS_CALLBACK_KEYS": "aB3" + "k" * 29,
    "VODPASS_WATCH": "expiring",
    "VODPASS_CORS_ORIGINS": "https://app.example.com",
}


@dataclass
class Run:
    """One run of the command: its exit code, and what it printed."""

    code: int
    out: str
    err: str = field(default="")

    @property
    def states(self) -> dict[str, str]:
        """The plan: the state of each thing by its key."""
        found = {}
        for line in self.out.splitlines():
            for state in ("create", "change", "nothing", "not ours", "unknown"):
                if line.startswith(f"{state} ") and "/" in line and "to do" not in line:
                    key = line[10:].split("  ")[0].strip()
                    found[key] = state
        return found

    def line(self, key: str) -> str:
        """The line of the plan about one thing."""
        return next(one for one in self.out.splitlines() if one[10:].startswith(key))


@dataclass
class Account:
    """A cloud without anything in it, and the command for a deployment of a name."""

    cloud: FakeCloud
    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def environment(self) -> dict[str, str]:
        admin = self.cloud.admin
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
        }

    def document(self, name: str = "shop", **settings: str) -> dict[str, Any]:
        """What `s.yaml` renders to, with a log store of its own as in `s.prod.yaml`."""
        given = {
            **SETTINGS,
            "VODPASS_NAME": name,
            "VODPASS_EVENT_QUEUE": f"{name}-events",
            "VODPASS_WATCH_QUEUE": f"{name}-watch",
            "VODPASS_DEAD_LETTER_QUEUE": f"{name}-dead-letters",
            "VODPASS_STS_PLAY_ROLE": f"acs:ram::{self.cloud.account_id}:role/{name}-client-play",
            **settings,
        }
        made = load_deployment(
            PROJECT / "s.yaml",
            given,
            account_id=self.cloud.account_id,
            code_root=PROJECT / "functions",
        )
        found = copy.deepcopy(dict(made.document))
        for resource in found["resources"].values():
            log = {"project": f"{name}-logs", "logstore": "vodpass"}
            resource["props"]["logConfig"] = log
        return found

    def run(
        self,
        command: str,
        *more: str,
        document: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Run:
        """Run the command for the deployment `shop`, or another document."""
        path = self.folder / "rendered.json"
        path.write_text(json.dumps(self.document() if document is None else document))
        self.capture.readouterr()
        code = main(
            [command, "--settings", str(path), "--endpoint", self.cloud.endpoint, *more],
            self.environment if environment is None else environment,
        )
        shown = self.capture.readouterr()
        for secret in (SETTINGS["VODPASS_OWNER_KEYS"], SETTINGS["VODPASS_WEBHOOK_SECRETS"]):
            assert secret not in shown.out + shown.err
        assert self.cloud.admin.access_key_secret not in shown.out + shown.err
        return Run(code, shown.out, shown.err)

    def state(self) -> dict[str, Any]:
        """Everything in the account that the command could change, without times."""
        ram = self.cloud.ram
        return {
            "roles": {
                name: (
                    json.loads(role.trust.document),
                    sorted((one.kind, one.policy_name) for one in role.attached),
                    dict(role.tags),
                )
                for name, role in ram.roles.items()
            },
            "policies": {
                key: (json.loads(one.current.policy.document), len(one.versions), dict(one.tags))
                for key, one in ram.policies.items()
            },
            "queues": {
                one.name: (one.attributes, dict(one.tags)) for one in self.cloud.queues.all()
            },
            "logs": {
                name: (
                    one.description,
                    {key: (store.settings, store.index) for key, store in one.stores.items()},
                )
                for name, one in self.cloud.logs.projects.items()
            },
        }


@pytest.fixture(scope="module")
def running() -> Iterator[FakeCloud]:
    with FakeCloud(allow_deploy=True) as cloud:
        yield cloud


@pytest.fixture
def account(running: FakeCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Account:
    running.reset()
    return Account(running, tmp_path, capsys)

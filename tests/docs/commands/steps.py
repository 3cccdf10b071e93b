"""The commands of the guides in the order in which an operator needs them, and those left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ops import dot_env
from tests.docs.commands.desk import DOMAIN, Desk
from tests.docs.commands.pages import PROJECT

NOT_RUN = {
    "make setup && . .venv/bin/activate": "it installs from the internet",
    "make template": "tests/ops/test_template.py builds it",
    "cp -r build/template /tmp/vodpass-template": "tests/ops/test_template.py copies it",
    "node_modules/.bin/s init vodpass --uri /tmp/vodpass-template -d my-vodpass": (
        "tests/ops/test_template.py runs it"
    ),
    "node_modules/.bin/s remove -y -t s.prod.yaml": "it needs the component of `s`",
    "export VODPASS_WEBHOOK_SECRETS=": "tests/docs/guides and tests/local run its two parts",
    "VODPASS=http://127.0.0.1:": "tests/docs/guides/test_guide.py runs it",
    "export LIVE_CONSENT=": "tests/live/test_rehearsal.py runs it against the fake",
}
"""How a command begins that this test does not run, and why."""


def reason(command: str) -> str:
    """Why a command is not run; empty if it is to run."""
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), "")


@dataclass(frozen=True)
class Step:
    """A command of a page, what it says, and what happens between it and the one before."""

    command: str
    says: Sequence[str] = ()
    before: Callable[[Desk], None] = lambda _desk: None
    stdin: str = ""


# --- from nothing to a deployment ---------------------------------------------------------------

OWN_KEY = "own-shared-key"
RECEIVER = "https://app.example.com/webhooks/vod"


def first_answers(at: Desk) -> None:
    at.typed = {
        "called?": "film",
        "Who issues the tokens": OWN_KEY,
        "receive events?": RECEIVER,
    }


def agree(at: Desk) -> None:
    at.typed = {"Type yes": "yes"}


def in_chinese(at: Desk) -> None:
    at.typed = {"？": ""}


def another_receiver(at: Desk) -> None:
    at.typed = {"receive events?": "https://app.example.com/other"}


def answers_for_prod(at: Desk) -> None:
    assert oct(at.env.stat().st_mode)[-3:] == "600"
    assert dot_env.read(at.env)["VODPASS_WEBHOOK_URL"] == "https://app.example.com/other"
    at.typed = {
        "called?": "film-prod",
        "Who issues the tokens": OWN_KEY,
        "At which address do apps call": "domain",
        "domain of the functions?": "vod.example.com",
        "number of its certificate": "1234567",
        "receive events?": RECEIVER,
    }


def file_of_answers(at: Desk) -> None:
    text = (PROJECT / "docs" / "deploy.md").read_text("utf-8")
    [block] = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    (at.folder / "answers.json").write_text(block)
    at.more["OWNER_KEYS_FROM_THE_BACKUP"] = dot_env.read(at.env)["VODPASS_OWNER_KEYS"]
    at.env.rename(at.folder / "kept")


def the_settings_of_before(at: Desk) -> None:
    assert dot_env.read(at.env)["VODPASS_DOMAIN"] == "vod.example.com"
    (at.folder / "kept").rename(at.env)
    at.stack.cloud.vod.callbacks.reset()  # an account has one callback; the first deployment had it
    agree(at)


def other_code(at: Desk) -> None:
    at.code += "# another version\n"


def prod_by_hand(at: Desk) -> None:
    """The settings of production in `.env`, as somebody has them who works by hand."""
    (at.folder / "kept").write_bytes(at.env.read_bytes())
    at.env.write_bytes((at.folder / ".env.prod").read_bytes())


def dev_settings(at: Desk) -> None:
    (at.folder / "kept").replace(at.folder / ".env.dev")
    at.env.unlink()
    admin = at.stack.cloud.admin
    at.more |= {
        "AccountID": at.stack.cloud.account_id,
        "AccessKeyID": admin.access_key_id,
        "AccessKeySecret": admin.access_key_secret,
    }
    agree(at)


def back_to_dev_alone(at: Desk) -> None:
    """The functions are gone, as after `s remove`."""
    (at.folder / ".env.dev").replace(at.env)
    at.stack.cloud.fc.reset()
    at.typed = {"Type film": "film"}


def from_the_example(at: Desk) -> None:
    at.env.unlink()
    for example in PROJECT.glob(".env*.example"):
        (at.folder / example.name).write_bytes(example.read_bytes())


DEPLOY = (
    Step("python -m ops.setup --schema", ['"$schema"']),
    Step(
        "python -m ops.setup",
        ["VODPASS_OWNER_KEYS", "All settings are valid.", "python -m ops.account apply"],
        first_answers,
    ),
    Step("python -m ops.account plan", ["create    role/film-upload", "23 to create"]),
    Step("python -m ops.account apply", ["queue/film-events", "Do this?"], agree),
    Step("make deploy", ["all settings are valid", "Deployed: film (cn-shanghai)"]),
    Step("python -m ops.setup --language zh", ["没有需要修改的内容"], in_chinese),
    Step(
        "python -m ops.setup --set VODPASS_WEBHOOK_URL",
        ["VODPASS_WEBHOOK_URL", "hidden"],
        another_receiver,
    ),
    Step(
        "python -m ops.setup --set issuer --env-file .env.prod",
        ["Changes of .env.prod (mode 600)", "--env prod"],
        answers_for_prod,
    ),
    Step(
        "python -m ops.setup --answers answers.json", ["All settings are valid."], file_of_answers
    ),
    Step(
        "python -m ops.account apply --env prod",
        ["queue/film-prod-events"],
        the_settings_of_before,
    ),
    Step("make deploy ENV=prod", ["Deployed: film-prod", "https://vod.example.com/upload"]),
    Step('make deploy ENV=prod ARGS="--token-env TOKEN"', ["Deployed: film-prod"], other_code),
    Step("make deploy ENV=prod ARGS=--rollback", ["of the deployment before"]),
    Step("make deploy ENV=prod ARGS=--versions", ["all routes lead to the new version"]),
    Step(
        "node_modules/.bin/s preview --silent -o json -t s.prod.yaml | python3 -m ops.s_yaml",
        (),
        prod_by_hand,
    ),
    Step(
        "export AccountID=… AccessKeyID=…\nread -rs AccessKeySecret && export AccessKeySecret\n"
        "umask 077\nnode_modules/.bin/s deploy -y -t s.prod.yaml > ~/vodpass-deploy.log 2>&1; "
        "echo \"exit code $?\"\ngrep -Eo 'https://[a-z0-9.-]+\\.fcapp\\.run' ~/vodpass-deploy.log "
        "| sort -u",
        ["exit code 0", "https://film-upload-abcdef.cn-shanghai.fcapp.run"],
        stdin="SECRET\n",
    ),
    Step("python -m ops.account apply --env dev", ["role/film-dev-upload"], dev_settings),
    Step("(set -a; . ./.env.dev; node_modules/.bin/s deploy -t s.dev.yaml)", ["completed"]),
    Step("python -m ops.account destroy", ["remove   role/film-upload"], back_to_dev_alone),
    Step("cp .env.example .env && chmod 600 .env", (), from_the_example),
    Step("cp .env.zh-CN.example .env && chmod 600 .env"),
    Step("python -m ops.keys owner new", ["k"]),
    Step("python -m ops.keys jwt new", ['"HS256"']),
    Step("python -m ops.keys webhook new"),
    Step(
        "python -m ops.callbacks set --region cn-shanghai "
        "--base-url https://vod.example.com/events --prepare",
        ["VODPASS_CALLBACK_URL=https://vod.example.com/events/", "VODPASS_CALLBACK_KEYS="],
    ),
)


# --- a deployment that runs ---------------------------------------------------------------------


def running(at: Desk) -> None:
    """The functions of `s.yaml` run, and their settings are those of the shell."""
    stack = at.stack
    stack.cloud.reset()
    stack.cloud.call_back(stack.callback_url, stack.keys.callback_key)
    at.at = {
        f"{DOMAIN}/upload": f"{stack.url}/upload",
        "https://….fcapp.run/": f"{stack.url}/upload",
        DOMAIN: stack.url,
        "http://127.0.0.1:9000": stack.url,
        "127.0.0.1:9001": stack.cloud.endpoint,
    }
    at.template = "s.yaml"  # a domain with a certificate cannot be reached here
    for props in stack.gateway.deployment.props.values():
        at.more.update(props["environmentVariables"])
    at.more.pop("PYTHONPATH", None)
    local = at.folder / ".local"
    local.mkdir(exist_ok=True)
    (local / "deployment-9000.json").write_text(json.dumps(stack.gateway.deployment.document))


EXAMINE = (
    Step(
        "node_modules/.bin/s preview --silent -o json -t s.prod.yaml | "
        "python -m ops.doctor --url https://vod.example.com",
        ["0 findings, 0 could not be checked"],
        running,
    ),
    Step(
        "node_modules/.bin/s preview --silent -o json | "
        "python -m ops.doctor --url https://vod.example.com",
        ["0 findings, 0 could not be checked"],
    ),
    Step(
        "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAIlocaladmin "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET=local-admin-secret .venv/bin/python -m ops.doctor "
        "--settings .local/deployment-9000.json --url http://127.0.0.1:9000 "
        "--endpoint 127.0.0.1:9001",
        ["0 findings, 0 could not be checked"],
    ),
    Step("TOKEN=… python -m ops.smoke https://vod.example.com --token-env TOKEN", ["passed"]),
    Step(
        'curl -i https://vod.example.com/upload -H "Authorization: Bearer $TOKEN" '
        "-H 'Content-Type: application/json' -d '{\"FileName\": \"film.mp4\"}'",
        ["HTTP/1.1 200", '"VideoId"'],
    ),
    Step(
        "curl -i -X POST https://….fcapp.run/",
        ["HTTP/1.1 401", "InvalidToken", "application/problem+json"],
    ),
    Step("python -m ops.playkey rotate --yes", ["VODPASS_PLAY_KEY"]),
    Step("python -m ops.keys jwt rotate", ['"HS256"'], stdin="JWKS\n"),
)


# --- callbacks ----------------------------------------------------------------------------------

ROTATE = "python -m ops.callbacks rotate --{} < .env"
CALLBACKS: Sequence[tuple[Step, bool]] = (
    (Step("python -m ops.callbacks show"), False),
    (Step("python -m ops.callbacks show --region cn-shanghai"), False),
    (
        Step(
            "python -m ops.callbacks set --queue http://ACCOUNT.mns.REGION.aliyuncs.com/ "
            "vodpass-events"
        ),
        False,
    ),
    (
        Step(
            "python -m ops.callbacks set --region cn-shanghai --queue "
            "http://ACCOUNT.mns.cn-shanghai.aliyuncs.com/ vodpass-events"
        ),
        False,
    ),
    (
        Step(
            "python -m ops.callbacks set --base-url https://vod.example.com/events --prepare",
            ["VODPASS_CALLBACK_URL=", "VODPASS_CALLBACK_KEYS="],
            lambda at: at.stack.cloud.reset(),
        ),
        True,
    ),
    (Step("python -m ops.callbacks set --deployed"), False),
    (Step("(set -a; . ./.env; python -m ops.callbacks set --deployed)"), False),
    (Step(ROTATE.format("prepare"), ["VODPASS_CALLBACK_KEYS="]), True),
    (Step(ROTATE.format("switch")), False),
    (Step(ROTATE.format("finish"), ["VODPASS_CALLBACK_KEYS="]), True),
    (
        Step(
            "python -m ops.callbacks join --base-url https://vod.example.com/events",
            ["VODPASS_CALLBACK_URL="],
        ),
        False,
    ),
)
"""Steps, and whether `events` is deployed with what they print."""

RUN = [step.command for step in (*DEPLOY, *EXAMINE, *(step for step, _ in CALLBACKS))]
"""Every command that is run."""

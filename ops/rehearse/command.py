"""The command line of `python -m ops.rehearse`: a deployment's whole life, and one beside it.

It runs the commands that an operator runs, against an empty account in a fake cloud on this
machine: the setup, the account, the deployment with the doctor and the smoke test, a second
deployment beside the first, and the removal of both. Instead of `s` and its component it calls
Function Compute by the official client.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fakealiyun.testing.local_names import names_below_localhost
from ops import serverless_devs
from ops.account.identities import EVENT_BRIDGE
from ops.command_line import Parser
from ops.rehearse import inventory, with_s
from ops.rehearse.deployment import Deployment, NotRight, Rehearsed
from ops.rehearse.fake import KEY, REGION, NotStarted, fake
from ops.rehearse.inventory import Inventory
from ops.rehearse.receiver import receiver
from ops.rehearse.streams import right, title
from ops.voice import say, tell

PROJECT = Path(__file__).resolve().parents[2]

ANSWERS: Mapping[str, Any] = {
    "name": "rehearsal",
    "region": REGION,
    "issuer": {"kind": "own-shared-key"},
    "webhook_url": "https://app.example.com/webhooks/vod",
}
"""The answers without a file."""

BESIDE: Mapping[str, Any] = {**ANSWERS, "name": "beside"}
"""The answers of the second deployment. It also gets STS tokens for playing, and a VOD application
of its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Rehearse; returns 0 if every step was right, else the first other exit code."""
    arguments = _arguments().parse_args(argv)
    command = serverless_devs.find(PROJECT)
    if command is None:
        say("cannot rehearse: `s preview` renders the settings: run `make setup`")
        return 1
    lines = with_s.missing(PROJECT, os.environ) if arguments.with_s else []
    for line in lines:
        say(line)
    if lines:
        return with_s.MISSING
    try:
        with (
            _folder() as project,
            receiver() as webhooks,
            fake(webhooks.url, *([with_s.MAPPED] if arguments.with_s else ())) as cloud,
            names_below_localhost(),
        ):
            at = Rehearsed(project, cloud, command, webhooks, _environ())
            if arguments.with_s:
                with_s.rehearse(at)
            else:
                _rehearse(at, arguments.answers)
    except NotStarted as reason:
        say(f"cannot rehearse: {reason}")
        return 1
    except NotRight as fault:
        say(f"NOT RIGHT: {fault}")
        return fault.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _rehearse(at: Rehearsed, answers: Path | None) -> None:
    empty = inventory.read(at.account)
    first = Deployment(at, answers or _written(at, "answers.json", ANSWERS), ".env")
    first.setup()
    first.apply()
    first.apply(again=True)
    first.deploy(builds=True)
    first.try_it()
    alone = inventory.read(at.account)
    second = _beside(at)
    _unchanged(alone, inventory.read(at.account), f"beside it, {first.name} is unchanged")
    first.examine()
    first.try_it()
    _away(at, second)
    after = inventory.read(at.account)
    if after != alone:
        raise NotRight("after the second: " + ", ".join(alone.differs(after)))
    right(f"nothing of {second.name} is left, and {first.name} is as it was")
    first.try_it()
    first.refuses_to_go()
    first.remove_functions()
    first.destroy()
    _empty(empty, inventory.read(at.account))


def _beside(at: Rehearsed) -> Deployment:
    """A second deployment in the same account, with a VOD application of its own."""
    title("# VOD's console: an application for a second deployment")
    app_id = str(at.account.vod("CreateAppInfo", app_name="beside").body["AppId"])
    account_id = str(at.account.sts("GetCallerIdentity").body["AccountId"])
    purposes = {"purposes": ["vod-play"], "account_id": account_id}
    answers = {**BESIDE, "sts": purposes, "settings": {"VODPASS_APP_ID": app_id}}
    second = Deployment(at, _written(at, "beside.json", answers), ".env.beside")
    second.setup()
    second.apply()
    second.apply(again=True)
    second.deploy(builds=False)
    second.examine()
    second.try_it()
    return second


def _away(at: Rehearsed, second: Deployment) -> None:
    """Remove the second deployment, and its application."""
    both = inventory.read(at.account)
    second.refuses_to_go()
    if inventory.read(at.account) != both:
        raise NotRight("destroy refused, but the account is another")
    app_id = second.values["VODPASS_APP_ID"]
    second.remove_functions()
    second.destroy()
    title("# VOD's console: remove the application")
    at.account.vod("DeleteAppInfo", app_id=app_id)


def _unchanged(before: Inventory, after: Inventory, said: str) -> None:
    changed = before.changed_in(after)
    if changed:
        raise NotRight(f"the second deployment touched the first: {', '.join(changed)}")
    right(said)


def _empty(before: Inventory, after: Inventory) -> None:
    """Nothing is left, except for what stays on purpose."""
    stays = {f"role {name}" for name in EVENT_BRIDGE}
    left = before.new_in(after)
    wrong = [one for one in left if one not in stays and not one.startswith("VOD callback of ")]
    changed = before.changed_in(after)
    if wrong or changed:
        raise NotRight(f"the account is not empty: {', '.join([*wrong, *changed])}")
    right("the account is empty")
    for one in left:
        owner = "EventBridge's own" if one in stays else "yours to point elsewhere"
        tell(f"stays    {one}: {owner}")


def _written(at: Rehearsed, name: str, answers: Mapping[str, Any]) -> Path:
    path = at.project / name
    path.write_text(json.dumps(answers))
    return path


def _environ() -> dict[str, str]:
    """The environment of every command: the fake account's key, and none of our settings."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VODPASS_")}
    kept.pop("ALIBABA_CLOUD_SECURITY_TOKEN", None)
    return {
        **kept,
        "PYTHONPATH": str(PROJECT),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY.access_key_secret,
    }


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder to deploy from, with mode 0700. It is removed afterwards, with its `.env`."""
    folder = Path(tempfile.mkdtemp(prefix="vodpass-rehearsal-"))
    try:
        for path in [*PROJECT.glob("s*.yaml"), *PROJECT.glob(".env*.example")]:
            shutil.copy(path, folder)
        if (PROJECT / "node_modules").is_dir():
            (folder / "node_modules").symlink_to(PROJECT / "node_modules")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.rehearse",
        description="Rehearse a deployment on this machine, against an empty account in a fake "
        "cloud: the setup, the account, the deployment without `s`, the doctor, the smoke test, "
        "VOD's callback; a second deployment beside it; the removal of both. It needs no account "
        "and leaves nothing behind.",
        epilog="exit codes: 0 everything was right; 2 a component of `s` is missing; else that of "
        "the command that failed",
        allow_abbrev=False,
    )
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--answers", type=Path, metavar="FILE", help="answers for the setup; default: our own"
    )
    one.add_argument(
        "--with-s",
        action="store_true",
        help="instead: deploy s.yaml and s.prod.yaml by `s` and its component, twice, and remove "
        "them; whatever these call goes to the fake cloud or is refused",
    )
    return parser

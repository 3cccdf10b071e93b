"""The command line: plan, apply and destroy."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fakealiyun.testing.local_names import names_below_localhost
from ops import dot_env, readiness, serverless_devs
from ops.account import identities, needs, removing, services
from ops.account.answers import NotAnswered, ServiceRefused
from ops.account.applying import apply
from ops.account.calls import Account, silence_clients
from ops.account.key import TOKEN_VARIABLE, NoKey, key_of
from ops.account.needs import Needs, NeedsUnknown
from ops.account.plan import Thing, counted, shown
from ops.account.reading import Reader
from ops.command_line import Parser, loopback
from ops.doctor.deployment import Deployment, UnreadableDeployment, rendered
from ops.serverless_devs import NotRendered
from ops.text import language_of
from ops.voice import say, speak, tell, told
from shared.config.settings import DEFAULT_APP
from shared.config.variables import REGIONS

PROJECT = Path(__file__).resolve().parents[2]
DONE, NOT_DONE, COULD_NOT = 0, 1, 2
LARGEST_INPUT = 1024 * 1024  # bytes

_EXAMPLES = f"""\
examples:
  python -m ops.account plan                       # for s.yaml with .env
  python -m ops.account apply --env prod           # for s.prod.yaml, with .env.prod if there is one
  python -m ops.account apply --adopt role/vodpass-sts --adopt policy/vodpass-sts
  python -m ops.account destroy --name vodpass --region cn-shanghai
The key of the account comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and,
for a temporary key, {TOKEN_VARIABLE}. AliyunRAMFullAccess, AliyunMNSFullAccess and
AliyunLogFullAccess are enough; destroy also needs AliyunFCReadOnlyAccess.
exit codes: 0 done, or nothing to do; 1 something failed or could not be read; 2 could not run
"""


class CannotRun(Exception):
    """The arguments are incomplete, or the settings have faults; the message says which."""


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Plan, apply or destroy, and return the exit code. `environ` replaces the process's."""
    environment = os.environ if environ is None else environ
    silence_clients()
    arguments = _arguments().parse_args(argv)
    speak(arguments.language or language_of(environment))
    try:
        # Log projects are below the endpoint's name, which in a rehearsal is below localhost.
        with names_below_localhost() if arguments.endpoint else contextlib.nullcontext():
            return _run(arguments, environment)
    except (CannotRun, NoKey, NeedsUnknown, UnreadableDeployment) as reason:
        say(f"could not run: {reason}")
    except ServiceRefused as refusal:
        say(f"could not run: {refusal}")
    except NotAnswered as fault:
        say(f"could not run: no answer ({fault})")
    return COULD_NOT


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    key = key_of(environ)
    if arguments.command == "destroy" and arguments.name:
        region = arguments.region
        if region is None:
            raise CannotRun("--name needs --region too")
        account = _account(key, region, arguments)
        return _destroy(account, arguments.name, arguments.app_id or DEFAULT_APP, arguments)
    deployment = _deployment(arguments, environ)
    account = _account(key, _region(deployment), arguments)
    account_id = str(account.sts("GetCallerIdentity").body["AccountId"])
    wanted = needs.of(deployment, account_id)
    if arguments.command == "destroy":
        return _destroy(account, wanted.name, wanted.app_id, arguments)
    adopted = frozenset(arguments.adopt)
    found = plan(Reader(account, wanted.name), wanted, adopted)
    unknown = adopted - {thing.key for thing in found}
    if unknown:
        raise CannotRun(f"--adopt {' '.join(sorted(map(_word, unknown)))}: not in the plan")
    print("\n".join(shown(found)))
    print(f"\n{counted(found)}")
    if arguments.command == "plan":
        return NOT_DONE if _unread(found) else DONE
    if not any(thing.steps for thing in found):
        return NOT_DONE if _unread(found) else DONE
    if not _confirmed(arguments, "Do this?"):
        return NOT_DONE
    return _result(found)


def plan(reader: Reader, wanted: Needs, adopted: frozenset[str]) -> list[Thing]:
    """Everything that the deployment needs, as it is now, in the order to make it in."""
    found = identities.things(reader, wanted, adopted)
    new = {one.key for one in found if one.state == "create"}
    return found + services.things(reader, wanted, adopted, new)


def _destroy(account: Account, name: str, app_id: str, arguments: argparse.Namespace) -> int:
    reader = Reader(account, name)
    found = removing.things(reader, app_id)
    if not found:
        tell(f"nothing to do: the account has nothing that is marked {name}")
        return DONE
    regions = [account.region] if account.rehearsal else sorted(REGIONS)
    everywhere = [_account(account.key, region, arguments) for region in regions]
    used = removing.uses(everywhere, reader.tagged("Role"))
    for one in found:
        tell(f"remove   {one.key}  {one.what}".rstrip())
    tell(f"stays    {', '.join(identities.EVENT_BRIDGE)}, if there: EventBridge's, not ours")
    tell("stays    VOD's callback setting and videos, and queues that were there before")
    if used:
        tell("\nstill in use:")
        for use in used:
            print(f"  - {told(str(use))}")
        if not arguments.although_used:
            tell("\nRemove the functions first, or add --although-used: they then fail.")
            return NOT_DONE
    if not arguments.yes and not sys.stdin.isatty():
        raise CannotRun("without a terminal, destroy needs --yes")
    if not _confirmed(arguments, f"Remove all this, for ever? Type {name}", name):
        return NOT_DONE
    return _result(found)


def _result(found: Sequence[Thing]) -> int:
    outcomes = apply(found, tell)
    failed = [one for one in outcomes if one.failure]
    tell(f"\n{len(outcomes) - len(failed)} done, {len(failed)} failed or left")
    return NOT_DONE if failed or _unread(found) else DONE


def _unread(found: Sequence[Thing]) -> bool:
    return any(thing.state == "unknown" for thing in found)


def _confirmed(arguments: argparse.Namespace, question: str, wanted: str = "yes") -> bool:
    """Whether to go on. Without a terminal nobody can be asked: the command itself says it."""
    if arguments.yes or not sys.stdin.isatty():
        return True
    hint = "" if wanted != "yes" else f" {told('Type yes')}"
    return input(f"\n{told(question)}{hint}: ").strip() == wanted


def _deployment(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Deployment:
    if arguments.settings == "-":
        return rendered(sys.stdin.read(LARGEST_INPUT))
    if arguments.settings:
        try:
            return rendered(Path(arguments.settings).read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            raise CannotRun("the file that --settings names cannot be read") from None
    return rendered(json.dumps(_rendered(arguments, environ)))


def _rendered(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Mapping[str, Any]:
    """What `s preview` prints for the chosen file. Raises CannotRun, with every fault by name."""
    end = arguments.env or ""
    template = f"s.{end}.yaml" if end else "s.yaml"
    if not re.fullmatch(r"[a-z0-9-]*", end) or not (PROJECT / template).is_file():
        raise CannotRun("--env must be the middle of a file such as s.prod.yaml: prod")
    file = arguments.env_file or dot_env.default(PROJECT, end)
    if arguments.env_file and not file.is_file():
        raise CannotRun("the file that --env-file names cannot be read")
    values = {**dot_env.read(file), **environ}
    command = serverless_devs.find(PROJECT)
    if command is None:
        raise CannotRun("there is no `s`: run `make setup`, or give --settings")
    needed = serverless_devs.read_by(PROJECT, template)
    try:
        found = serverless_devs.preview(
            command, PROJECT, template, readiness.chosen(values, needed), environ
        )
        faults = readiness.in_document(found)
    except NotRendered:
        found, faults = {}, []
    if faults or not found:
        # What cannot be rendered, or has the wrong shape, hides other faults: name all at once.
        every = {str(one): one for one in readiness.faults(values, PROJECT, template, command)}
        raise CannotRun(
            "the settings have faults\n" + "\n".join(f"  {one.told()}" for one in every.values())
        )
    return found


def _region(deployment: Deployment) -> str:
    for function in deployment.functions.values():
        region = function.environment.get("VODPASS_REGION", "")
        if region in REGIONS:
            return region
    raise CannotRun("VODPASS_REGION is not set for any function")


def _account(key: Any, region: str, arguments: argparse.Namespace) -> Account:
    at = arguments.endpoint or ""
    return Account(key, region, endpoint=at, ram_endpoint=at, fc_endpoint=at)


def _word(text: str) -> str:
    """A thing as it was named, unless it may be a secret in the wrong place."""
    kinds = "role|policy|attachment|application policy|queue|log (?:project|store|index)"
    return text if re.fullmatch(rf"(?:{kinds})/[A-Za-z0-9@/. -]{{1,130}}", text) else "?"


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.account",
        description="Plan, make and remove what a deployment needs in the account besides its "
        "functions: roles and policies, queues, the log project, policies of a VOD application.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add: Callable[..., argparse.ArgumentParser] = commands.add_parser
    made = {
        "plan": add("plan", help="show what there is and what is missing; changes nothing"),
        "apply": add("apply", help="show the plan, then do it; what is not ours stays as it is"),
        "destroy": add("destroy", help="remove what is marked as this deployment's"),
    }
    for name, command in made.items():
        command.add_argument("--env", metavar="ENV", help="prod means s.prod.yaml with .env.prod")
        command.add_argument(
            "--env-file", type=Path, metavar="FILE", help="the settings, instead of .env"
        )
        command.add_argument(
            "--settings",
            metavar="FILE|-",
            help="what `s preview --silent -o json` prints, instead of running it",
        )
        command.add_argument(
            "--endpoint", type=loopback, metavar="HOST:PORT", help="a fake cloud on this machine"
        )
        if name != "plan":
            command.add_argument("--yes", action="store_true", help="do not ask")
        if name != "destroy":
            command.add_argument(
                "--adopt",
                action="append",
                default=[],
                metavar="KIND/NAME",
                help="change this thing although it is not ours, and mark it; repeat for others",
            )
    made["destroy"].add_argument("--name", help="of the deployment, if its settings are gone")
    made["destroy"].add_argument("--region", choices=sorted(REGIONS), help="of its queues and logs")
    made["destroy"].add_argument("--app-id", help="its VOD application, with --name")
    made["destroy"].add_argument(
        "--although-used", action="store_true", help="also if functions still use the roles"
    )
    return parser

"""The command line, and which checks run in which order."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ops import dot_env
from ops.account import TOKEN_VARIABLE, Account, NoKey, key_of, silence_clients
from ops.command_line import Parser, loopback, named
from ops.doctor import (
    abandoned,
    application,
    callback,
    endpoints,
    functions,
    identity,
    play_key,
    published,
    queues,
    receiver,
    roles,
    routes,
    vod,
    web,
)
from ops.doctor import settings as settings_check
from ops.doctor.deployment import (
    BEARER,
    METHODS,
    Deployment,
    UnreadableDeployment,
    of_process,
    rendered,
)
from ops.doctor.report import COULD_NOT, Report
from ops.doctor.web import Place, UnusableUrl
from ops.text import language_of
from ops.voice import say, speak
from shared.config.jwk import KeySet
from shared.config.settings import Settings

LARGEST_INPUT = 1024 * 1024  # bytes

_EXAMPLES = f"""\
examples:
  node_modules/.bin/s preview --silent -o json | python -m ops.doctor --url https://vod.example.com
  python -m ops.doctor --settings rendered.json --at play=https://….fcapp.run --no-account
  set -a; . ./.env; set +a; python -m ops.doctor --settings env --url https://vod.example.com
The key of the account comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and,
for a temporary key, {TOKEN_VARIABLE}. It only needs permission to read.
exit codes: 0 no finding, 1 a finding, 2 could not run, or could not do every check
"""


class _CannotRun(Exception):
    """The arguments are incomplete, or a file that they name cannot be read."""


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Check, print, and return the exit code. `environ` replaces the process's environment."""
    environment = os.environ if environ is None else environ
    silence_clients()
    arguments = _arguments().parse_args(argv)
    speak(arguments.language or language_of(environment))
    report = Report(ignored=tuple(arguments.ignore))
    try:
        _run(report, arguments, environment)
    except (_CannotRun, NoKey, UnreadableDeployment, UnusableUrl) as reason:
        say(f"could not run: {reason}")
        return COULD_NOT
    print(report.as_json() if arguments.json else report.as_text())
    return report.exit_code


def _run(report: Report, arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    places = web.places(arguments.url, arguments.at, METHODS)
    token = environ.get(arguments.token_env, "") if arguments.token_env else ""
    if arguments.token_env and not token:
        raise _CannotRun(f"{named(arguments.token_env)}, which --token-env names, is not set")
    deployment = _deployment(arguments, environ)
    key = None if arguments.no_account else key_of(environ)
    # http is accepted for this machine only.
    rehearsal = bool(arguments.endpoint) or not all(at.tls for at in places.values())
    settings = settings_check.check(report, deployment, rehearsal=rehearsal)
    settings_check.check_names(report, dot_env.read(Path(".env")), where=".env")
    if deployment.document is not None:  # else the environment is what was checked
        settings_check.check_names(report, environ, where="the environment")
    vod_key: str | None = None
    if key is None:
        report.was_not_checked("account", "VOD, its callbacks, roles and functions: --no-account")
    else:
        region = _region(deployment, settings)
        account = Account(
            key,
            region,
            endpoint=arguments.endpoint or "",
            ram_endpoint=arguments.ram_endpoint or arguments.endpoint or "",
            fc_endpoint=arguments.fc_endpoint or "",
        )
        vod_key = _check_account(report, account, deployment, settings, as_role=arguments.as_role)
    reached = _reached(places, deployment, settings, rehearsal)
    _check_places(report, reached, settings, token, vod_key, rehearsal=rehearsal)


def _deployment(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Deployment:
    if arguments.settings == "env":
        return of_process(environ)
    if arguments.settings == "-":
        if sys.stdin.isatty():
            raise _CannotRun(
                "pipe in what `s preview --silent -o json` prints, or give --settings env"
            )
        return rendered(sys.stdin.read(LARGEST_INPUT))
    try:
        return rendered(Path(arguments.settings).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise _CannotRun("the file that --settings names cannot be read") from None


def _region(deployment: Deployment, settings: Mapping[str, Settings]) -> str:
    for one in settings.values():
        return one.region
    for function in deployment.functions.values():
        if function.environment.get("VODPASS_REGION"):
            return function.environment["VODPASS_REGION"]
    raise _CannotRun("VODPASS_REGION is not set for any function")


def _check_account(
    report: Report,
    account: Account,
    deployment: Deployment,
    settings: dict[str, Settings],
    *,
    as_role: bool,
) -> str | None:
    account_id = identity.check(report, account, settings)
    if account_id is None:
        return None
    answers = vod.check(report, account, settings)
    usable = answers and application.check(report, account, deployment, settings)
    if usable:
        play_key.check(report, account, settings)
        abandoned.check(report, account, settings)
    roles.check(report, account, deployment, settings, account_id, as_role=as_role)
    functions.check(report, account, deployment)
    routes.check(report, account, deployment)
    queues.check(report, account, deployment, account_id)
    if usable and "events" in settings:
        app_id = application.of(settings)
        return callback.check(
            report, account, settings["events"], deployment, app_id, settings.get("upload")
        )
    return None


def _reached(
    places: Mapping[str, Place],
    deployment: Deployment,
    settings: Mapping[str, Settings],
    rehearsal: bool,
) -> dict[str, Place]:
    """The place of each function of the deployment.

    For `events` this is where VOD calls it: VODPASS_CALLBACK_URL or, in a rehearsal, the path of
    that URL on the given host or below the function's own address.
    """
    found = {name: at for name, at in places.items() if name in deployment.functions}
    events = settings.get("events")
    if "events" in found and events is not None:
        path = urlsplit(events.callback_url).path
        at = found["events"]
        if not rehearsal:
            found["events"] = web.place(events.callback_url)
        else:
            # A function that was deployed to the fake has its own address, ending in its name.
            found["events"] = at.at(path) if at.path == "/events" else at.below(path)
    return found


def _check_places(
    report: Report,
    places: Mapping[str, Place],
    settings: Mapping[str, Settings],
    token: str,
    vod_key: str | None,
    *,
    rehearsal: bool,
) -> None:
    if not places:
        report.was_not_checked("functions", "what they answer: no --url or --at")
    published_at: dict[str, KeySet | None] = {}
    for name, at in places.items():
        own = settings.get(name)
        keys: KeySet | None = None
        if own is not None and name in BEARER:
            url = own.jwt_jwks_url
            keys = published_at[url] if url in published_at else published.keys_of(report, own)
            if url:
                published_at[url] = keys
        endpoints.check(report, name, at, own, keys, rehearsal=rehearsal)
        if name == "events" and own is not None:
            receiver.check(report, at, own, vod_key)
        if token and name in BEARER:
            endpoints.check_with_token(report, name, at, token)
    if places and not token:
        report.was_not_checked(
            "functions",
            "whether they accept a caller, and what their roles may read: no --token-env",
        )


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.doctor",
        description="Find the faults of a deployment, and say why each matters and how to fix it. "
        "It only reads, and shows no secret.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--settings",
        default="-",
        metavar="FILE|-|env",
        help="what `s preview --silent -o json` prints, in a file or on standard input (the "
        "default), or the word env: this process's environment",
    )
    parser.add_argument("--url", help="the address of all functions: URL/upload, URL/play, …")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="FUNCTION=URL",
        help="the address of one function; repeat it for others",
    )
    parser.add_argument(
        "--token-env",
        metavar="VARIABLE",
        help="the variable that holds a caller's token, to call the functions as that user",
    )
    parser.add_argument("--no-account", action="store_true", help="do not call Alibaba Cloud")
    parser.add_argument(
        "--as-role",
        action="store_true",
        help="try to assume each role; only Function Compute should be able to",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE",
        help="leave out findings with this code; repeat it for others",
    )
    rehearsal = parser.add_argument_group("rehearsal on one machine")
    for option, what in (
        ("--endpoint", "VOD and STS, and RAM unless --ram-endpoint is given"),
        ("--ram-endpoint", "RAM"),
        ("--fc-endpoint", "Function Compute"),
    ):
        rehearsal.add_argument(
            option,
            type=loopback,
            metavar="HOST:PORT",
            help=f"the fake cloud's address for {what}",
        )
    return parser

"""The arguments of `python -m ops.deploy`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ops.command_line import Parser, loopback


def arguments_of() -> argparse.ArgumentParser:
    """The parser of the arguments."""
    parser = Parser(
        prog="python -m ops.deploy",
        description="Check the settings, build the bundle, deploy it with `s`, examine and try the "
        "deployment, and tell VOD where to call. What `s` prints is never shown or stored: it has "
        "every secret in clear.",
        epilog="The key comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET "
        "and, for a temporary key, ALIBABA_CLOUD_SECURITY_TOKEN. Exit codes: 0 done and sound, 1 "
        "something is not right, 130 interrupted; if `s` fails, its own exit code.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--env",
        type=_env,
        default="",
        metavar="NAME",
        help="prod deploys s.prod.yaml, with the settings in .env.prod if there is one",
    )
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="another file of settings")
    parser.add_argument(
        "--rollback", action="store_true", help="deploy the bundle of before once more"
    )
    parser.add_argument(
        "--versions",
        action="store_true",
        help="publish versions, and let the domain's routes lead to them by an alias; from then "
        "on every deployment does",
    )
    parser.add_argument(
        "--callback",
        choices=("auto", "queue", "http", "none"),
        default="auto",
        help="where VOD sends its callbacks afterwards; auto: to the queue if there is one, else "
        "by HTTP, and for --env dev nowhere",
    )
    parser.add_argument(
        "--replace-callback", action="store_true", help="also if VOD calls another system now"
    )
    parser.add_argument(
        "--token-env",
        metavar="VARIABLE",
        help="the variable with a test user's token for the smoke test; with an HS256 key of your "
        "own, a token is made",
    )
    parser.add_argument("--no-smoke", action="store_true", help="do not upload and play a video")
    parser.add_argument("--s", type=Path, metavar="PATH", help="another command `s`")
    rehearsal = parser.add_argument_group("rehearsal on one machine")
    for option, what in (
        ("--endpoint", "VOD and STS"),
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


def _env(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{0,40}", text):
        raise ValueError
    return text

"""The PlayKey of a VOD application, which signs every JWTPlayAuth.

    python -m ops.playkey show
    python -m ops.playkey rotate --yes

`show` prints the application, the times of its key, and whether the deployment's key
(VODPASS_PLAY_KEY in the environment) is the same. It never prints the key. `rotate` makes a new
key, sets it at VOD, and prints it once, as a line for the functions' environment.

The AccessKey comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a
session, ALIBABA_CLOUD_SECURITY_TOKEN. It needs vod:GetAppPlayKey and, for `rotate`,
vod:SetAppPlayKey. These action names are a guess: VOD's pages list none.
"""

from __future__ import annotations

import argparse
import hmac
import os
import secrets
import string
import sys
from collections.abc import Callable, Mapping, Sequence

from ops.account import LOOPBACK, Account, NoKey, NotAnswered, ServiceRefused, key_of
from ops.command_line import Parser
from ops.text import Text
from ops.voice import row, say
from shared.config.settings import DEFAULT_APP
from shared.config.variables import REGIONS, VARIABLES

VARIABLE = "VODPASS_PLAY_KEY"
LENGTH = 20  # characters, the most that VOD allows

WARNING = """\
A new PlayKey ends every JWTPlayAuth of the application {app_id} at once. There is one key for each
application, so this holds for other systems that sign with it too. Until `play` is deployed with
the new key, VOD accepts none of its JWTPlayAuths. PlayAuths are not affected.
"""


class NotDone(Exception):
    """The command did nothing, or cannot say whether it did. The message holds no key."""


def new_key() -> str:
    """A random PlayKey: 20 letters and digits, 119 bits."""
    characters = string.ascii_letters + string.digits
    return "".join(secrets.choice(characters) for _ in range(LENGTH))


def show(account: Account, app_id: str) -> list[str]:
    """What is known of the application's PlayKey, without the key."""
    found = account.vod("GetAppPlayKey", app_id=app_id).body.get("AppPlayKey")
    said = found if isinstance(found, dict) else {}
    key = said.get("PlayKey")
    rows = [("application", str(said.get("AppId") or app_id))]
    if not isinstance(key, str) or not key:
        rows += [("key", "none is set"), ("deployment", "`rotate` makes a key")]
    else:
        rows += [
            ("key", f"set, {len(key)} characters"),
            ("created", str(said.get("CreationTime") or "unknown")),
            ("modified", str(said.get("ModificationTime") or "unknown")),
            ("deployment", _comparison(key, os.environ.get(VARIABLE, ""))),
        ]
    return [row(_ROWS[name], value) for name, value in rows]


_ROWS: Mapping[str, Text] = {
    "application": Text("application", "应用"),
    "key": Text("key", "密钥"),
    "created": Text("created", "创建时间"),
    "modified": Text("modified", "修改时间"),
    "deployment": Text("deployment", "部署"),
}


def _comparison(key: str, deployed: str) -> str:
    if not deployed:
        return f"{VARIABLE} is not in the environment: not compared"
    try:
        VARIABLES[VARIABLE].parse(deployed)
    except ValueError:
        return f"{VARIABLE} must be {VARIABLES[VARIABLE].allowed}"
    if hmac.compare_digest(key.encode("utf-8"), deployed.encode("utf-8")):
        return f"{VARIABLE} is the same key"
    return f"{VARIABLE} is ANOTHER key: VOD accepts no JWTPlayAuth of this deployment"


def rotate(account: Account, app_id: str) -> list[str]:
    """Makes a new PlayKey, sets it at VOD, and returns the line that deploys it."""
    key = new_key()
    try:
        account.vod("SetAppPlayKey", app_id=app_id, play_key=key)
    except NotAnswered:
        # The new key may be in force. Without it the operator could deploy nothing that works.
        say(
            "VOD gave no answer, so it may have the old key or this new one. Put the line into\n"
            "the environment and run `show`, which compares them. If they differ, rotate again."
        )
    else:
        say("VOD has the new key. Deploy `play` with this line, which is shown once.")
    return [f"{VARIABLE}={key}"]


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.playkey",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", required=True, parser_class=Parser)
    actions.add_parser("show", help="what VOD and the deployment have; the key is not shown")
    rotation = actions.add_parser("rotate", help="replace the key; every credential ends")
    rotation.add_argument("--yes", action="store_true", help="without this nothing is changed")
    for action in actions.choices.values():
        action.add_argument(
            "--region",
            default=os.environ.get("VODPASS_REGION", ""),
            help="the region of VOD (VODPASS_REGION)",
        )
        action.add_argument(
            "--app-id",
            default=os.environ.get("VODPASS_APP_ID") or DEFAULT_APP,
            help=f"the VOD application (VODPASS_APP_ID, else {DEFAULT_APP})",
        )
        action.add_argument(
            "--endpoint", default="", metavar="HOST:PORT", help="of a fake on this machine"
        )
    return parser


def _account(arguments: argparse.Namespace) -> Account:
    if arguments.region not in REGIONS:
        raise NotDone(f"the region must be one of {', '.join(sorted(REGIONS))}")
    if arguments.endpoint and not LOOPBACK.fullmatch(arguments.endpoint):
        raise NotDone("--endpoint is for a fake on this machine: 127.0.0.1:PORT")
    try:
        key = key_of(os.environ)
    except NoKey as missing:
        raise NotDone(str(missing)) from None
    return Account(key, arguments.region, endpoint=arguments.endpoint)


def main(argv: Sequence[str] | None = None) -> int:
    """Do as the arguments say; 0 when it is done, 1 when it is refused, 2 for wrong arguments."""
    arguments = _arguments().parse_args(argv)
    try:
        account = _account(arguments)
        if arguments.action == "rotate":
            say(WARNING.format(app_id=arguments.app_id))
            if not arguments.yes:
                raise NotDone("nothing was changed; repeat it with --yes")
        run: Callable[[Account, str], list[str]] = show if arguments.action == "show" else rotate
        lines = run(account, arguments.app_id)
    except (NotDone, ServiceRefused) as fault:
        say(f"refused: {fault}")
        return 1
    except NotAnswered:
        say("refused: VOD gave no answer")
        return 1
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())

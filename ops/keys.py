"""Make, rotate and list the keys of a deployment, as values of its settings.

    python -m ops.keys owner new
    python -m ops.keys jwt rotate < jwks.json

The new value goes to standard output on one line; everything else goes to standard error. The
present value is read from standard input or from the environment, never from an argument, which
every user of the machine can see. The functions' own parsers check it, and no message repeats it.
Only `jwt public` needs an installed package.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ops import keyring
from ops.columns import padded, width
from ops.command_line import (
    LARGEST_INPUT,
    Parser,
    Refused,
    from_environment,
    from_standard_input,
)
from ops.public_key import PublicKeyError, jwk_of_pem
from ops.voice import say, told

CROWDED = 3000
"""Bytes of one variable. All variables of a function together have 4096, so more leaves little."""


def _present(variable: str, arguments: argparse.Namespace) -> str:
    if arguments.env:
        return from_environment(variable)
    given = from_standard_input(f"the present value of {variable}").strip()
    if not given:
        raise Refused(f"standard input is empty; it must hold the present value of {variable}")
    return given


def _jwt(arguments: argparse.Namespace) -> str:
    variable = "VODPASS_JWT_KEYS"
    if arguments.action == "new":
        say(f"{variable}: a new key. Whoever has it can make tokens: give it only to the issuer.")
        return keyring.new_jwt_keys()
    if arguments.action == "public":
        return _public(arguments)
    present = keyring.read_jwt_keys(_present(variable, arguments))
    if arguments.action == "list":
        return _table(keyring.list_jwt_keys(present))
    if arguments.action == "retire":
        say(f"{variable}: after the next deployment, tokens of a retired key are refused.")
        return keyring.retire_jwt_keys(present, arguments.kid)
    say(
        f"{variable}: a new key before the others. Deploy this. Then let the issuer sign with the\n"
        "new key, and retire the old one when its last token has expired."
    )
    if not any(key["kty"] == "oct" for key in present):
        say("All others are public keys of an issuer. Add its next one with `jwt public --add`.")
    return keyring.new_jwt_keys(present)


def _public(arguments: argparse.Namespace) -> str:
    kids = arguments.kid or [None] * len(arguments.pem)
    if len(kids) != len(arguments.pem):
        raise Refused("give --kid once for each file, in the same order, or not at all")
    made = [_jwk_of_file(path, kid) for path, kid in zip(arguments.pem, kids, strict=True)]
    if not arguments.kid:
        say("The kid is the key's thumbprint. If the issuer's tokens name another, use --kid.")
    if arguments.add:
        made += keyring.read_jwt_keys(_present("VODPASS_JWT_KEYS", arguments))
    return keyring.jwks(made)


def _jwk_of_file(path: str, kid: str | None) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            return jwk_of_pem(file.read(LARGEST_INPUT), kid)
    except OSError as error:
        raise Refused(f"{path}: {os.strerror(error.errno or 0)}") from None
    except PublicKeyError as error:
        raise Refused(f"{path}: {error}") from None


def _owner(arguments: argparse.Namespace) -> str:
    variable = "VODPASS_OWNER_KEYS"
    if arguments.action == "new":
        say(f"{variable}: keep a copy in a safe place. If it is lost, no video has an owner.")
        return keyring.new_owner_keys()
    present = keyring.read_owner_keys(_present(variable, arguments))
    if arguments.action == "list":
        return _table(keyring.list_owner_keys(present))
    say(
        f"{variable}: the new key marks new videos; the {len(present)} older keys still verify.\n"
        "Never drop a key while videos that it marked exist: they would have no owner."
    )
    return keyring.new_owner_keys(present)


def _webhook(arguments: argparse.Namespace) -> str:
    variable = "VODPASS_WEBHOOK_SECRETS"
    if arguments.action == "new":
        say(f"{variable}: a new secret, for the sender and the receiver.")
        return keyring.new_webhook_secrets()
    present = keyring.read_webhook_secrets(_present(variable, arguments))
    if arguments.action == "list":
        return _table(keyring.list_webhook_secrets(present))
    if arguments.action == "retire":
        say(f"{variable}: only the newest secret.")
        return keyring.newest_webhook_secret(present)
    if len(present) > 1:
        say(f"{variable}: there were two secrets; the older one is dropped.")
    say(
        f"{variable}: each webhook is signed with both. Give the receivers the new one, then\n"
        "retire the old one."
    )
    return keyring.new_webhook_secrets(present)


def _table(rows: Sequence[keyring.Row]) -> str:
    said = [[told(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*said, strict=True)]
    return "\n".join(
        "  ".join(padded(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in said
    )


_EXAMPLES = """\
examples:
  python -m ops.keys jwt new > jwks.json
  python -m ops.keys jwt rotate < jwks.json > jwks.new.json
  python -m ops.keys jwt public issuer.pem --kid 2026-11
  python -m ops.keys owner list --env
--env reads the present value from the setting's own variable, for example after
  set -a; . ./.env; set +a
"""


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.keys",
        description="Make, rotate and list the keys of a deployment. The new value goes to "
        "standard output, everything else to standard error. The present value comes from "
        "standard input or, with --env, from the environment.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="{jwt,owner,webhook}")
    jwt = _kind(kinds, "jwt", _jwt, "VODPASS_JWT_KEYS", "what verifies callers' tokens")
    _action(jwt, "new", "a JWKS with one new HS256 key", present=False)
    _action(jwt, "rotate", "put a new HS256 key before the present keys")
    retire = _action(jwt, "retire", "remove keys whose last token has expired")
    retire.add_argument("kid", nargs="+", help="the kid of a key, as list shows it")
    public = _action(jwt, "public", "a JWKS of an issuer's public keys (RSA, P-256, Ed25519)")
    public.add_argument("pem", nargs="+", metavar="PEM", help="a file with one public key")
    public.add_argument("--kid", action="append", help="the kid in the issuer's tokens")
    public.add_argument("--add", action="store_true", help="put them before the present keys")
    _action(jwt, "list", "show kid, algorithm and size; no secret")
    owner = _kind(
        kinds, "owner", _owner, "VODPASS_OWNER_KEYS", "what marks videos as their owner's"
    )
    _action(owner, "new", "one new key", present=False)
    _action(owner, "rotate", "put a new key before the present keys; none is ever dropped")
    _action(owner, "list", "show id, algorithm, size and use; no secret")
    webhook = _kind(kinds, "webhook", _webhook, "VODPASS_WEBHOOK_SECRETS", "what signs webhooks")
    _action(webhook, "new", "one new secret", present=False)
    _action(webhook, "rotate", "put a new secret before the newest one; both sign")
    _action(webhook, "retire", "keep only the newest secret")
    _action(webhook, "list", "show a fingerprint, algorithm and size; no secret")
    return parser


def _kind(
    kinds: Any, name: str, run: Callable[[argparse.Namespace], str], variable: str, what: str
) -> Any:
    kind = kinds.add_parser(name, help=f"{variable}: {what}", description=f"{variable}: {what}.")
    kind.set_defaults(run=run, env=False)
    return kind.add_subparsers(dest="action", required=True)


def _action(kind: Any, name: str, what: str, *, present: bool = True) -> argparse.ArgumentParser:
    action: argparse.ArgumentParser = kind.add_parser(name, help=what, description=f"{what}.")
    if present:
        action.add_argument(
            "--env",
            action="store_true",
            help="read the present value from the environment, not from standard input",
        )
    return action


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if done, 1 if refused. Wrong arguments exit with 2."""
    arguments = _arguments().parse_args(argv)
    run: Callable[[argparse.Namespace], str] = arguments.run
    try:
        made = run(arguments)
    except Refused as refusal:
        say(f"refused: {refusal}")
        return 1
    if arguments.action != "list" and len(made) > CROWDED:
        say(f"{len(made)} bytes. All variables of a function together may have 4096.")
    print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())

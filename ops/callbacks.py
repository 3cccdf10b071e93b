"""Where VOD sends its events: show it, set it, and change the key without losing an event.

    python -m ops.callbacks show
    python -m ops.callbacks set --base-url https://hooks.example.com/events
    python -m ops.callbacks rotate --prepare < .env

What is made goes to standard output, once, as lines for the functions' environment; everything
else is said on standard error. Present keys are read from standard input or from the environment,
never from an argument, which every user of the machine can see. The AccessKey is taken from
ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a session,
ALIBABA_CLOUD_SECURITY_TOKEN; it needs vod:GetMessageCallback and, but for `show`,
vod:SetMessageCallback.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from ops import callback_keys, probe
from ops.callback_events import AI_JOBS, EVENTS, OF_AI_JOBS, PASSED_ON, loss, not_selected
from ops.callback_keys import KEYS_VARIABLE, URL_VARIABLE
from ops.keyring import Refused
from ops.message_callback import MessageCallback

LARGEST_INPUT = 64 * 1024  # bytes

Arguments = argparse.Namespace
Configuration = Mapping[str, str]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


# --- show -------------------------------------------------------------------------------------


def _show(vod: MessageCallback, _arguments: Arguments) -> list[str]:
    found = vod.get()
    kind = found.get("CallbackType", "none")
    rows = [("application", found.get("AppId", "")), ("callbacks", kind)]
    if kind == "HTTP":
        key = found.get("AuthKey", "")
        signed = found.get("AuthSwitch") == "on"
        rows += [
            ("url", callback_keys.masked_url(found.get("CallbackURL", ""))),
            ("signature", f"on, {callback_keys.masked_key(key)}" if signed else "off"),
        ]
        if not signed:
            _say("The callbacks are not signed: vodpass accepts none of them.")
    elif kind == "MNS":
        rows += [
            ("endpoint", found.get("MnsEndpoint", "")),
            ("queue", found.get("MnsQueueName", "")),
        ]
    listed = found.get("EventTypeList", "")
    rows.append(("events", listed or "none"))
    rows.append(("not selected", ", ".join(not_selected(listed, EVENTS + PASSED_ON)) or "none"))
    _warn(listed)
    return [f"{name:<12} {value if value.isprintable() else ascii(value)}" for name, value in rows]


def _warn(listed: str) -> None:
    missing = not_selected(listed)
    if missing:
        _say(f"Of these events vodpass will not hear: {', '.join(missing)}\n{loss(missing)}")


# --- set --------------------------------------------------------------------------------------


def _set(vod: MessageCallback, arguments: Arguments) -> list[str]:
    lines: list[str] = []
    of_ai = [name for name in OF_AI_JOBS if name in arguments.events.split(",")]
    if of_ai:
        raise Refused(f"--events: VOD selects {of_ai[0]} by the name {AI_JOBS} alone")
    wanted = {"EventTypeList": arguments.events}
    if arguments.queue is not None:
        if arguments.prepare:
            raise Refused("a queue needs no key: there is nothing to prepare")
        endpoint, name = arguments.queue
        wanted |= {"CallbackType": "MNS", "MnsEndpoint": endpoint, "MnsQueueName": name}
    else:
        if arguments.deployed and arguments.prepare:
            raise Refused("--prepare makes a new address; what is deployed has one")
        if arguments.deployed:
            url = callback_keys.read_url(_environment(URL_VARIABLE))
            key = callback_keys.read_keys(_environment(KEYS_VARIABLE))[0]
        else:
            url, key = callback_keys.new_url(arguments.base_url), callback_keys.new_key()
            lines = [callback_keys.line(URL_VARIABLE, url), callback_keys.line(KEYS_VARIABLE, key)]
        if not url.startswith("https://") and arguments.endpoint is None:
            raise Refused("the address must be https, except where the cloud is a fake")
        if arguments.prepare:
            _say(
                "Nothing has changed at VOD. Deploy `events` with these lines, shown once; after\n"
                "that, and with the same in the environment: set --deployed."
            )
            return lines
        wanted |= {"CallbackType": "HTTP", "CallbackURL": url}
        wanted |= {"AuthSwitch": "on", "AuthKey": key}
    _require_free(vod.get(), wanted, arguments.replace)
    if arguments.deployed:
        probe.require_accepted(wanted["CallbackURL"], wanted["AuthKey"])
    vod.set(wanted)
    _warn(arguments.events)
    if lines:
        _say(
            "VOD sends its events there from now on. Deploy `events` with these two lines, which\n"
            "are shown once; events until then are lost. (`set --prepare` loses none.)"
        )
    else:
        _say("VOD sends its events there from now on.")
    return lines


def _require_free(present: Configuration, wanted: Configuration, replace: bool) -> None:
    """Nothing that another system relies on is overwritten unasked."""
    names = ("CallbackURL", "MnsEndpoint", "MnsQueueName")
    told = {name: present[name] for name in names if present.get(name)}
    same = told == {name: wanted[name] for name in names if name in wanted}
    if told and not same and not replace:
        raise Refused(
            "VOD sends events somewhere else already, as `show` tells, and it knows one address"
            " only; --replace puts the new one in its place"
        )


# --- rotate -----------------------------------------------------------------------------------


def _rotate(vod: MessageCallback, arguments: Arguments) -> list[str]:
    present = vod.get()
    if present.get("CallbackType") != "HTTP" or present.get("AuthSwitch") != "on":
        raise Refused("VOD sends no signed callbacks by HTTP, so there is no key to change")
    deployed = callback_keys.read_keys(
        _environment(KEYS_VARIABLE) if arguments.env else _standard_input()
    )
    if present.get("AuthKey") not in deployed:
        raise Refused(
            f"VOD signs with a key that {KEYS_VARIABLE} does not hold: the receiver refuses its"
            " callbacks as it is; set them anew"
        )
    step: Callable[..., list[str]] = arguments.step
    return step(vod, present, deployed)


def _prepare(_vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """A new key before the one VOD signs with. VOD itself is left as it is."""
    if len(deployed) == 2:
        raise Refused("a change is under way: go on with --switch, or end it with --finish")
    _say(
        "Nothing has changed at VOD. Deploy `events` with this line: it then accepts both keys.\n"
        "After that, and with the same line: rotate --switch."
    )
    return [callback_keys.line(KEYS_VARIABLE, callback_keys.new_key(), present["AuthKey"])]


def _switch(vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """VOD signs with the first key, once the receiver is seen to accept it."""
    if len(deployed) != 2:
        raise Refused("two keys are needed, the new one first, as --prepare has made them")
    if present["AuthKey"] == deployed[0]:
        _say("VOD signs with the first key already.")
        return []
    probe.require_accepted(present["CallbackURL"], deployed[0])
    vod.set(
        {name: value for name, value in present.items() if name != "AppId"}
        | {"AuthKey": deployed[0]}
    )
    _say(
        "VOD signs with the first key from now on. Callbacks that are being tried again may still\n"
        "bear the old one: wait five minutes, then rotate --finish."
    )
    return []


def _finish(_vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """The key VOD signs with, alone."""
    if len(deployed) == 2 and present["AuthKey"] != deployed[0]:
        raise Refused("VOD still signs with the second key: rotate --switch comes first")
    _say("Deploy `events` with this line: it then accepts the old key no more.")
    return [callback_keys.line(KEYS_VARIABLE, present["AuthKey"])]


# --- input ------------------------------------------------------------------------------------


def _environment(variable: str) -> str:
    raw = os.environ.get(variable, "")
    if not raw:
        raise Refused(f"the environment variable {variable} is empty")
    return raw


def _standard_input() -> str:
    if sys.stdin.isatty():
        _say(f"Paste the deployed value of {KEYS_VARIABLE}, then Ctrl-D.")
    read = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(read) > LARGEST_INPUT:
        raise Refused(f"more than {LARGEST_INPUT} bytes were given")
    return read.decode("utf-8", "replace")


class _Parser(argparse.ArgumentParser):
    def error(self, _message: str) -> NoReturn:
        # argparse would repeat the argument, which may be a secret in the wrong place.
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: not understood; --help explains. No key is an argument.\n")


_ROTATION = """\
VOD signs with one key at a time, so the receiver has to know the new one first:
  1. rotate --prepare makes it: deploy the line it prints, new key and old
  2. rotate --switch asks the receiver whether it accepts the new key, then has VOD sign with it
  3. rotate --finish, five minutes later: deploy the line it prints, the new key alone
Each reads the deployed value of VODPASS_CALLBACK_KEYS from standard input (the value, or a file
of variables), or with --env from the environment.
"""


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m ops.callbacks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", required=True, parser_class=_Parser)

    show = actions.add_parser("show", help="where VOD sends its events; no secret is shown")
    show.set_defaults(run=_show)

    new = actions.add_parser("set", help="send the events by HTTP, or to a queue")
    new.set_defaults(run=_set)
    road = new.add_mutually_exclusive_group(required=True)
    road.add_argument(
        "--base-url",
        metavar="URL",
        help="https address of `events`; a secret segment is added, and a key made",
    )
    road.add_argument(
        "--deployed",
        action="store_true",
        help=f"use {URL_VARIABLE} and {KEYS_VARIABLE} of the environment, with which `events` is "
        "deployed already: so no event is lost",
    )
    road.add_argument(
        "--queue",
        nargs=2,
        metavar=("ENDPOINT", "NAME"),
        help="public endpoint and name of an SMQ (MNS) queue",
    )
    new.add_argument(
        "--events",
        default=",".join(EVENTS),
        help=f"comma list, or ALL; {AI_JOBS} stands for all events of AI jobs "
        "(default: %(default)s)",
    )
    new.add_argument(
        "--prepare",
        action="store_true",
        help="with --base-url: only make address and key, to be deployed before set --deployed",
    )
    new.add_argument("--replace", action="store_true", help="even where another address is set")

    rotate = actions.add_parser(
        "rotate",
        help="change the key without losing an event",
        description=_ROTATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    rotate.set_defaults(run=_rotate)
    steps = rotate.add_mutually_exclusive_group(required=True)
    for name, step in (("prepare", _prepare), ("switch", _switch), ("finish", _finish)):
        steps.add_argument(f"--{name}", dest="step", action="store_const", const=step)
    rotate.add_argument("--env", action="store_true", help="the keys are in the environment")

    for action in (show, new, rotate):
        action.add_argument(
            "--region",
            default=os.environ.get("VODPASS_REGION", ""),
            help="the region of VOD (VODPASS_REGION)",
        )
        action.add_argument("--app-id", help="another application than the default one")
        action.add_argument("--endpoint", metavar="HOST:PORT", help="of a fake on this machine")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Do as the arguments say; 0 when it is done, 1 when it is refused, 2 for wrong arguments."""
    arguments = _arguments().parse_args(argv)
    run: Callable[[MessageCallback, Arguments], list[str]] = arguments.run
    try:
        vod = MessageCallback(arguments.region, arguments.endpoint, arguments.app_id)
        lines = run(vod, arguments)
    except Refused as refusal:
        _say(f"refused: {refusal}")
        return 1
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())

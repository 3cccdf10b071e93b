"""Show and set where VOD sends its callbacks, and change the key without losing one.

    python -m ops.callbacks show
    python -m ops.callbacks set --base-url https://hooks.example.com/events
    python -m ops.callbacks join --base-url https://hooks.example.com/events
    python -m ops.callbacks rotate --prepare < .env

New values go to standard output, once, as lines for the functions' environment. Everything else
goes to standard error. Present keys are read from standard input or from the environment. Never
pass one as an argument, which every user of the machine can see.

The AccessKey comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a
temporary key, ALIBABA_CLOUD_SECURITY_TOKEN. It needs vod:GetMessageCallback; all but `show` also
need vod:SetMessageCallback.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from ops import callback_keys, callback_rotation, probe, upload_callback
from ops.account import silence_clients
from ops.callback_events import AI_JOBS, EVENTS, OF_AI_JOBS, PASSED_ON, loss, not_selected
from ops.callback_keys import KEYS_VARIABLE, URL_VARIABLE
from ops.command_line import Parser, Refused, from_environment
from ops.message_callback import MessageCallback
from ops.text import Text
from ops.voice import row, say

Arguments = argparse.Namespace
Configuration = Mapping[str, str]


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
            say("The callbacks are not signed, so vodpass refuses all of them.")
    elif kind == "MNS":
        rows += [
            ("endpoint", found.get("MnsEndpoint", "")),
            ("queue", found.get("MnsQueueName", "")),
        ]
    listed = found.get("EventTypeList", "")
    rows.append(("events", listed or "none"))
    if os.environ.get(upload_callback.FLAG) == "1":
        fault = upload_callback.obstacle(found)
        rows.append(("each upload", "may name an address of its own" if fault is None else "NO"))
        if fault is not None:
            say(f"{upload_callback.FLAG}=1 has no effect: {fault}.")
    rows.append(("not selected", ", ".join(not_selected(listed, EVENTS + PASSED_ON)) or "none"))
    _warn(listed)
    return [row(_ROWS[name], value) for name, value in rows]


_ROWS: Mapping[str, Text] = {
    "application": Text("application", "应用"),
    "callbacks": Text("callbacks", "回调"),
    "url": Text("url", "URL"),
    "signature": Text("signature", "签名"),
    "endpoint": Text("endpoint", "接入点"),
    "queue": Text("queue", "队列"),
    "events": Text("events", "事件"),
    "each upload": Text("each upload", "每次上传"),
    "not selected": Text("not selected", "未选择"),
}


def _warn(listed: str) -> None:
    missing = not_selected(listed)
    if missing:
        say(f"VOD will not send these events: {', '.join(missing)}\n{loss(missing)}")


def _set(vod: MessageCallback, arguments: Arguments) -> list[str]:
    lines: list[str] = []
    of_ai = [name for name in OF_AI_JOBS if name in arguments.events.split(",")]
    if of_ai:
        raise Refused(f"--events: to select {of_ai[0]}, VOD accepts only the name {AI_JOBS}")
    wanted = {"EventTypeList": arguments.events}
    if arguments.queue is not None:
        if os.environ.get(upload_callback.FLAG) == "1":
            raise Refused(
                f"{upload_callback.FLAG}=1 is set: uploads then name an address of their own, and "
                "what VOD does with it beside a queue is not documented"
            )
        if arguments.prepare:
            raise Refused("--prepare makes an address and a key, and a queue needs neither")
        endpoint, name = arguments.queue
        wanted |= {"CallbackType": "MNS", "MnsEndpoint": endpoint, "MnsQueueName": name}
    else:
        if arguments.deployed and arguments.prepare:
            raise Refused("--prepare makes a new address, and --deployed uses the present one")
        if arguments.deployed:
            url = callback_keys.read_url(from_environment(URL_VARIABLE))
            key = callback_keys.read_keys(from_environment(KEYS_VARIABLE))[0]
        else:
            url, key = callback_keys.new_url(arguments.base_url), callback_keys.new_key()
            lines = [callback_keys.line(URL_VARIABLE, url), callback_keys.line(KEYS_VARIABLE, key)]
        if not url.startswith("https://") and arguments.endpoint is None:
            raise Refused("the address must be https, except with a fake cloud")
        if arguments.prepare:
            say(
                "Nothing has changed at VOD. Deploy `events` with these lines, shown once. Then\n"
                "run `set --deployed` with the same values in the environment."
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
        say(
            "VOD now sends its callbacks to this address. Deploy `events` with these two lines,\n"
            "which are shown once. Until then callbacks are lost; `set --prepare` avoids that."
        )
    else:
        say("VOD now sends its callbacks there.")
    return lines


def _require_free(present: Configuration, wanted: Configuration, replace: bool) -> None:
    """Raise Refused if another address is set and the operator did not ask to replace it."""
    names = ("CallbackURL", "MnsEndpoint", "MnsQueueName")
    set_now = {name: present[name] for name in names if present.get(name)}
    same = set_now == {name: wanted[name] for name in names if name in wanted}
    if set_now and not same and not replace:
        raise Refused(
            "VOD already sends callbacks to another address, which `show` shows, and it has room"
            " for one only; --replace overwrites it"
        )


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.callbacks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", required=True, parser_class=Parser)

    show = actions.add_parser("show", help="show where VOD sends its callbacks, but no secret")
    show.set_defaults(run=_show)

    beside = actions.add_parser(
        "join", help="the lines of a deployment that names its own address in every upload"
    )
    beside.set_defaults(run=upload_callback.join)
    beside.add_argument(
        "--base-url",
        required=True,
        metavar="URL",
        help="https address of `events`; adds a secret segment. The key is VOD's present one",
    )

    new = actions.add_parser("set", help="let VOD send its callbacks by HTTP, or to a queue")
    new.set_defaults(run=_set)
    target = new.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--base-url",
        metavar="URL",
        help="https address of `events`; adds a secret segment and makes a key",
    )
    target.add_argument(
        "--deployed",
        action="store_true",
        help=f"use {URL_VARIABLE} and {KEYS_VARIABLE} of the environment, which are those of the "
        "deployed `events`; no callback is lost",
    )
    target.add_argument(
        "--queue",
        nargs=2,
        metavar=("ENDPOINT", "NAME"),
        help="public endpoint and name of an SMQ (MNS) queue",
    )
    new.add_argument(
        "--events",
        default=",".join(EVENTS),
        help=f"a list with commas, or ALL; {AI_JOBS} selects all events of AI jobs "
        "(default: %(default)s)",
    )
    new.add_argument(
        "--prepare",
        action="store_true",
        help="with --base-url: only make an address and a key, to deploy before set --deployed",
    )
    new.add_argument("--replace", action="store_true", help="overwrite another address")

    rotate = actions.add_parser(
        "rotate",
        help="change the key without losing a callback",
        description=callback_rotation.STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    rotate.set_defaults(run=callback_rotation.rotate)
    steps = rotate.add_mutually_exclusive_group(required=True)
    for step in (callback_rotation.prepare, callback_rotation.switch, callback_rotation.finish):
        steps.add_argument(f"--{step.__name__}", dest="step", action="store_const", const=step)
    rotate.add_argument("--env", action="store_true", help="read the keys from the environment")

    for action in (show, beside, new, rotate):
        action.add_argument(
            "--region",
            default=os.environ.get("VODPASS_REGION", ""),
            help="the region of VOD; default VODPASS_REGION",
        )
        action.add_argument(
            "--app-id",
            default=os.environ.get("VODPASS_APP_ID") or None,
            help="an application of VOD (VODPASS_APP_ID, else VOD's own default)",
        )
        action.add_argument("--endpoint", metavar="HOST:PORT", help="a fake cloud on this machine")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if done, 1 if refused. Wrong arguments exit with 2."""
    silence_clients()
    arguments = _arguments().parse_args(argv)
    run: Callable[[MessageCallback, Arguments], list[str]] = arguments.run
    try:
        vod = MessageCallback(arguments.region, arguments.endpoint, arguments.app_id)
        lines = run(vod, arguments)
    except Refused as refusal:
        say(f"refused: {refusal}")
        return 1
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())

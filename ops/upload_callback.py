"""Whether uploads can name a callback address of their own (VODPASS_UPLOAD_CALLBACK).

The address comes into effect only under VOD's own configuration of the application: that must be
HTTP, and it selects the types. It also has the one AuthKey, which signs every callback.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping

from ops import callback_keys
from ops.callback_events import not_selected
from ops.callback_keys import KEYS_VARIABLE, URL_VARIABLE
from ops.command_line import Refused
from ops.message_callback import MessageCallback
from ops.voice import say

FLAG = "VODPASS_UPLOAD_CALLBACK"


def obstacle(present: Mapping[str, object]) -> str | None:
    """Why the address of an upload has no effect under this configuration. None if it has.

    `present`: `MessageCallback` of GetMessageCallback.
    """
    kind = present.get("CallbackType")
    if not kind:
        return "VOD sends no callbacks of this application, so it sends none to uploads' addresses"
    if kind != "HTTP":
        return (
            "VOD sends callbacks of this application to a queue. What it does then with the "
            "address of an upload is not documented"
        )
    missing = not_selected(str(present.get("EventTypeList") or ""))
    if missing:
        return f"VOD does not select {', '.join(missing)}, for any address"
    if present.get("AuthSwitch") != "on":
        return "VOD does not sign callbacks of this application, so `events` refuses them"
    return None


def join(vod: MessageCallback, arguments: Namespace) -> list[str]:
    """The lines of a deployment that names its own address in every upload. Changes nothing.

    Raises Refused.
    """
    present = vod.get()
    fault = obstacle(present)
    if fault is not None:
        raise Refused(f"uploads cannot name an address of their own: {fault}")
    try:
        key = callback_keys.read_keys(present.get("AuthKey", ""))[0]
    except Refused:
        raise Refused(
            "VOD's AuthKey is too weak for vodpass, and everybody who receives callbacks of this "
            "application shares it: let its owner change it"
        ) from None
    url = callback_keys.new_url(arguments.base_url)
    if not url.startswith("https://") and arguments.endpoint is None:
        raise Refused("the address must be https, except with a fake cloud")
    say(
        "Nothing has changed at VOD. Deploy `upload` and `events` with these lines, shown once.\n"
        "The key is VOD's present one: when it is rotated, every receiver needs the new one."
    )
    return [
        callback_keys.line(URL_VARIABLE, url),
        callback_keys.line(KEYS_VARIABLE, key),
        callback_keys.line(FLAG, "1"),
    ]

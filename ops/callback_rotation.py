"""Changes the key with which VOD signs its callbacks, in three steps that lose no callback."""

import argparse
from collections.abc import Callable, Mapping, Sequence

from ops import callback_keys, probe
from ops.callback_keys import KEYS_VARIABLE
from ops.command_line import Refused, from_environment, from_standard_input
from ops.message_callback import MessageCallback
from ops.voice import say

Arguments = argparse.Namespace
Configuration = Mapping[str, str]

STEPS = """\
VOD signs with one key at a time, so the receiver must know the new key first:
  1. rotate --prepare makes the new key: deploy the line it prints, with both keys
  2. rotate --switch checks that the receiver accepts the new key, then lets VOD sign with it
  3. rotate --finish, five minutes later: deploy the line it prints, with the new key only
Each step reads the deployed value of VODPASS_CALLBACK_KEYS from standard input (the value, or a
file of variables), or with --env from the environment.
"""


def rotate(vod: MessageCallback, arguments: Arguments) -> list[str]:
    """Do one step of a rotation. Returns the lines to print. Raises Refused."""
    present = vod.get()
    if present.get("CallbackType") != "HTTP" or present.get("AuthSwitch") != "on":
        raise Refused("VOD sends no signed callbacks by HTTP, so there is no key to change")
    deployed = callback_keys.read_keys(
        from_environment(KEYS_VARIABLE)
        if arguments.env
        else from_standard_input(f"the deployed value of {KEYS_VARIABLE}")
    )
    if present.get("AuthKey") not in deployed:
        raise Refused(
            f"VOD signs with a key that is not in {KEYS_VARIABLE}, so `events` already refuses its"
            " callbacks; use `set`"
        )
    step: Callable[..., list[str]] = arguments.step
    return step(vod, present, deployed)


def prepare(_vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """Put a new key before the one VOD signs with. Nothing changes at VOD."""
    if len(deployed) == 2:
        raise Refused("a rotation is under way: continue with --switch or --finish")
    say(
        "Nothing has changed at VOD. Deploy `events` with this line, so that it accepts both\n"
        "keys. Then run `rotate --switch` with the same line."
    )
    return [callback_keys.line(KEYS_VARIABLE, callback_keys.new_key(), present["AuthKey"])]


def switch(vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """Let VOD sign with the first key, after the receiver has shown that it accepts it."""
    if len(deployed) != 2:
        raise Refused("two keys are needed, the new one first, as --prepare printed them")
    if present["AuthKey"] == deployed[0]:
        say("VOD already signs with the first key.")
        return []
    probe.require_accepted(present["CallbackURL"], deployed[0])
    vod.set(
        {name: value for name, value in present.items() if name != "AppId"}
        | {"AuthKey": deployed[0]}
    )
    say(
        "VOD now signs with the first key. Retried callbacks may still be signed with the old\n"
        "one: wait five minutes, then run `rotate --finish`."
    )
    return []


def finish(_vod: MessageCallback, present: Configuration, deployed: Sequence[str]) -> list[str]:
    """Keep only the key that VOD signs with."""
    if len(deployed) == 2 and present["AuthKey"] != deployed[0]:
        raise Refused("VOD still signs with the second key: run `rotate --switch` first")
    say("Deploy `events` with this line, so that it no longer accepts the old key.")
    return [callback_keys.line(KEYS_VARIABLE, present["AuthKey"])]

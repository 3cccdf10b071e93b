"""What a live run needs to know, from the environment."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.account import Key, NoKey, key_of
from ops.command_line import loopback
from ops.doctor.web import Place, UnusableUrl, places
from shared.config.variables import REGIONS

CONSENT = "create-and-delete-videos"
FUNCTIONS = ("upload", "refresh", "play", "sts")

PLAN = f"""\
make test-live works in a real account. Nothing has been sent yet.

It does what apps do, as two test users:
  upload      4 videos of 300 KB: in parts, with a refresh in the middle, and the same request twice
  play        PlayAuths of 100 seconds, redeemed for the file; one of them after it has expired
  strangers   another user, no token, a token without scopes: each is refused
  sts         one key of 15 minutes for `vod-upload`, if the deployment has that purpose
  events      VOD's callback, through the queue, to the events function and to the watch queue
  one hour    with LIVE_HOUR=1: an upload whose credential expires in the middle

It costs about 60 requests to the functions, 40 to OSS and VOD, and 2 MB of traffic: less than a
cent. If your template group transcodes, you pay for 4 videos of a few seconds each. Your app's
receiver gets the events of these videos, whose titles begin with `vodpass-live-`. At the end the
run deletes every video that it created, and nothing else.

Set LIVE_CONSENT={CONSENT} to run it. See CONTRIBUTING.md for the other variables."""


class NotReady(Exception):
    """A variable is missing or not usable. The message names it and never shows its value."""


@dataclass(frozen=True)
class LiveSettings:
    """Where the deployment is, who the users are, and with which key the run cleans up.

    `cloud` is the loopback address of a fake cloud, for a rehearsal; else empty. `token_command`
    prints a token: it gets the subject, the scopes, and the claim `vod` as JSON.
    """

    places: Mapping[str, Place]
    region: str
    key: Key
    token_command: tuple[str, ...] = field(repr=False)
    watch_queue: str
    cloud: str
    hour: bool
    events_url: str


def read(environ: Mapping[str, str]) -> LiveSettings:
    """The settings of this run. Raises NotReady, without consent with the plan."""
    if environ.get("LIVE_CONSENT") != CONSENT:
        raise NotReady(PLAN)
    at = environ.get("LIVE_AT", "").split()
    try:
        found = places(environ.get("LIVE_URL") or None, at, FUNCTIONS)
    except UnusableUrl as reason:
        raise NotReady(f"LIVE_URL, LIVE_AT: {reason}") from None
    missing = [name for name in FUNCTIONS if name not in found]
    if missing:
        raise NotReady(
            "set LIVE_URL to the address of all functions, or LIVE_AT to"
            f" FUNCTION=URL words; missing: {', '.join(missing)}"
        )
    command = tuple(shlex.split(environ.get("LIVE_TOKEN_COMMAND", "")))
    if not command:
        raise NotReady("LIVE_TOKEN_COMMAND: set the command that prints a user's token")
    region = environ.get("VODPASS_REGION") or "cn-shanghai"
    if region not in REGIONS:
        raise NotReady("VODPASS_REGION is not a region of VOD")
    try:
        key = key_of(environ)
    except NoKey as reason:
        raise NotReady(str(reason)) from None
    cloud = environ.get("LIVE_CLOUD", "")
    try:
        cloud = loopback(cloud) if cloud else ""
    except ValueError:
        raise NotReady("LIVE_CLOUD must be 127.0.0.1:PORT") from None
    return LiveSettings(
        found,
        region,
        key,
        command,
        environ.get("VODPASS_WATCH_QUEUE") or "vodpass-watch",
        cloud,
        bool(cloud) or environ.get("LIVE_HOUR") == "1",
        environ.get("LIVE_EVENTS_URL", ""),
    )

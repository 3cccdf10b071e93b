"""The roles of a deployment: their folders in `ram/`, their names, and the order to make them in.

The commands in `ram/README.md` are made from the same table: `ops.account.readme`.
"""

from __future__ import annotations

from collections.abc import Mapping

FUNCTIONS = ("upload", "refresh", "play", "events", "watch", "sts")
"""The functions, each with a role. `sts` comes last: the clients' roles name its role."""

CLIENTS: Mapping[str, str] = {
    "client-upload": "VODPASS_STS_UPLOAD_ROLE",
    "client-play": "VODPASS_STS_PLAY_ROLE",
    "client-oss": "VODPASS_STS_OSS_ROLE",
}
"""The roles of STS tokens, each with the setting that names it. Without it there is no role."""

ENDS = (*FUNCTIONS, *CLIENTS)
"""What follows `${VODPASS_NAME}-` in the name of each role."""

CLEAN_UP = "clean-up"
"""The end of the name of the second policy of `watch`, for VODPASS_CLEANUP=delete."""


WATCH_QUEUE = "vodpass-watch"
"""The queue of `watch` where VODPASS_WATCH_QUEUE is empty, as in `s.yaml`."""


def folder(end: str) -> str:
    """The folder in `ram/` with the files of a role."""
    return f"vodpass-{end}"

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

RENEWAL, CLEAN_UP = "renewal", "clean-up"
"""The files of `watch` with a further policy, and the ends of their names: to refresh uploads if
VODPASS_CREDENTIAL_WEBHOOK_URL is set, and to delete with VODPASS_CLEANUP=delete."""


WATCH_QUEUE = "vodpass-watch"
"""The queue of `watch` where VODPASS_WATCH_QUEUE is empty, as in `s.yaml`."""


def folder(end: str) -> str:
    """The folder in `ram/` with the files of a role."""
    return f"vodpass-{end}"


def extras(end: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The further policies that a role needs with these settings of its function."""
    if end != "watch":
        return ()
    chosen = {
        RENEWAL: bool(variables.get("VODPASS_CREDENTIAL_WEBHOOK_URL")),
        CLEAN_UP: variables.get("VODPASS_CLEANUP") == "delete",
    }
    return tuple(name for name, wanted in chosen.items() if wanted)

"""Tells the store of the limits which uploads have ended, so that they are not open any more.

Only a deployment with limits imports this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.events.event import COMPLETIONS, Event

if TYPE_CHECKING:
    from shared.limits.limiter import Limiter

ENDINGS = COMPLETIONS | {"media.completed", "media.deleted", "video.failed"}
"""The events that an upload has led to something, or never will. VOD confirmed each."""


def note_arrivals(limiter: Limiter, events: Iterable[Event]) -> None:
    """Notes each ended upload among ``events``.

    A store that does not answer is no reason to hold back an event: then the upload counts as open
    until its last credential has expired.
    """
    for one in events:
        media_id = one.content.get("subject")
        if one.type in ENDINGS and media_id:
            limiter.note_arrived(media_id)

"""Counts what each user asks for, and refuses what is over the user's limits.

It counts in the store, where all instances of all functions meet. Without a store, or while it is
away, this instance counts for itself. Neither the user's id nor an id of a video stands in the
store, only keyed hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from shared.auth.caller import Caller
from shared.auth.mac import frame
from shared.auth.ownership import Owner
from shared.config.limits import narrowed
from shared.config.settings import Settings
from shared.errors import Throttled, Unavailable, Upstream
from shared.limits.memory import Memory
from shared.limits.resp import Command
from shared.limits.script import AGAIN, DONE, NEW, PERIODS, REMEMBERED, keys, media_key
from shared.limits.store import Store, StoreAway

_SECONDS = re.compile(r"[0-9]{1,9}")
PAUSE = 1.0  # seconds without the store after it was away: not every request waits for it

_PHRASES = {
    "uploads_per_minute": "Uploads that you begin: at most {} a minute.",
    "uploads_per_day": "Uploads that you begin: at most {} a day.",
    "open_uploads": "Uploads open at once: at most {}. One ends when its file has arrived.",
    "refreshes_per_minute": "Refreshes: at most {} a minute.",
    "refreshes_per_video": "Refreshes of one upload: at most {}. Begin a new upload.",
    "plays_per_minute": "Videos to play: at most {} a minute.",
    "sts_per_hour": "STS tokens: at most {} an hour.",
}


class LimitReached(Throttled):
    """429: a limit of this user. VOD was not asked. ``limit`` names it."""

    def __init__(self, limit: str, most: int, retry_after: int) -> None:
        Upstream.__init__(self, _PHRASES[limit].format(most), retry_after=max(1, retry_after))
        self.limit = limit
        self.members["Limit"] = limit


class Limiter:
    """The limits of a deployment, as one instance of a function applies them."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits or {}
        self._alias = settings.issuer_alias
        self._refuse_if_away = settings.limits_away == "refuse"
        self._store = Store(settings.limits_url) if settings.limits_url else None
        # Who can read the store and knows a user's id still needs the store's URL to find the user.
        self._key = hashlib.sha256(b"vodpass/limits/v1" + settings.limits_url.encode()).digest()
        self._memory = Memory()
        self._away_until = 0.0
        self._budget = settings.limits_budget / 1000
        self._budget_left = self._budget
        self.store_fault = ""
        """Why the store was not asked in this request, as a word for the log; "" if it was."""

    def begin_request(self) -> None:
        """Begins a request, which has the whole budget again."""
        self._budget_left, self.store_fault = self._budget, ""

    def count_upload(self, caller: Caller, slot: str) -> bool:
        """Counts an upload, and returns whether it is new. A repeat counts as a refresh.

        ``slot`` names the upload before VOD gives it an id. Raises LimitReached, or Unavailable.
        """
        return self._count(caller, {"slot": self._hash(slot)}, self._uploads(caller)) == NEW

    def count_refresh(self, caller: Caller, video_id: str) -> None:
        """Counts a refresh of a video. Raises LimitReached, or Unavailable."""
        self._count(caller, {"video": self._hash(video_id)}, self._uploads(caller))

    def count_plays(self, caller: Caller, videos: int) -> None:
        """Counts videos to play. Raises LimitReached, or Unavailable."""
        self._count(caller, {}, {"rates": self._rates(caller, "plays_per_minute", cost=videos)})

    def count_sts_token(self, caller: Caller) -> None:
        """Counts an STS token. Raises LimitReached, or Unavailable."""
        self._count(caller, {}, {"rates": self._rates(caller, "sts_per_hour")})

    def note_issued(self, caller: Caller, slot: str, media_id: str) -> None:
        """Notes the id that VOD gave to a new upload: refreshes and completions name that."""
        if not self._remembers(caller):
            return
        user, media = self._user(caller.owner), self._hash(media_id)
        note = {"op": "link", "slot": self._hash(slot), "video": media}
        link = ["SET", media_key(media), user, "EX", str(REMEMBERED)]
        self._note(user, note, [link])

    def note_withdrawn(self, caller: Caller, slot: str) -> None:
        """Notes that an upload was not begun. Its rates stay counted.

        It is not open, unless a repeat was counted meanwhile, which may have begun it.
        """
        self._note(self._user(caller.owner), {"op": "drop", "slot": self._hash(slot)})

    def note_not_issued(self, caller: Caller, *, slot: str = "", video_id: str = "") -> None:
        """Notes that a repeat or a refresh got no credential: the upload is open as before it."""
        self._note(self._user(caller.owner), {"op": "back", **self._named(slot, video_id)})

    def note_finished(self, caller: Caller, *, slot: str = "", video_id: str = "") -> None:
        """Notes that an upload of the caller is not open any more."""
        self._note(self._user(caller.owner), {"op": "end", **self._named(slot, video_id)})

    def note_renewed(self, subject: str, video_id: str) -> None:
        """Notes a new credential for an open upload that its owner did not ask for."""
        self._note(self._hash(subject), {"op": "touch", "video": self._hash(video_id)})

    def note_arrived(self, media_id: str) -> None:
        """Notes that the file of an upload has arrived, whoever began it.

        If the note is lost, the upload counts as open until its last credential has expired.
        """
        if self._store is None or self._pauses():
            return
        media = self._hash(media_id)
        started = time.monotonic()
        try:
            user = self._store.get(media_key(media), self._budget_left)
            if user:
                left = self._budget_left - (time.monotonic() - started)
                self._store.ask(keys(user), {"op": "end", "video": media}, left)
        except StoreAway as fault:
            self._note_away(fault)

    def _rates(self, caller: Caller, *names: str, cost: int = 1) -> list[list[Any]]:
        limits = narrowed(self._limits, caller.limits)
        for name in names:
            if cost > limits.get(name, cost):
                # No wait helps.
                raise LimitReached(name, limits[name], PERIODS[name])
        return [[name, limits[name], PERIODS[name], cost] for name in names if name in limits]

    def _uploads(self, caller: Caller) -> dict[str, Any]:
        """The limits of an upload or a refresh, in the form that the store expects."""
        limits = narrowed(self._limits, caller.limits)
        found: dict[str, Any] = {
            "rates": self._rates(caller, "uploads_per_minute", "uploads_per_day"),
            "again": self._rates(caller, "refreshes_per_minute"),
        }
        for name, limit in (("open", "open_uploads"), ("refreshes", "refreshes_per_video")):
            if limit in limits:
                found[name] = limits[limit]
        return found

    def _remembers(self, caller: Caller) -> bool:
        return any(self._uploads(caller).values())

    def _count(self, caller: Caller, about: Mapping[str, str], limits: Mapping[str, Any]) -> str:
        """Counts a request. Returns NEW or AGAIN. Raises LimitReached, or Unavailable."""
        if not any(limits.values()):
            return NEW
        most = narrowed(self._limits, caller.limits)
        answer = self._ask(self._user(caller.owner), {**about, **limits}, most)
        if answer in (NEW, AGAIN):
            return answer
        name, _, seconds = answer.partition(" ")
        raise LimitReached(name, most[name], int(seconds))

    def _ask(self, user: str, question: Mapping[str, Any], most: Mapping[str, int]) -> str:
        """The answer of the store to a question. Without the store, the answer of this instance.

        Raises Unavailable if the deployment refuses while the store is away.
        """
        if self._store is None:
            return self._memory.ask(user, question)
        if not self._pauses():
            started = time.monotonic()
            try:
                answer = self._store.ask(keys(user), question, self._budget_left)
                name, _, seconds = answer.partition(" ")
                if answer in (NEW, AGAIN) or (name in most and _SECONDS.fullmatch(seconds)):
                    return answer
                raise StoreAway("answer")
            except StoreAway as fault:
                self._note_away(fault)
            finally:
                self._budget_left -= time.monotonic() - started
        if self._refuse_if_away:
            raise Unavailable("The limits of users cannot be checked for the moment.")
        return self._memory.ask(user, question)

    def _note(self, user: str, note: Mapping[str, Any], beside: Sequence[Command] = ()) -> None:
        """Takes a note, if it can. A lost one ends no upload early. Without a link, refreshes
        by VideoId and repeats by Idempotency-Key are counted apart."""
        self._memory.ask(user, note)
        if self._store is None or self._budget_left <= 0 or self._pauses():
            return
        try:
            if self._store.ask(keys(user), note, self._budget_left, beside) != DONE:
                raise StoreAway("answer")
        except StoreAway as fault:
            self._note_away(fault)

    def _pauses(self) -> bool:
        """Whether the store was away a moment ago, so that this request does not ask it."""
        # A clock that was set back must not keep the store away.
        away = 0 < self._away_until - time.time() <= PAUSE
        if away:
            self.store_fault = self.store_fault or "pause"
        return away

    def _note_away(self, fault: StoreAway) -> None:
        """Begins a pause, in which this instance does not ask the store."""
        self.store_fault = fault.kind
        self._away_until = time.time() + PAUSE

    def _named(self, slot: str, video_id: str) -> Mapping[str, str]:
        return {"slot": self._hash(slot)} if slot else {"video": self._hash(video_id)}

    def _user(self, owner: Owner) -> str:
        return self._hash(owner.subject)

    def _hash(self, text: str) -> str:
        framed = frame("limits", self._alias, text)
        return hmac.digest(self._key, framed, "sha256")[:16].hex()

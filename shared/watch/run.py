"""One run of `watch`: what it works with, what it counted, and how it sends events."""

from __future__ import annotations

from shared.alibaba.session import Session
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import CREDENTIAL_ENDED, Video
from shared.config.settings import Settings
from shared.events.event import VERDICTS, Event
from shared.events.recheck import Rechecks
from shared.events.webhook import Receivers
from shared.runtime.instance import Instance
from shared.runtime.seen import Latest
from shared.uploads.declaration import declaration_of

RETRIES = 20  # in one run, by all its calls together
EVERY = 300  # seconds between two runs
CLEANUP_AFTER = CREDENTIAL_ENDED + 600  # seconds after the window: no write is under way
# Seconds for which every run sends a due event again. Longer than CLEANUP_AFTER, so that the app
# learns of an abandoned upload before its video is deleted.
LOOK_BACK = CLEANUP_AFTER + 540
ENOUGH = 5.0  # seconds that must be left for another video


class Memory:
    """What an instance of `watch` keeps between runs. It only spares the app repeats."""

    def __init__(self, instance: Instance) -> None:
        self.limiter = instance.limiter
        """Returns the limiter, with its whole budget of time again."""
        self.rechecks = Rechecks(instance)
        self.receivers = Receivers()
        self.delivered = Latest(20_000)
        """Ids of delivered events. Of the verdicts on a video only the latest: VOD may block a
        video, release it and block it again, and the last event has the id of the first."""
        self.completed = Latest(20_000)
        """VideoId -> size and status of the finished upload whose events the app has."""
        self.swept = False
        """Whether a run has listed the finished uploads before."""


class Run:
    """One run: the cloud, the settings, and the counts for the log."""

    def __init__(self, session: Session, settings: Settings, memory: Memory) -> None:
        self.session = session
        self.settings = settings
        self.memory = memory
        self.vod = Vod(session)
        self.looked_at = 0
        self.awaiting: set[str] = set()
        """Ids of the uploads of this deployment that await a file, as far as the run has looked."""
        self.deletable: dict[str, Video] = {}
        """Those of them that were abandoned so long ago that they may be deleted."""
        self.left_over = 0
        self.failed = 0
        self.sent: dict[str, int] = {}
        self.store_fault = ""
        """Why the store of the limits last missed a note, as a word for the log."""

    @property
    def out_of_time(self) -> bool:
        """Whether the time left is too short for another video."""
        return self.session.left < ENOUGH

    def is_ours(self, video: Video) -> bool:
        """Whether the video is of this deployment: its mark verifies, its application is ours.

        A list has the videos of every application that the role may read, and another deployment
        may have the same owner keys.
        """
        ours = video.app_id in ("", self.settings.application)
        return ours and declaration_of(self.settings, video) is not None

    def has_sent(self, event: Event) -> bool:
        """Whether this instance has delivered the event, and no later verdict on its video."""
        return bool(self.memory.delivered.get(_topic(event)) == event.event_id)

    def send(self, event: Event, *, credentials: bool = False) -> None:
        """Delivers an event, unless this instance has delivered it. Raises NotDelivered.

        With ``credentials`` it goes to the receiver of renewed credentials.
        """
        if self.has_sent(event):
            return
        limiter = self.memory.limiter()
        if limiter is not None:
            from shared.events.arrivals import note_arrivals

            note_arrivals(limiter, [event])
            self.store_fault = limiter.store_fault or self.store_fault
        receiver = self.memory.receivers.of(self.settings, credentials=credentials)
        receiver.deliver(event, max(0.0, self.session.left))
        self.memory.delivered.put(_topic(event), event.event_id)
        self.sent[event.type] = self.sent.get(event.type, 0) + 1


def _topic(event: Event) -> str:
    return str(event.content["subject"]) if event.type in VERDICTS else event.event_id

"""VOD 2017-03-21 behind the OpenAPI layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from local.cloud.clock import Clock
from local.cloud.faults import Faults
from local.cloud.identity import Identities
from local.cloud.mns import Queues
from local.cloud.openapi.types import Operation
from local.cloud.oss.state import Storage
from local.cloud.vod.account import Account, Issued
from local.cloud.vod.callbacks.sender import Callbacks
from local.cloud.vod.events import Events
from local.cloud.vod.operations.callbacks import CallbackOperations
from local.cloud.vod.operations.deletion import DeletionOperations
from local.cloud.vod.operations.info import InfoOperations
from local.cloud.vod.operations.other_info import OtherInfoOperations
from local.cloud.vod.operations.other_upload import OtherUploadOperations
from local.cloud.vod.operations.playback import PlaybackOperations
from local.cloud.vod.operations.search import SearchOperations
from local.cloud.vod.operations.upload import UploadOperations
from local.cloud.vod.other_media import OtherMediaLibrary
from local.cloud.vod.settings import VodSettings
from local.cloud.vod.state import Library

VERSION = "2017-03-21"


class VodService:
    """The operations of VOD, and the state that tests and the control routes look at."""

    name = "vod"
    version = VERSION

    def __init__(
        self,
        settings: VodSettings,
        *,
        account_id: str,
        region: str,
        storage: Storage,
        identities: Identities,
        clock: Clock,
        faults: Faults,
        queues: Queues,
    ) -> None:
        self.settings = settings
        self._account = Account(
            settings,
            account_id=account_id,
            region=region,
            storage=storage,
            identities=identities,
            clock=clock,
        )
        self.callbacks = Callbacks(
            clock,
            faults,
            queues,
            queue_ignores_upload_callback=settings.queue_ignores_upload_callback,
        )
        self.events.subscribe(self.callbacks.take)
        groups = (
            UploadOperations(self._account),
            OtherUploadOperations(self._account),
            InfoOperations(self._account),
            OtherInfoOperations(self._account),
            PlaybackOperations(self._account),
            SearchOperations(self._account),
            DeletionOperations(self._account),
            CallbackOperations(self._account, self.callbacks),
        )
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {name: one for group in groups for name, one in group.operations.items()}
        )

    @property
    def library(self) -> Library:
        """The account's media."""
        return self._account.library

    @property
    def other_media(self) -> OtherMediaLibrary:
        """The account's images and attached media."""
        return self._account.other_media

    @property
    def events(self) -> Events:
        """What happened to them; callbacks subscribe here."""
        return self._account.library.events

    @property
    def bucket(self) -> str:
        """The account's system bucket."""
        return self._account.bucket

    @property
    def storage_location(self) -> str:
        """The StorageLocation that this account has."""
        return self._account.location

    @property
    def issued(self) -> list[Issued]:
        """The credentials handed out of late, without anything that opens something."""
        return self._account.issued()

    def serve_at(self, base_url: str) -> None:
        """Say where OSS is reached, `http://127.0.0.1:PORT`; signed URLs and addresses name it."""
        self._account.base_url = base_url

    def reset(self) -> None:
        """Forget media, events and callbacks, after storage and identities were reset."""
        self.callbacks.reset()
        self._account.reset()

"""The VOD API 2017-03-21, for the OpenAPI gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from types import MappingProxyType
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.faults import Faults
from fakealiyun.identity import Identities
from fakealiyun.mns import Queues
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.oss.state import Storage
from fakealiyun.ram.state import Ram
from fakealiyun.vod import errors
from fakealiyun.vod.account import IssuedCredential, VodAccount
from fakealiyun.vod.applications import Applications, Identity
from fakealiyun.vod.callbacks.sender import Callbacks
from fakealiyun.vod.events import Events
from fakealiyun.vod.operations.applications import ApplicationOperations
from fakealiyun.vod.operations.callbacks import CallbackOperations
from fakealiyun.vod.operations.deletion import DeletionOperations
from fakealiyun.vod.operations.info import InfoOperations
from fakealiyun.vod.operations.other_info import OtherInfoOperations
from fakealiyun.vod.operations.other_upload import OtherUploadOperations
from fakealiyun.vod.operations.play_keys import PlayKeyOperations
from fakealiyun.vod.operations.playback import PlaybackOperations
from fakealiyun.vod.operations.processing import ProcessingOperations
from fakealiyun.vod.operations.search import SearchOperations
from fakealiyun.vod.operations.upload import UploadOperations
from fakealiyun.vod.other_media import OtherMediaLibrary
from fakealiyun.vod.play_keys import PlayKeys
from fakealiyun.vod.settings import VodSettings
from fakealiyun.vod.state import Library

VERSION = "2017-03-21"


class VodService:
    """The operations of VOD, and the state that tests and the control routes read."""

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
        ram: Ram,
    ) -> None:
        self._account = VodAccount(
            settings,
            account_id=account_id,
            region=region,
            storage=storage,
            identities=identities,
            clock=clock,
            administrator=Identity("RamUser", ram.users["admin"].user_id),
        )
        self.callbacks = Callbacks(clock, faults, queues, lambda: self._account.settings)
        self.events.subscribe(self.callbacks.send)
        self.play_keys = PlayKeys(clock)
        groups = (
            UploadOperations(self._account),
            OtherUploadOperations(self._account),
            InfoOperations(self._account),
            OtherInfoOperations(self._account),
            PlaybackOperations(self._account),
            PlayKeyOperations(self._account, self.play_keys),
            ProcessingOperations(self._account),
            SearchOperations(self._account),
            DeletionOperations(self._account),
            CallbackOperations(self._account, self.callbacks),
            ApplicationOperations(self._account, self.callbacks, self.play_keys, ram),
        )
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                name: replace(one, handler=self._if_open(one.handler))
                for group in groups
                for name, one in group.operations.items()
            }
        )

    def _if_open(
        self, handler: Callable[[Call], Mapping[str, Any]]
    ) -> Callable[[Call], Mapping[str, Any]]:
        """The handler, which refuses every call if VOD is not activated, or suspended."""

        @wraps(handler)
        def guarded(call: Call) -> Mapping[str, Any]:
            if not self.settings.service_open:
                raise errors.service_not_open()
            if self.settings.suspended:
                raise errors.suspended()
            return handler(call)

        return guarded

    @property
    def settings(self) -> VodSettings:
        """The current settings."""
        return self._account.settings

    def adjust(self, **changes: Any) -> None:
        """Change settings of `VodSettings` until the next reset. What is None stays.

        Raises ValueError for a value that is not allowed, TypeError for a name that is none.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        self._account.adjust(replace(self._account.settings, **given))

    @property
    def applications(self) -> Applications:
        """The applications of the account, and who may use them."""
        return self._account.applications

    @property
    def library(self) -> Library:
        """The video and audio assets of the account."""
        return self._account.library

    @property
    def other_media(self) -> OtherMediaLibrary:
        """The images and attached media of the account."""
        return self._account.other_media

    @property
    def events(self) -> Events:
        """The events of all media. Callbacks subscribe here."""
        return self._account.library.events

    @property
    def bucket(self) -> str:
        """The system bucket of the account."""
        return self._account.bucket

    @property
    def storage_location(self) -> str:
        """The StorageLocation of this account."""
        return self._account.location

    @property
    def issued(self) -> list[IssuedCredential]:
        """The latest issued credentials, without their secrets."""
        return self._account.issued()

    def serve_at(self, base_url: str) -> None:
        """Set the address of OSS, `http://127.0.0.1:PORT`, for signed URLs and upload addresses."""
        self._account.base_url = base_url

    def reset(self) -> None:
        """Forget media, events and callbacks. Call it after storage and identities were reset."""
        self.callbacks.reset()
        self.play_keys.reset()
        self._account.reset()

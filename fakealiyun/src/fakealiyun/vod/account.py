"""The fake VOD account that all operations share: its media, its bucket and its credentials."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities, new_access_key
from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import ApiError, Call
from fakealiyun.oss.cors import VOD_BUCKET_RULES
from fakealiyun.oss.signed_url import sign_url
from fakealiyun.oss.state import Storage
from fakealiyun.ram.principal import cloud_service
from fakealiyun.vod import errors
from fakealiyun.vod.applications import Applications, Identity
from fakealiyun.vod.callbacks.timing import CallbackTiming
from fakealiyun.vod.events import Events
from fakealiyun.vod.media import Media
from fakealiyun.vod.other_media import OtherMedia, OtherMediaLibrary
from fakealiyun.vod.parameters import optional, reference_id
from fakealiyun.vod.permissions import allow
from fakealiyun.vod.play_credential import PlayAuths
from fakealiyun.vod.settings import VodSettings
from fakealiyun.vod.state import Library
from fakealiyun.vod.upload_credential import upload_address, upload_auth, upload_keys

SERVICE = "vod.aliyuncs.com"
_MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class IssuedCredential:
    """A credential that was issued: its media, its AccessKey, and when it expires.

    It contains no secret. `expires_at` is in epoch seconds of cloud time.
    """

    kind: str
    media_id: str
    access_key_id: str
    expires_at: float


class VodAccount:
    """The VOD of one account in one region.

    `base_url` is the address of OSS. It is set when the server knows its port.
    """

    def __init__(
        self,
        settings: VodSettings,
        *,
        account_id: str,
        region: str,
        storage: Storage,
        identities: Identities,
        clock: Clock,
        administrator: Identity,
    ) -> None:
        self.settings = settings
        self._first_settings = settings
        self.region = region
        self.clock = clock
        self.base_url = "http://127.0.0.1"
        self._identities = identities
        self._issuer = cloud_service(SERVICE, account_id)
        name = hashlib.sha256(f"{account_id}:{region}".encode()).hexdigest()[:32]
        self.bucket = f"outin-{name}"
        self._storage = storage
        self.timing = CallbackTiming(clock, Events(), settings.callback_offsets)
        self.applications = Applications(lambda: self.settings, clock, administrator)
        self.library = Library(
            lambda: self.settings, storage, clock, self.bucket, self.location, self.timing
        )
        self.other_media = OtherMediaLibrary(
            storage, clock, self.bucket, self.location, self.timing
        )
        self._play_auths = PlayAuths(identities, clock, self._issuer, region)
        self._issued: deque[IssuedCredential] = deque(maxlen=_MOST_REMEMBERED)
        self._signer = self._new_signer()
        self._set_up()

    @property
    def location(self) -> str:
        """The `StorageLocation` of every asset."""
        return f"{self.bucket}.oss-{self.region}.aliyuncs.com"

    @property
    def play_domain(self) -> str:
        """The host of play URLs: OSS, because the account has no CDN domain."""
        return self.base_url.partition("://")[2]

    def reset(self) -> None:
        """Forget all media, events and changed settings.

        Call it after storage and identities were reset.
        """
        self.timing.reset()
        self.library.reset()
        self.other_media.reset()
        self._issued.clear()
        self.adjust(self._first_settings)
        self.applications.reset()
        self._set_up()

    def adjust(self, settings: VodSettings) -> None:
        """Replace the settings, until the next reset."""
        self.settings = settings
        self.timing.offsets = settings.callback_offsets

    def _set_up(self) -> None:
        self._storage.create_bucket(self.bucket, self.region, cors=VOD_BUCKET_RULES, managed=True)
        self._identities.add_access_key(self._signer)

    def _new_signer(self) -> Credential:
        """The key of the service itself, which signs the URLs of private objects."""
        access_key_id, secret = new_access_key()
        policy = allow(("oss:GetObject",), f"acs:oss:*:*:{self.bucket}/*")
        return Credential(access_key_id, secret, self._issuer, (policy,))

    def find(
        self,
        call: Call,
        not_found: Callable[[], ApiError] = errors.video_not_found,
        *,
        write: bool = False,
    ) -> Media:
        """The asset that VideoId or ReferenceId names. Raises `not_found` if there is none.

        If both are given, they must name the same asset. What the real service does otherwise is
        not documented. Raises ApiError if the caller may not use the asset's application.
        """
        given = call.parameters
        video_id, reference = optional(given, "VideoId"), reference_id(given)
        if video_id is None and reference is None:
            raise missing("VideoId")
        found = [] if video_id is None else [self.library.get(video_id)]
        if reference is not None:
            found.append(self.library.get_by_reference(reference))
        media = found[0]
        if media is None or None in found:
            raise not_found()
        if found[-1] is not media and found[-1] != media:
            raise invalid("ReferenceId", "that of the video VideoId names")
        self.check_app(call, media, not_found, write=write)
        return media

    def may(self, call: Call, media: Media | OtherMedia, *, write: bool = False) -> bool:
        """Whether the caller has a policy of the application that the medium belongs to."""
        return self.applications.may(call.caller.principal, media.app_id, write=write)

    def check_app(
        self,
        call: Call,
        media: Media | OtherMedia,
        not_found: Callable[[], ApiError],
        *,
        write: bool = False,
    ) -> None:
        """Raises ApiError unless the caller may use the medium's application."""
        if self.may(call, media, write=write):
            return
        if self.settings.other_apps_look_absent and not self.may(call, media):
            raise not_found()
        raise errors.operate_app()

    def upload_credential(self, media: Media | OtherMedia) -> dict[str, str]:
        """A new UploadAddress and UploadAuth for the asset's object."""
        endpoint = self.base_url
        if self.settings.upload_endpoint == "localhost":
            port = self.base_url.rpartition(":")[2]
            endpoint = f"http://oss-{self.region}.localhost:{port}"
        lifetime = self.settings.upload_lifetime
        prefix = media.object_prefix
        opened = media.key if prefix is None else f"{prefix}*"
        keys = upload_keys(self._identities, self._issuer, media.bucket, opened, lifetime)
        self._remember("UploadAuth", media, keys)
        return {
            "UploadAddress": upload_address(endpoint, media.bucket, media.key, prefix),
            "UploadAuth": upload_auth(
                keys, self.region, self.settings.expiration_text or str(lifetime)
            ),
        }

    def play_auth(self, media: Media, timeout: int) -> str:
        """A new PlayAuth for the asset, which is valid for `timeout` seconds of cloud time."""
        keys, text = self._play_auths.issue(media, timeout, self.play_domain)
        self._remember("PlayAuth", media, keys)
        return text

    def check_play_auth(self, auth_info: str, keys: Credential, video_id: str) -> None:
        """Raises ApiError unless AuthInfo allows `video_id` with these keys now."""
        self._play_auths.check(auth_info, keys, video_id)

    def issued(self) -> list[IssuedCredential]:
        """The latest credentials, oldest first."""
        return list(self._issued)

    def _remember(self, kind: str, media: Media | OtherMedia, keys: Credential) -> None:
        self._issued.append(
            IssuedCredential(kind, media.media_id, keys.access_key_id, keys.expires_at or 0)
        )

    def object_url(self, media: Media | OtherMedia, seconds: int, domain: str | None = None) -> str:
        """A signed URL of the asset's object, which is valid for `seconds` of cloud time.

        `domain`: another host than that of OSS.
        """
        expires_at = int(self.clock.now()) + seconds
        place = self.base_url if domain is None else f"http://{domain}"
        return sign_url(self._signer, "GET", place, media.bucket, media.key, expires_at)

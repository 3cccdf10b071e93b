"""PlayAuth: keys that play one video, and the AuthInfo that limits the time.

A PlayAuth ends in two ways: at `ExpireTime` in AuthInfo (time of issue plus AuthInfoTimeout), and
when its keys expire. How long the real keys are valid is not documented. Users have reported both
errors, so the keys must be valid longer than a short AuthInfo. Here they are valid for 900 seconds,
the minimum of STS, or for AuthInfoTimeout if that is longer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from fakealiyun.clock import Clock, utc
from fakealiyun.identity import Credential, Identities, Principal
from fakealiyun.vod import errors
from fakealiyun.vod.media import Media
from fakealiyun.vod.parameters import parse_time
from fakealiyun.vod.permissions import allow
from fakealiyun.vod.upload_credential import pack

MIN_TIMEOUT, DEFAULT_TIMEOUT, MAX_TIMEOUT = 100, 100, 3000  # seconds
_LEAST_KEYS = 900  # seconds

_POLICY = allow(("vod:GetPlayInfo",), "*")


class PlayAuths:
    """Issues PlayAuths, and checks the AuthInfo in later requests."""

    def __init__(
        self, identities: Identities, clock: Clock, issuer: Principal, region: str
    ) -> None:
        self._identities = identities
        self._clock = clock
        self._issuer = issuer
        self._region = region
        self._secret = secrets.token_bytes(32)

    def issue(self, media: Media, timeout: int, play_domain: str) -> tuple[Credential, str]:
        """The keys and the text of a new PlayAuth for `media`.

        It is valid for `timeout` seconds of cloud time.
        """
        keys = self._identities.issue(
            self._issuer, (_POLICY,), max(timeout, _LEAST_KEYS), media_id=media.video_id
        )
        fields = {
            "CI": base64.b64encode(secrets.token_bytes(48)).decode(),
            "Caller": base64.b64encode(secrets.token_bytes(32)).decode(),
            "ExpireTime": utc(self._clock.now() + timeout),
            "MediaId": media.video_id,
            "PlayDomain": play_domain,
        }
        return keys, pack(
            {
                "SecurityToken": keys.security_token,
                "AuthInfo": self._with_signature(fields, keys.access_key_id),
                "VideoMeta": video_meta(media),
                "AccessKeyId": keys.access_key_id,
                "PlayDomain": play_domain,
                "AccessKeySecret": keys.access_key_secret,
                "Region": self._region,
                "CustomerId": int(self._issuer.account_id),
            }
        )

    def check(self, auth_info: str, keys: Credential, video_id: str) -> None:
        """Check an AuthInfo.

        Raises ApiError unless it is exactly the text that was issued with these keys, for this
        video, and has not expired.
        """
        try:
            fields = json.loads(auth_info)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise errors.auth_info_signature()
        fields.pop("Signature", None)
        try:
            expected = self._with_signature(fields, keys.access_key_id).encode()
            given = auth_info.encode()
        except ValueError:
            raise errors.auth_info_signature() from None
        if not hmac.compare_digest(expected, given):
            raise errors.auth_info_signature()
        if fields["MediaId"] != video_id or keys.media_id != video_id:
            raise errors.auth_info_of_another_video()
        ends = parse_time(fields["ExpireTime"])
        if ends is None or self._clock.now() >= ends:
            raise errors.auth_info_expired()

    def _with_signature(self, fields: dict[str, Any], access_key_id: str) -> str:
        """The AuthInfo text: the fields, and a MAC over the fields and their AccessKeyId."""
        text = json.dumps(fields, separators=(",", ":"))
        message = f"{access_key_id}\n{text}".encode()
        mac = base64.b64encode(hmac.new(self._secret, message, hashlib.sha1).digest()).decode()
        return json.dumps({**fields, "Signature": mac}, separators=(",", ":"))


def video_meta(media: Media) -> dict[str, Any]:
    """`VideoMeta` of GetVideoPlayAuth and of a PlayAuth."""
    meta = {
        "Status": media.status,
        "VideoId": media.video_id,
        "Title": media.title,
        "CoverURL": media.cover_url,
        "Duration": media.duration,
    }
    return {name: value for name, value in meta.items() if value != "" or name != "CoverURL"}

"""PlayAuth: keys that redeem one video, and the AuthInfo that says for how long.

Two clocks end a PlayAuth: `ExpireTime` inside AuthInfo (issue + AuthInfoTimeout) and the expiry of
the keys themselves. How long the real keys live is not documented; both of the errors that follow
from it have been reported, so they outlive a short AuthInfo: 900 s, the least STS issues, or
AuthInfoTimeout where that is longer.
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
from fakealiyun.ram.policy import Policy
from fakealiyun.vod import errors
from fakealiyun.vod.media import Media
from fakealiyun.vod.parameters import parse_time
from fakealiyun.vod.upload_credential import pack

MIN_TIMEOUT, DEFAULT_TIMEOUT, MAX_TIMEOUT = 100, 100, 3000  # seconds
_LEAST_KEYS = 900  # seconds

_POLICY = Policy.parse(
    {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "vod:GetPlayInfo", "Resource": "*"}],
    }
)


class PlayAuths:
    """Issues PlayAuths and checks the AuthInfo that comes back."""

    def __init__(
        self, identities: Identities, clock: Clock, issuer: Principal, region: str
    ) -> None:
        self._identities = identities
        self._clock = clock
        self._issuer = issuer
        self._region = region
        self._secret = secrets.token_bytes(32)

    def issue(self, media: Media, timeout: int, play_domain: str) -> tuple[Credential, str]:
        """A PlayAuth for `media`, to be redeemed within `timeout` seconds of cloud time: its
        keys, and the text that is handed out."""
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
                "AuthInfo": self._sealed(fields, keys.access_key_id),
                "VideoMeta": video_meta(media),
                "AccessKeyId": keys.access_key_id,
                "PlayDomain": play_domain,
                "AccessKeySecret": keys.access_key_secret,
                "Region": self._region,
                "CustomerId": int(self._issuer.account_id),
            }
        )

    def check(self, auth_info: str, keys: Credential, video_id: str) -> None:
        """Refuse an AuthInfo that is not, byte for byte, the one issued with these keys, one for
        another video, and one that has expired. Raises ApiError."""
        try:
            fields = json.loads(auth_info)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise errors.auth_info_signature()
        fields.pop("Signature", None)
        try:
            expected = self._sealed(fields, keys.access_key_id).encode()
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

    def _sealed(self, fields: dict[str, Any], access_key_id: str) -> str:
        """The AuthInfo text: the fields and a MAC over them and the keys they go with."""
        text = json.dumps(fields, separators=(",", ":"))
        message = f"{access_key_id}\n{text}".encode()
        mac = base64.b64encode(hmac.new(self._secret, message, hashlib.sha1).digest()).decode()
        return json.dumps({**fields, "Signature": mac}, separators=(",", ":"))


def video_meta(media: Media) -> dict[str, Any]:
    """`VideoMeta`, as GetVideoPlayAuth answers it and a PlayAuth carries it."""
    meta = {
        "Status": media.status,
        "VideoId": media.video_id,
        "Title": media.title,
        "CoverURL": media.cover_url,
        "Duration": media.duration,
    }
    return {name: value for name, value in meta.items() if value != "" or name != "CoverURL"}

"""Who calls: what a verified token says, as a Caller.

PyJWT checks signature, times, issuer and audience. This module adds what RFC 7519 leaves open: how
long a token may live, what a subject may be, and the ``vod`` claim, which narrows the scopes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.auth.ownership import Owner
from shared.config.settings import Settings
from shared.errors import FieldError, Forbidden, InvalidRequest, InvalidToken
from shared.web.fields import VIDEO_ID

MAX_SUBJECT = 128  # bytes of UTF-8

_MEDIA_TYPES = frozenset({"video", "image", "attached"})


@dataclass(frozen=True)
class Caller:
    """The user whose token was verified, and what the token says. None: it does not say."""

    owner: Owner
    scopes: frozenset[str]
    play: frozenset[str] | None = None  # VideoIds, "own", or "*" for all; None as "own"
    upload_media: frozenset[str] | None = None  # the MediaTypes that may be uploaded
    max_bytes: int | None = None  # the largest FileSize
    cate_id: int | None = None  # the category that the token chooses for the upload
    template_group_id: str | None = None  # the template group, likewise
    sts: frozenset[str] = frozenset()  # the purposes that an STS token may be issued for
    limits: Mapping[str, int] = field(default_factory=dict)  # they narrow the deployment's
    token_life: float = 0.0  # seconds from issue to expiry
    token_age: float | None = None  # seconds since the issue; None if the token hides it

    @property
    def subject(self) -> str:
        """The subject of the token."""
        return self.owner.subject

    def require(self, scope: str) -> None:
        """Raises Forbidden unless the token carries ``scope``."""
        if scope not in self.scopes:
            raise Forbidden(f"The token lacks the scope {scope}.")

    def require_upload(self, media_type: str, file_size: int | None) -> None:
        """Raises a Refusal unless the ``vod`` claim permits this upload.

        ``file_size``: the declared size in bytes; None if the request does not declare it.
        """
        if self.upload_media is not None and media_type not in self.upload_media:
            raise Forbidden(
                f"The vod claim of the token does not permit the MediaType {media_type}."
            )
        if self.max_bytes is None:
            return
        if file_size is None:
            missing = FieldError("/FileSize", "is required, because your token limits it")
            raise InvalidRequest("FileSize is required, because your token limits it.", [missing])
        if file_size > self.max_bytes:
            raise Forbidden(f"The token permits files of at most {self.max_bytes} bytes.")

    def may_play(self, video_id: str) -> bool:
        """Whether the ``vod`` claim opens this video, whoever owns it."""
        return self.play is not None and ("*" in self.play or video_id in self.play)

    @property
    def may_play_own(self) -> bool:
        """Whether the caller's own videos may be played."""
        return self.play is None or "own" in self.play


def caller_of(claims: Mapping[str, Any], settings: Settings) -> Caller:
    """The caller that verified claims describe. Raises InvalidToken."""
    life, age = _life_and_age(claims, settings)
    subject = _subject(_claim(claims, settings.jwt_subject_claim))
    grants = _vod_claim(_claim(claims, settings.jwt_vod_claim), settings)
    owner = Owner(settings.issuer_alias, subject)
    return Caller(owner, _scopes(claims, settings), token_life=life, token_age=age, **grants)


def _life_and_age(claims: Mapping[str, Any], settings: Settings) -> tuple[float, float | None]:
    """How long the token lives, and how old it is, in seconds. Raises InvalidToken."""
    for name in ("exp", "iat", "nbf"):
        if name not in claims and name != "exp":
            continue
        value = claims.get(name)
        # PyJWT accepts text and booleans as NumericDate; RFC 7519 does not.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise InvalidToken("claim", f"The claim {name} must be a number of seconds.")
    now = time.time()
    issued = claims.get("iat")
    life = claims["exp"] - (now if issued is None else issued)
    if life > settings.jwt_max_life:
        limit = settings.jwt_max_life
        raise InvalidToken("too_long", f"The token may live at most {limit} seconds.")
    return life, None if issued is None else max(0.0, now - issued)


def _finite(value: float) -> bool:
    """Whether a time is a number that a float holds exactly, to the second."""
    return abs(value) < 2**53 and math.isfinite(value)


_ABSENT: Any = object()


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a JSON pointer if the setting begins with a slash.

    _ABSENT if there is none. That may mean that nothing is restricted. So a pointer that meets
    anything but an object is refused, not taken for absent. Raises InvalidToken.
    """
    if not name.startswith("/"):
        return claims.get(name, _ABSENT)
    value: Any = claims
    for step in name[1:].split("/"):
        if value is _ABSENT:
            return _ABSENT
        if not isinstance(value, Mapping):
            raise InvalidToken("claim", "A claim that should hold other claims is no object.")
        value = value.get(step.replace("~1", "/").replace("~0", "~"), _ABSENT)
    return value


def _subject(value: Any) -> str:
    """The value of the subject claim as text. Raises InvalidToken."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        value = str(value)
    try:
        sized = isinstance(value, str) and 1 <= len(value.encode("utf-8")) <= MAX_SUBJECT
    except UnicodeEncodeError:
        sized = False
    if not sized or any(c < " " or c == "\x7f" for c in value):
        rule = f"text of 1 to {MAX_SUBJECT} bytes, without control characters"
        raise InvalidToken("subject", f"The subject must be {rule}.")
    return str(value)


def _scopes(claims: Mapping[str, Any], settings: Settings) -> frozenset[str]:
    """The scopes that the token carries, or else the deployment's default. Raises InvalidToken."""
    if settings.jwt_scope_claim:
        value = _claim(claims, settings.jwt_scope_claim)
    else:
        value = claims.get("scope", claims.get("scp", _ABSENT))
    if value is _ABSENT:
        return settings.default_scopes
    # RFC 6749: only the blank separates. Other white space may be a part of a name to the issuer.
    listed = value.split(" ") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidToken("claim", "The scope must be text or an array of text.")
    return frozenset(listed) - {""}


def _vod_claim(value: Any, settings: Settings) -> dict[str, Any]:
    """The fields of Caller in the ``vod`` claim. An unknown member may be a limit: refused."""
    if value is _ABSENT:
        return {}
    if not isinstance(value, dict) or not value.keys() <= {"play", "upload", "sts", "limits"}:
        raise InvalidToken(
            "vod_claim", "The vod claim may hold play, upload, sts and limits, no more."
        )
    grants: dict[str, Any] = {}
    if "play" in value:
        grants["play"] = _play_of(value["play"])
    if "upload" in value:
        grants.update(_upload_of(value["upload"]))
    if "sts" in value:
        if not _is_text_list(value["sts"]):
            raise InvalidToken("vod_claim", "vod.sts must be an array of purposes.")
        grants["sts"] = frozenset(value["sts"])
    if "limits" in value:
        grants["limits"] = _limits_of(value["limits"], settings)
    return grants


def _limits_of(value: Any, settings: Settings) -> Mapping[str, int]:
    """The value of ``vod.limits``, checked. Raises InvalidToken."""
    if settings.limits is None:
        # Nothing is counted here, so the limits would silently have no effect.
        raise InvalidToken("vod_claim", "vod.limits needs a deployment with VODPASS_LIMITS.")
    from shared.config.limits import MOST, NAMES, read

    try:
        return read(value)
    except ValueError:
        listed = ", ".join(NAMES)
        raise InvalidToken(
            "vod_claim", f"vod.limits may hold {listed}, each an integer from 1 to {MOST}."
        ) from None


def _play_of(value: Any) -> frozenset[str]:
    """The value of ``vod.play``, checked. Raises InvalidToken."""
    if value == "*":
        return frozenset({"*"})
    if not _is_text_list(value) or not all(v == "own" or VIDEO_ID.fullmatch(v) for v in value):
        raise InvalidToken("vod_claim", 'vod.play must be "*" or an array of VideoIds and "own".')
    return frozenset(value)


def _upload_of(value: Any) -> dict[str, Any]:
    """The fields of Caller in the value of ``vod.upload``. Raises InvalidToken."""
    known = {"media", "max_bytes", "cate_id", "template_group_id"}
    if not isinstance(value, dict) or not value.keys() <= known:
        listed = "media, max_bytes, cate_id and template_group_id"
        raise InvalidToken("vod_claim", f"vod.upload may hold {listed}, no more.")
    grants: dict[str, Any] = {}
    if "media" in value:
        if not _is_text_list(value["media"]) or not _MEDIA_TYPES.issuperset(value["media"]):
            raise InvalidToken("vod_claim", "vod.upload.media lists video, image and attached.")
        grants["upload_media"] = frozenset(value["media"])
    if "max_bytes" in value:
        size = value["max_bytes"]
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidToken("vod_claim", "vod.upload.max_bytes must be a positive integer.")
        grants["max_bytes"] = size
    if "cate_id" in value:
        if isinstance(value["cate_id"], bool) or not isinstance(value["cate_id"], int):
            raise InvalidToken("vod_claim", "vod.upload.cate_id must be an integer.")
        grants["cate_id"] = value["cate_id"]
    if "template_group_id" in value:
        if not isinstance(value["template_group_id"], str):
            raise InvalidToken("vod_claim", "vod.upload.template_group_id must be text.")
        grants["template_group_id"] = value["template_group_id"]
    return grants


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)

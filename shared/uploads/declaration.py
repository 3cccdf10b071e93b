"""What was declared when an upload began: owner, request, size and type of the file.

VOD keeps the declaration with the video, in the member ``Extend`` of UserData, which VOD leaves to
its users. vodpass trusts it only under its own MAC, which covers the ownership mark.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any

from shared.alibaba.vod.records import Video
from shared.auth import ownership
from shared.auth.mac import base64url, canonical, sign
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings


@dataclass(frozen=True)
class Declaration:
    """The declaration of an upload.

    ``subject``: of the caller's token. ``idempotency_key``: "" if there was none. ``digest``: of
    the request. ``file_size``: in bytes, None if not declared. ``extension``: of FileName.
    ``window``: the upload window that was promised, in seconds; None if vodpass did not record it
    yet.
    """

    subject: str
    idempotency_key: str
    digest: str
    file_size: int | None
    extension: str
    window: int | None = None

    def same_request(self, other: Declaration | None) -> bool:
        """Whether both were made from the same request of the same caller."""
        return other is not None and replace(self, window=None) == replace(other, window=None)


def request_digest(fields: dict[str, Any]) -> str:
    """A short digest of the checked fields of a request. The same fields give the same digest."""
    return base64url(hashlib.sha256(canonical(fields).encode("ascii")).digest()[:16])


def seal(settings: Settings, mark: str, declaration: Declaration) -> dict[str, Any]:
    """The value of ``Extend`` for VOD: the declaration with its MAC.

    For any subject it has at most 512 bytes of UTF-8, VOD's limit.
    """
    values = _values(declaration)
    return {**values, "m": _mac(settings.owner_keys[0], mark, values)}


def unseal(settings: Settings, mark: str, user_data: str | None) -> Declaration | None:
    """The declaration in a video's UserData; None if it is absent, foreign or changed.

    The MAC does not prove the owner. Call ``verified``, or check ``mark`` with ``owns`` first.
    """
    key = ownership.owner_key_of(settings, mark)
    try:
        values = json.loads(user_data or "")["Extend"]
        values = json.loads(values) if isinstance(values, str) else dict(values)
        mac = values.pop("m")
        names = (values["s"], values["k"], values["d"], values["n"], values["t"])
        declaration = Declaration(*names, values.get("w"))
        genuine = key is not None and hmac.compare_digest(_mac(key, mark, values), mac)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return declaration if genuine and values == _values(declaration) else None


def verified(settings: Settings, mark: str | None, user_data: str | None) -> Declaration | None:
    """The declaration, if its MAC verifies and ``mark`` belongs to its subject; else None."""
    declaration = unseal(settings, mark or "", user_data)
    if declaration is None:
        return None
    owner = Owner(settings.issuer_alias, declaration.subject)
    return declaration if ownership.owns(settings, owner, mark) else None


def declaration_of(settings: Settings, video: Video) -> Declaration | None:
    """What was declared when the video was created; None unless mark and MAC both verify."""
    return verified(settings, video.reference_id, video.user_data)


def _values(declaration: Declaration) -> dict[str, Any]:
    """The declaration as VOD keeps it. One letter for each name: Extend has 512 bytes.

    The letters never change, because existing videos have them.
    """
    values: dict[str, Any] = {
        "s": declaration.subject,
        "k": declaration.idempotency_key,
        "d": declaration.digest,
        "n": declaration.file_size,
        "t": declaration.extension,
    }
    return values if declaration.window is None else {**values, "w": declaration.window}


def _mac(key: OwnerKey, mark: str, values: dict[str, Any]) -> str:
    """The MAC over mark and declaration. So no declaration fits another video."""
    return sign(key, "extend", mark, canonical(values))

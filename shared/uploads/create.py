"""Creates a video, an image or attached media in VOD, and handles repeats of a request.

VOD has no idempotency token. For a video, the ownership mark in its ReferenceId serves as one: a
repeat with the same Idempotency-Key computes the same mark and so finds its own video. Images and
attached media have no ReferenceId. Nothing binds them to a caller, and they cannot be refreshed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any

from shared.alibaba.codes import Rejected
from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import Vod
from shared.alibaba.vod.records import UploadCredential, Video
from shared.auth import ownership
from shared.auth.caller import Caller
from shared.config.settings import Settings
from shared.errors import (
    FieldError,
    IdempotencyConflict,
    IdempotencyKeySpent,
    InvalidRequest,
    Throttled,
    Unavailable,
    UploadFinished,
    UploadWindowClosed,
    Upstream,
    UpstreamError,
)
from shared.runtime.endpoint import Invocation
from shared.uploads import parameters
from shared.uploads.extend import Extend, request_digest, unseal
from shared.uploads.fields import ATTACHED_EXTENSIONS, IMAGE_EXTENSIONS, extension
from shared.uploads.renew import renew
from shared.uploads.window import refresh_window

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def video(call: Invocation[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates a video under the caller's mark, or continues what an earlier request created.

    The create is never sent twice. If its outcome is unknown, the mark finds the video. Raises a
    Refusal.
    """
    key = _idempotency_key(call)
    if key is None:
        mark, older = ownership.new_mark(call.settings, call.caller.owner), []
    else:
        mark, *older = ownership.marks_of_key(call.settings, call.caller.owner, key)
    declared = Extend(
        call.caller.subject,
        key or "",
        request_digest(asked),
        asked.get("FileSize"),
        extension(asked["FileName"]),
        call.settings.upload_window,
    )
    return _counted(call, mark, lambda: _create(call, vod, (mark, older), asked, declared))


def _create(
    call: Invocation[Caller],
    vod: Vod,
    marks: tuple[str, list[str]],
    asked: dict[str, Any],
    declared: Extend,
) -> UploadCredential:
    mark, older = marks
    for known in older:
        earlier = _find(call, vod, known)
        if earlier is not None:
            return _repeat(call, vod, earlier, declared)
    try:
        fields = parameters.of_video(call.settings, mark, asked, declared, call.caller)
        return vod.create_upload_video(fields)
    except Rejected as rejected:
        return _after_rejection(call, vod, mark, declared, rejected.code)
    except Upstream as fault:
        if fault.effect == "none":
            raise
    created = _find_created(call, vod, mark)
    _require_same(call.settings, created, declared)
    return renew(vod, created, refresh_window(call.settings, created))


def image(call: Invocation[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates an image. Raises a Refusal."""
    _refuse_idempotency_key(call)
    named = extension(asked.get("FileName", ""))
    if "ImageExt" not in asked and named and named not in IMAGE_EXTENSIONS:
        # VOD would store it as png, even if it has another type.
        raise _wrong_extension("FileName", IMAGE_EXTENSIONS, "an image")
    fields = parameters.of_image(call.settings, asked, call.caller)
    return _created(call, vod.create_upload_image, fields)


def attached_media(call: Invocation[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates attached media: a watermark, a subtitle or material. Raises a Refusal."""
    _refuse_idempotency_key(call)
    permitted = ATTACHED_EXTENSIONS[asked["BusinessType"]]
    named = extension(asked.get("FileName", ""))
    given = asked.get("MediaExt") or named
    if given not in permitted:
        field = "FileName" if named and "MediaExt" not in asked else "MediaExt"
        raise _wrong_extension(field, permitted, f"a {asked['BusinessType']}")
    asked = {**asked, "MediaExt": given}
    fields = parameters.of_attached_media(call.settings, asked, call.caller)
    return _created(call, vod.create_upload_attached_media, fields)


def _wrong_extension(field: str, permitted: tuple[str, ...], what: str) -> InvalidRequest:
    verb = "must end in" if field == "FileName" else "must be"
    reason = f"{verb} one of {', '.join(permitted)} for {what}"
    return InvalidRequest(f"{field} {reason}.", [FieldError(f"/{field}", reason)])


def _created(
    call: Invocation[Caller],
    create: Callable[[Mapping[str, Any]], UploadCredential],
    fields: Mapping[str, Any],
) -> UploadCredential:
    def create_once() -> UploadCredential:
        try:
            return create(fields)
        except Rejected:
            raise UpstreamError("VOD refused for an unexpected reason.") from None

    return _counted(call, token_urlsafe(15), create_once)


def _counted(
    call: Invocation[Caller], slot: str, create: Callable[[], UploadCredential]
) -> UploadCredential:
    """``create()``, if the caller's limits allow another upload. ``slot`` is what they count."""
    limits = call.limits
    if limits is None:
        return create()
    new = limits.upload(call.caller, slot)
    try:
        credential = create()
    except (UploadFinished, UploadWindowClosed, IdempotencyKeySpent):
        limits.finished(call.caller, slot=slot)
        raise
    except Upstream as fault:
        if new and fault.effect == "none":
            limits.withdraw(call.caller, slot)
        raise
    limits.issued(call.caller, slot, credential.media_id)
    return credential


def _idempotency_key(call: Invocation[Caller]) -> str | None:
    key = call.request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("The header Idempotency-Key must be 1 to 64 of A-Z a-z 0-9 _ and -.")
    return key


def _refuse_idempotency_key(call: Invocation[Caller]) -> None:
    if "idempotency-key" in call.request.headers:
        # VOD cannot look up these media by a key, so do not accept one.
        raise InvalidRequest("The header Idempotency-Key serves for videos only.")


# Parts of a code that mean that the ReferenceId is in use. VOD does not document its code.
_TAKEN = re.compile(r"Reference|Duplicat|(?<!Not)Exist|Repeat|Conflict", re.IGNORECASE)


def _after_rejection(
    call: Invocation[Caller], vod: Vod, mark: str, declared: Extend, code: str
) -> UploadCredential:
    """Handles a create that VOD refused.

    A ReferenceId is unique, so the video may already exist. The lookup relies on no code. Only if
    it finds nothing, the code decides: a ReferenceId in use belongs to a deleted video; after any
    other code, the key can still be used.
    """
    earlier = _find(call, vod, mark)
    if earlier is not None:
        return _repeat(call, vod, earlier, declared)
    if not declared.idempotency_key:
        raise UpstreamError("VOD refused for an unexpected reason.")
    if _TAKEN.search(code):
        raise IdempotencyKeySpent
    raise Unavailable("VOD refused for an unexpected reason. Repeat the request.")


def _find_created(call: Invocation[Caller], vod: Vod, mark: str) -> Video:
    """The video of a create whose outcome is unknown.

    A throttled lookup answers 503, not 429: 429 would say that nothing was begun.
    """
    retry_after = 1
    try:
        created = _find(call, vod, mark)
    except Throttled as fault:
        created, retry_after = None, int(fault.headers.get("Retry-After", "1"))
    if created is None:
        raise Unavailable(
            "VOD did not say whether the upload was begun. Repeat the request.",
            effect="unknown",
            retry_after=retry_after,
        )
    return created


def _find(call: Invocation[Caller], vod: Vod, mark: str) -> Video | None:
    try:
        found = vod.video(reference_id=mark)
    except NotFoundAtVod:
        return None
    # Check the mark itself: VOD's lookup may be less exact.
    return found if ownership.owns(call.settings, call.caller.owner, found.reference_id) else None


def _repeat(
    call: Invocation[Caller], vod: Vod, earlier: Video, declared: Extend
) -> UploadCredential:
    """Answers a repeated request: a new credential for the same video, by the rules of /refresh."""
    call.caller.require("vod:refresh")
    _require_same(call.settings, earlier, declared)
    return renew(vod, earlier, refresh_window(call.settings, earlier))


def _require_same(settings: Settings, found: Video, declared: Extend) -> None:
    if not declared.same_request(unseal(settings, found.reference_id or "", found.user_data)):
        raise IdempotencyConflict

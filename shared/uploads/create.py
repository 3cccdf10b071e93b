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
from shared.runtime.endpoint import Call
from shared.uploads import parameters
from shared.uploads.extend import Extend, request_digest, unseal
from shared.uploads.fields import ATTACHED_EXTENSIONS, IMAGE_EXTENSIONS, extension
from shared.uploads.refresh import refresh_upload

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

# Parts of a code that mean that the ReferenceId is in use. VOD does not document its code.
_TAKEN = re.compile(r"Reference|Duplicat|(?<!Not)Exist|Repeat|Conflict", re.IGNORECASE)


def video(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates a video under the caller's mark, or continues what an earlier request created.

    ``asked``: the checked fields of the request. Raises a Refusal.
    """
    upload = _VideoUpload(call, vod, asked)
    return _within_limits(call, upload.mark, upload.begin)


def image(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates an image. Raises a Refusal."""
    _refuse_idempotency_key(call)
    named = extension(asked.get("FileName", ""))
    if "ImageExt" not in asked and named and named not in IMAGE_EXTENSIONS:
        # VOD would store it as png, even if it has another type.
        raise _wrong_extension("FileName", IMAGE_EXTENSIONS, "an image")
    fields = parameters.of_image(call.settings, asked, call.caller)
    return _create_without_mark(call, vod.create_upload_image, fields)


def attached_media(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
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
    return _create_without_mark(call, vod.create_upload_attached_media, fields)


class _VideoUpload:
    """The upload of a video. ``mark`` will be its ReferenceId."""

    def __init__(self, call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> None:
        self._call = call
        self._vod = vod
        self._asked = asked
        owner, key = call.caller.owner, _idempotency_key(call)
        if key is None:
            marks = [ownership.new_mark(call.settings, owner)]
        else:
            marks = list(ownership.marks_of_key(call.settings, owner, key))
        self.mark, *self._older_marks = marks  # older: under keys that were rotated out
        self._declared = Extend(
            subject=call.caller.subject,
            idempotency_key=key or "",
            digest=request_digest(asked),
            file_size=asked.get("FileSize"),
            extension=extension(asked["FileName"]),
            window=call.settings.upload_window,
        )

    def begin(self) -> UploadCredential:
        """Creates the video, or continues it if an earlier request has created it.

        The create is never sent twice. If its outcome is unknown, the mark finds the video.
        """
        for mark in self._older_marks:
            earlier = self._find(mark)
            if earlier is not None:
                return self._continue(earlier)
        call = self._call
        try:
            fields = parameters.of_video(
                call.settings, self.mark, self._asked, self._declared, call.caller
            )
            return self._vod.create_upload_video(fields)
        except Rejected as rejected:
            return self._after_rejection(rejected.code)
        except Upstream as fault:
            if fault.effect == "none":
                raise
        created = self._find_created()
        self._require_same_request(created)
        return refresh_upload(self._vod, call.settings, created)

    def _after_rejection(self, code: str) -> UploadCredential:
        """Handles a create that VOD refused.

        A ReferenceId is unique, so the video may already exist: look it up, whatever the code. If
        there is none, the code decides. A ReferenceId in use belongs to a deleted video. After any
        other code, the key can still be used.
        """
        earlier = self._find(self.mark)
        if earlier is not None:
            return self._continue(earlier)
        if not self._declared.idempotency_key:
            raise UpstreamError("VOD refused for an unexpected reason.")
        if _TAKEN.search(code):
            raise IdempotencyKeySpent
        raise Unavailable("VOD refused for an unexpected reason. Repeat the request.")

    def _find_created(self) -> Video:
        """The video of a create whose outcome is unknown.

        A throttled lookup answers 503, not 429: 429 would say that nothing was begun.
        """
        retry_after = 1
        try:
            created = self._find(self.mark)
        except Throttled as fault:
            created, retry_after = None, int(fault.headers.get("Retry-After", "1"))
        if created is None:
            raise Unavailable(
                "VOD did not say whether the upload was begun. Repeat the request.",
                effect="unknown",
                retry_after=retry_after,
            )
        return created

    def _find(self, mark: str) -> Video | None:
        try:
            found = self._vod.video(reference_id=mark)
        except NotFoundAtVod:
            return None
        # Check the mark itself: VOD's lookup may be less exact.
        call = self._call
        owned = ownership.owns(call.settings, call.caller.owner, found.reference_id)
        return found if owned else None

    def _continue(self, earlier: Video) -> UploadCredential:
        """A new credential for the video of an earlier request, by the rules of /refresh."""
        self._call.caller.require("vod:refresh")
        self._require_same_request(earlier)
        return refresh_upload(self._vod, self._call.settings, earlier)

    def _require_same_request(self, found: Video) -> None:
        sealed = unseal(self._call.settings, found.reference_id or "", found.user_data)
        if not self._declared.same_request(sealed):
            raise IdempotencyConflict


def _create_without_mark(
    call: Call[Caller],
    create: Callable[[Mapping[str, Any]], UploadCredential],
    fields: Mapping[str, Any],
) -> UploadCredential:
    def create_once() -> UploadCredential:
        try:
            return create(fields)
        except Rejected:
            raise UpstreamError("VOD refused for an unexpected reason.") from None

    return _within_limits(call, token_urlsafe(15), create_once)


def _within_limits(
    call: Call[Caller], slot: str, create: Callable[[], UploadCredential]
) -> UploadCredential:
    """``create()``, if the caller's limits allow another upload. They know it by ``slot``."""
    limiter = call.limiter
    if limiter is None:
        return create()
    new = limiter.count_upload(call.caller, slot)
    try:
        credential = create()
    except (UploadFinished, UploadWindowClosed, IdempotencyKeySpent):
        limiter.note_finished(call.caller, slot=slot)
        raise
    except Upstream as fault:
        if new and fault.effect == "none":
            limiter.note_withdrawn(call.caller, slot)
        raise
    limiter.note_issued(call.caller, slot, credential.media_id)
    return credential


def _idempotency_key(call: Call[Caller]) -> str | None:
    key = call.request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("The header Idempotency-Key must be 1 to 64 of A-Z a-z 0-9 _ and -.")
    return key


def _refuse_idempotency_key(call: Call[Caller]) -> None:
    if "idempotency-key" in call.request.headers:
        # VOD cannot look up these media by a key, so do not accept one.
        raise InvalidRequest("The header Idempotency-Key serves for videos only.")


def _wrong_extension(field: str, permitted: tuple[str, ...], what: str) -> InvalidRequest:
    verb = "must end in" if field == "FileName" else "must be"
    reason = f"{verb} one of {', '.join(permitted)} for {what}"
    return InvalidRequest(f"{field} {reason}.", [FieldError(f"/{field}", reason)])

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
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    UploadFinished,
    Upstream,
    UpstreamError,
)
from shared.runtime.endpoint import MAX_SECONDS, Call
from shared.uploads.declaration import Declaration, request_digest, unseal
from shared.uploads.fields import ATTACHED_EXTENSIONS, IMAGE_EXTENSIONS, extension
from shared.uploads.parameters import attached_media_parameters, image_parameters, video_parameters
from shared.uploads.refresh import refresh_upload

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

# Parts of a code that mean that the ReferenceId is in use. VOD does not document its code.
_TAKEN = re.compile(r"Reference|Duplicat|(?<!Not)Exist|Repeat|Conflict", re.IGNORECASE)


def create_video(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """The credential to upload a video.

    Creates the video under the caller's mark. If an earlier request with the same Idempotency-Key
    created it, issues a new credential for that one. ``asked``: the checked fields of the request.
    Raises a Refusal.
    """
    upload = _VideoUpload(call, vod, asked)
    return _within_limits(call, upload.mark, upload.create_or_continue)


def create_image(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates an image. Returns the credential to upload it. Raises a Refusal."""
    _refuse_idempotency_key(call)
    named = extension(asked.get("FileName", ""))
    if named and named not in IMAGE_EXTENSIONS and "ImageExt" not in asked:
        # VOD would store it as png, even if it has another type.
        raise _wrong_extension("FileName", IMAGE_EXTENSIONS, "an image")
    parameters = image_parameters(call.settings, asked, call.caller)
    return _create_without_mark(call, vod.create_upload_image, parameters)


def create_attached_media(call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> UploadCredential:
    """Creates a watermark, a subtitle or material. Returns the credential. Raises a Refusal."""
    _refuse_idempotency_key(call)
    permitted = ATTACHED_EXTENSIONS[asked["BusinessType"]]
    named = extension(asked.get("FileName", ""))
    given = asked.get("MediaExt") or named
    if given not in permitted:
        field = "FileName" if named and "MediaExt" not in asked else "MediaExt"
        raise _wrong_extension(field, permitted, f"a {asked['BusinessType']}")
    asked = {**asked, "MediaExt": given}
    parameters = attached_media_parameters(call.settings, asked, call.caller)
    return _create_without_mark(call, vod.create_upload_attached_media, parameters)


class _VideoUpload:
    """The video that one request asks for. ``mark`` becomes its ReferenceId.

    Without an Idempotency-Key the mark is random. With one, the mark is computed from it.
    """

    def __init__(self, call: Call[Caller], vod: Vod, asked: dict[str, Any]) -> None:
        self._call = call
        self._vod = vod
        self._asked = asked
        owner, key = call.caller.owner, _idempotency_key(call)
        if key is None:
            marks = [ownership.new_mark(call.settings, owner)]
        else:
            marks = list(ownership.marks_for_idempotency_key(call.settings, owner, key))
        self.mark, *self._older_marks = marks  # older: under owner keys that were rotated out
        self._declaration = Declaration(
            subject=call.caller.subject,
            idempotency_key=key or "",
            digest=request_digest(asked),
            file_size=asked.get("FileSize"),
            extension=extension(asked["FileName"]),
            window=call.settings.upload_window,
        )

    def create_or_continue(self) -> UploadCredential:
        """Creates the video. If an earlier request created it, continues that upload.

        CreateUploadVideo is never sent twice. If its outcome is unknown, the mark finds the video.
        """
        for mark in self._older_marks:
            earlier = self._find(mark)
            if earlier is not None:
                return self._continue(earlier)
        settings, caller = self._call.settings, self._call.caller
        parameters = video_parameters(settings, self.mark, self._asked, self._declaration, caller)
        try:
            return self._vod.create_upload_video(parameters)
        except Rejected as rejected:
            return self._after_refusal(self._meaning(rejected.code))
        except (InvalidRequest, Misconfigured) as refusal:
            if not self._declaration.idempotency_key:
                raise
            return self._after_refusal(refusal)
        except Upstream as fault:
            if fault.effect == "none":
                raise
        created = self._find_created()
        if created.age > 2 * MAX_SECONDS:  # an earlier request created it
            return self._continue(created)
        self._require_same_request(created)
        return refresh_upload(self._vod, settings, created)

    def _after_refusal(self, refusal: Refusal) -> UploadCredential:
        """The credential after VOD refused the create. Raises ``refusal`` if there is no video.

        A ReferenceId is unique, and VOD does not document its code for one in use. So whatever the
        code, the video may already exist: look it up.
        """
        earlier = self._find(self.mark)
        if earlier is None:
            raise refusal
        return self._continue(earlier)

    def _meaning(self, code: str) -> Refusal:
        """What an unknown code means if VOD does not show the video."""
        if not self._declaration.idempotency_key:
            return UpstreamError("VOD refused for an unexpected reason.")
        if _TAKEN.search(code):
            return IdempotencyKeySpent()  # the video was deleted
        return Unavailable("VOD refused for an unexpected reason. Repeat the request.")

    def _find_created(self) -> Video:
        """The video of a create whose outcome is unknown. Raises a Refusal.

        If VOD throttles the lookup, the caller gets 503. 429 would say that nothing was begun.
        """
        retry_after = 1
        try:
            created = self._find(self.mark)
        except Throttled as fault:
            created, retry_after = None, int(fault.headers.get("Retry-After", "1"))
        if created is None:
            detail = "VOD did not say whether the upload was begun. Repeat the request."
            raise Unavailable(detail, effect="unknown", retry_after=retry_after)
        return created

    def _find(self, mark: str) -> Video | None:
        """The caller's video under a mark; None if VOD has none."""
        try:
            found = self._vod.video(reference_id=mark)
        except NotFoundAtVod:
            return None
        # Compare the mark itself: VOD's lookup may be less exact. The mark is made for the caller.
        return found if found.reference_id == mark else None

    def _continue(self, earlier: Video) -> UploadCredential:
        """A new credential for the video of an earlier request, by the rules of /refresh."""
        self._call.caller.require("vod:refresh")
        self._require_same_request(earlier)
        return refresh_upload(self._vod, self._call.settings, earlier)

    def _require_same_request(self, found: Video) -> None:
        """Raises IdempotencyConflict unless the video was created by the same request."""
        earlier = unseal(self._call.settings, found.reference_id or "", found.user_data)
        if not self._declaration.same_request(earlier):
            raise IdempotencyConflict


def _create_without_mark(
    call: Call[Caller],
    create: Callable[[Mapping[str, Any]], UploadCredential],
    parameters: Mapping[str, Any],
) -> UploadCredential:
    """``create(parameters)``, within the caller's limits. Raises a Refusal."""

    def create_once() -> UploadCredential:
        try:
            return create(parameters)
        except Rejected:
            raise UpstreamError("VOD refused for an unexpected reason.") from None

    return _within_limits(call, token_urlsafe(15), create_once)


def _within_limits(
    call: Call[Caller], slot: str, create: Callable[[], UploadCredential]
) -> UploadCredential:
    """``create()``, if the caller's limits allow another upload. Raises a Refusal.

    ``slot``: the name of the upload for the limiter until VOD gives it an id.
    """
    if (limiter := call.limiter) is None:
        return create()
    is_new = limiter.count_upload(call.caller, slot)
    try:
        credential = create()
    except (UploadFinished, IdempotencyKeySpent):
        limiter.note_finished(call.caller, slot=slot)
        raise
    except Refusal as fault:
        if not is_new:
            limiter.note_not_issued(call.caller, slot=slot)
        elif not isinstance(fault, Upstream) or fault.effect == "none":
            limiter.note_withdrawn(call.caller, slot)
        # Else VOD may have begun the upload: it stays counted as open.
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

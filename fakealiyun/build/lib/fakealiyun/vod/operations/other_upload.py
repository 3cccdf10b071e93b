"""CreateUploadImage and CreateUploadAttachedMedia: credentials that cannot be refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import extensions, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations import placement
from fakealiyun.vod.operations.info import DEFAULT_URL
from fakealiyun.vod.operations.upload import LARGEST_FILE
from fakealiyun.vod.other_media import OtherMedia
from fakealiyun.vod.user_data import read_user_data


class OtherUploadOperations:
    """The operations that issue upload credentials for images and attached media."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "CreateUploadImage": Operation(
                self.create_upload_image,
                web=True,
            ),
            "CreateUploadAttachedMedia": Operation(
                self.create_upload_attached_media,
            ),
        }

    def create_upload_image(self, call: Call) -> Mapping[str, Any]:
        """Create an image and return a credential for its object."""
        given = call.parameters
        purpose = parameters.choice(given, "ImageType", ("default", "cover"))
        if purpose is None:
            raise missing("ImageType")
        extension = parameters.choice(given, "ImageExt", extensions.IMAGE) or extensions.IMAGE[0]
        cate_id = placement.category(self._account, given)
        fields = {
            **self._common("image", purpose, extension, call),
            "file_name": parameters.optional(given, "OriginalFileName") or "",
            "cate_ids": () if cate_id is None else (cate_id,),
        }
        medium = self._account.other_media.create(
            lambda media_id, name, now: OtherMedia(
                media_id=media_id,
                key=f"image/{purpose}/{name}-6-2.{extension}",
                created=now,
                modified=now,
                **fields,
            )
        )
        return self._answer(medium, "ImageId", "ImageURL")

    def create_upload_attached_media(self, call: Call) -> Mapping[str, Any]:
        """Create an attached media and return a credential for its object."""
        given = call.parameters
        purpose = parameters.choice(given, "BusinessType", tuple(extensions.ATTACHED))
        if purpose is None:
            raise missing("BusinessType")
        extension = _attached_extension(given, purpose)
        parameters.integer(given, "FileSize", 1, LARGEST_FILE)
        fields = {
            **self._common("attached", purpose, extension, call),
            "file_name": parameters.optional(given, "FileName") or "",
            "cate_ids": placement.categories(self._account, given),
        }
        medium = self._account.other_media.create(
            lambda media_id, name, now: OtherMedia(
                media_id=media_id,
                key=f"{purpose}/{name}.{extension}",
                created=now,
                modified=now,
                **fields,
            )
        )
        return self._answer(medium, "MediaId", "MediaURL")

    def _common(
        self,
        kind: Literal["image", "attached"],
        purpose: str,
        extension: str,
        call: Call,
    ) -> dict[str, Any]:
        given = call.parameters
        placement.check_storage(self._account, given)
        user_data = read_user_data(
            parameters.optional(given, "UserData"),
            acceleration=self._account.settings.acceleration,
        )
        return {
            "kind": kind,
            "purpose": purpose,
            "extension": extension,
            "bucket": self._account.bucket,
            "app_id": placement.app(self._account, call),
            "title": parameters.text(given, "Title", parameters.MAX_TITLE) or "",
            "description": parameters.text(given, "Description", parameters.MAX_DESCRIPTION) or "",
            "tags": parameters.tags(given) or "",
            "extend": user_data.extend,
            "callback_url": user_data.callback_url,
        }

    def _answer(self, medium: OtherMedia, id_name: str, url_name: str) -> Mapping[str, Any]:
        return {
            id_name: medium.media_id,
            url_name: self._account.object_url(medium, DEFAULT_URL),
            "FileURL": self._account.other_media.file_url(medium),
            **self._account.upload_credential(medium),
        }


def _attached_extension(given: Mapping[str, str], purpose: str) -> str:
    allowed = extensions.ATTACHED[purpose]
    extension = parameters.choice(given, "MediaExt", allowed)
    if extension is not None:
        return extension
    _, dot, extension = (parameters.optional(given, "FileName") or "").rpartition(".")
    if not dot:
        raise missing("MediaExt")
    if extension.lower() not in allowed:
        raise invalid("FileName", f"an extension of {', '.join(allowed)}, or MediaExt")
    return extension.lower()

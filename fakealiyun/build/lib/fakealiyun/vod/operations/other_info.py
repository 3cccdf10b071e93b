"""GetImageInfo and GetAttachedMediaInfo: information about images and attached media."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.errors import missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters, wire
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations.info import MAX_IDS, url_seconds


class OtherInfoOperations:
    """The operations that read images and attached media."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "GetImageInfo": Operation(
                self.get_image_info,
            ),
            "GetAttachedMediaInfo": Operation(
                self.get_attached_media_info,
            ),
        }

    def get_image_info(self, call: Call) -> Mapping[str, Any]:
        """One image, by ImageId."""
        account = self._account
        image_id = parameters.required(call.parameters, "ImageId")
        seconds = url_seconds(call.parameters)
        image = account.other_media.get("image", image_id)
        if image is None:
            raise errors.image_not_found()
        account.check_app(call, image, errors.image_not_found)
        url, bare = account.object_url(image, seconds), account.other_media.file_url(image)
        return {"ImageInfo": wire.image_info(image, account.settings, account.location, url, bare)}

    def get_attached_media_info(self, call: Call) -> Mapping[str, Any]:
        """Attached media, by MediaIds (at most 20)."""
        account = self._account
        ids = parameters.id_list(call.parameters, "MediaIds", MAX_IDS)
        if ids is None:
            raise missing("MediaIds")
        seconds = url_seconds(call.parameters)
        found = {i: account.other_media.get("attached", i) for i in ids}
        media = {i: m if m is not None and account.may(call, m) else None for i, m in found.items()}
        return {
            "AttachedMediaList": [
                wire.attached_media_info(
                    medium,
                    account.settings,
                    account.location,
                    account.object_url(medium, seconds),
                )
                for medium in media.values()
                if medium is not None
            ],
            "NonExistMediaIds": [i for i, medium in media.items() if medium is None],
        }

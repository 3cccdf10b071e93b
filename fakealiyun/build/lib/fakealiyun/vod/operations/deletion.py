"""DeleteVideo, DeleteImage and DeleteAttachedMedia."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations.info import MAX_IDS, find_each

_SNAPSHOTS = ("CoverSnapshot", "NormalSnapshot", "SpriteSnapshot", "SpriteOriginSnapshot", "All")


class DeletionOperations:
    """The operations that delete assets."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "DeleteVideo": Operation(
                self.delete_video,
            ),
            "DeleteImage": Operation(
                self.delete_image,
            ),
            "DeleteAttachedMedia": Operation(
                self.delete_attached_media,
            ),
        }

    def delete_video(self, call: Call) -> Mapping[str, Any]:
        """Delete assets with their objects and unfinished uploads."""
        found, others, missing_ids, missing_references = find_each(self._account, call, write=True)
        if not found and not others:
            raise errors.video_not_found()
        self._account.library.delete(media.video_id for media in found)
        return {
            "ForbiddenVideoIds": others,
            "NonExistVideoIds": missing_ids,
            "NonExistReferenceIds": missing_references,
        }

    def delete_image(self, call: Call) -> Mapping[str, Any]:
        """Delete images with their objects, by ids or by URLs (at most 20)."""
        given, library = call.parameters, self._account.other_media
        kind = parameters.choice(given, "DeleteImageType", ("ImageId", "ImageURL", "VideoId"))
        if kind is None:
            raise missing("DeleteImageType")
        if kind == "VideoId":
            parameters.required(given, "VideoId")
            self._account.find(call, write=True)
            chosen = parameters.choices(given, "ImageType", _SNAPSHOTS)
            if chosen is None:
                raise missing("ImageType")
            if "All" in chosen and len(chosen) > 1:
                raise invalid("ImageType", "All alone, or a comma list of other types")
            return {}
        name = "ImageIds" if kind == "ImageId" else "ImageURLs"
        wanted = parameters.id_list(given, name, MAX_IDS)
        if wanted is None:
            raise missing(name)
        if kind == "ImageId":
            images = [library.get("image", one) for one in wanted]
        else:
            keys = {unquote(urlsplit(one).path).lstrip("/") for one in wanted}
            keys |= {key.removeprefix(f"{self._account.bucket}/") for key in keys}
            images = [m for m in library.all() if m.kind == "image" and m.key in keys]
        found = [image for image in images if image is not None]
        if not found:
            raise errors.image_not_found()
        for image in found:
            self._account.check_app(call, image, errors.image_not_found, write=True)
        library.delete(found)
        return {}

    def delete_attached_media(self, call: Call) -> Mapping[str, Any]:
        """Delete attached media with their objects, by MediaIds (at most 20)."""
        ids = parameters.id_list(call.parameters, "MediaIds", MAX_IDS)
        if ids is None:
            raise missing("MediaIds")
        library = self._account.other_media
        media = {one: library.get("attached", one) for one in ids}
        found = {
            one: medium
            for one, medium in media.items()
            if medium is not None and self._account.may(call, medium, write=True)
        }
        library.delete(found.values())
        return {"NonExistMediaIds": [one for one in ids if one not in found]}

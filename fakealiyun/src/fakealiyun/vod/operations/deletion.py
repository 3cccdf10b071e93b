"""DeleteVideo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations.info import find_each


class DeletionOperations:
    """The operations that delete assets."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "DeleteVideo": Operation(
                self.delete_video,
                source="API reference of 2021, Python SDK 3.12.1",
                doubts=("The answer is InvalidVideo.NotFound only if none of the ids exists.",),
            ),
        }

    def delete_video(self, call: Call) -> Mapping[str, Any]:
        """Delete assets with their objects and unfinished uploads."""
        found, missing_ids, missing_references = find_each(self._account, call.parameters)
        if not found:
            raise errors.video_not_found()
        self._account.library.delete(media.video_id for media in found)
        return {
            "ForbiddenVideoIds": [],
            "NonExistVideoIds": missing_ids,
            "NonExistReferenceIds": missing_references,
        }

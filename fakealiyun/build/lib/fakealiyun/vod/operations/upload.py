"""CreateUploadVideo and RefreshUploadVideo: upload credentials for one object."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Literal

from fakealiyun.openapi.errors import missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.extensions import extension_of
from fakealiyun.vod.media import Media
from fakealiyun.vod.operations import placement
from fakealiyun.vod.state import ReferenceIdTaken
from fakealiyun.vod.user_data import read_user_data

LARGEST_FILE = 48_800_000_000_000  # bytes, the limit of a multipart upload to OSS


class UploadOperations:
    """The operations that issue upload credentials for videos."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "CreateUploadVideo": Operation(
                self.create_upload_video,
                web=True,
            ),
            "RefreshUploadVideo": Operation(
                self.refresh_upload_video,
                web=True,
            ),
        }

    def create_upload_video(self, call: Call) -> Mapping[str, Any]:
        """Create the asset and return a credential for its object."""
        build = self._read(call)
        try:
            media = self._account.library.create(build)
        except ReferenceIdTaken:
            raise self._account.settings.duplicate_reference_id() from None
        return {"VideoId": media.video_id, **self._account.upload_credential(media)}

    def refresh_upload_video(self, call: Call) -> Mapping[str, Any]:
        """Return a new credential for the same object, in every status but UploadFail."""
        media = self._account.find(call, errors.video_not_found_for_refresh, write=True)
        if media.status == "UploadFail":
            raise errors.video_damaged()
        return {"VideoId": media.video_id, **self._account.upload_credential(media)}

    def _read(self, call: Call) -> _Draft:
        given = call.parameters
        title = parameters.text(given, "Title", parameters.MAX_TITLE)
        if title is None:
            raise missing("Title")
        file_name = parameters.required(given, "FileName")
        extension = extension_of(file_name)
        if extension is None:
            raise errors.illegal_extension()
        parameters.integer(given, "FileSize", 1, LARGEST_FILE)
        parameters.boolean(given, "EnableFirstFrameCover")
        parameters.boolean(given, "GenerateThumbnail")
        placement.check_storage(self._account, given)
        workflow_id, group_id = self._processing(given)
        user_data = parameters.optional(given, "UserData")
        read = read_user_data(user_data, acceleration=self._account.settings.acceleration)
        chosen = parameters.optional(given, "TemplateGroupId") is not None
        return _Draft(
            self._account.bucket,
            "workflow" if workflow_id is not None else "template" if chosen else "plain",
            {
                "title": title,
                "file_name": file_name,
                "extension": extension,
                "description": parameters.text(given, "Description", parameters.MAX_DESCRIPTION)
                or "",
                "tags": parameters.tags(given) or "",
                "cover_url": parameters.url(given, "CoverURL") or "",
                "cate_id": placement.category(self._account, given),
                "workflow_id": workflow_id,
                "template_group_id": group_id,
                "app_id": placement.app(self._account, call),
                "user_data": user_data,
                "extend": read.extend,
                "callback_url": read.callback_url,
                "reference_id": parameters.reference_id(given),
            },
        )

    def _processing(self, given: Mapping[str, str]) -> tuple[str | None, str]:
        """The workflow, and the template group of the workflow, the request or the account."""
        settings = self._account.settings
        workflow_id = parameters.optional(given, "WorkflowId")
        group_id = parameters.optional(given, "TemplateGroupId")
        if group_id is not None and group_id not in settings.template_groups:
            raise errors.template_group_not_found()
        if workflow_id is None:
            return None, group_id or settings.default_template_group
        if workflow_id not in settings.workflows:
            raise errors.not_found("WorkflowId")
        return workflow_id, settings.workflows[workflow_id]


class _Draft:
    """A checked request. The library calls it with an id, an object name and a time."""

    def __init__(
        self, bucket: str, form: Literal["plain", "template", "workflow"], fields: Mapping[str, Any]
    ) -> None:
        self._bucket = bucket
        self._form = form
        self._fields = fields

    def __call__(self, video_id: str, stem: str, now: float, sequence: int) -> Media:
        return Media(
            video_id=video_id,
            bucket=self._bucket,
            key=f"{self._folder(stem)}/{stem}.{self._fields['extension']}",
            created=now,
            modified=now,
            sequence=sequence,
            **self._fields,
        )

    def _folder(self, stem: str) -> str:
        """The folder of the object. No other asset has it."""
        if self._form == "workflow":
            return f"original/workflow/{stem}"
        return (
            f"customerTrans/{secrets.token_hex(16)}" if self._form == "template" else f"sv/{stem}"
        )

"""SubmitTranscodeJobs: a transcode that is asked for after the upload."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.errors import invalid
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.media import Job
from fakealiyun.vod.user_data import read_user_data

_REFUSED = ("EncryptConfig", "OverrideParams", "PipelineId", "SessionId")
_UPLOADED = ("UploadSucc", "TranscodeFail", "Normal")


class ProcessingOperations:
    """The operations that process the file of an asset."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "SubmitTranscodeJobs": Operation(
                self.submit_transcode_jobs,
            ),
        }

    def submit_transcode_jobs(self, call: Call) -> Mapping[str, Any]:
        """Transcode an uploaded file with a template group. UserData is for these jobs alone."""
        given = call.parameters
        for name in _REFUSED:
            if parameters.optional(given, name) is not None:
                raise invalid(name, "no value: this fake does not support it")
        parameters.integer(given, "Priority", 1, 10)
        media = self._account.find(call, write=True)
        group = self._account.settings.template_groups.get(
            parameters.required(given, "TemplateGroupId")
        )
        if group is None:
            raise errors.template_group_not_found()
        if not group.definitions:
            raise invalid("TemplateGroupId", "a group that transcodes")
        user_data = read_user_data(parameters.optional(given, "UserData"))
        if user_data.accelerate:
            raise invalid("UserData", "no AccelerateConfig: it is for uploads")
        if media.status not in _UPLOADED:
            raise errors.illegal_status()
        jobs = self._account.library.transcode(
            media.video_id, group.definitions, Job(user_data.extend, user_data.callback_url)
        )
        return {
            "TranscodeTaskId": secrets.token_hex(16),
            "TranscodeJobs": {"TranscodeJob": [{"JobId": one} for one in jobs]},
        }

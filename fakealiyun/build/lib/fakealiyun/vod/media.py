"""One audio or video asset in VOD."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from fakealiyun.vod.extensions import media_type
from fakealiyun.vod.mp4 import Picture

Status = Literal[
    "Uploading",
    "UploadFail",
    "UploadSucc",
    "Transcoding",
    "TranscodeFail",
    "Checking",
    "Blocked",
    "Normal",
    "ProduceFail",
]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Source:
    """The uploaded file: `size` in bytes, `md5` in lower-case hexadecimal."""

    size: int
    md5: str
    picture: Picture
    family: str | None = None
    """The kind of container, or None if it is not video or audio."""


@dataclass(frozen=True)
class Stream:
    """One playable stream. `definition` is OD for the uploaded file itself.

    `started` and `created` say when its job started and finished.
    """

    definition: str
    format: str
    job_id: str
    started: float
    created: float


@dataclass(frozen=True)
class Job:
    """What a processing job says about its own events, instead of the upload."""

    extend: str | None = field(default=None, repr=False)
    callback_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Media:
    """An asset. Immutable: the library replaces it with a changed copy. Times are cloud time."""

    video_id: str
    title: str
    file_name: str
    extension: str
    bucket: str
    key: str
    template_group_id: str
    app_id: str
    created: float
    modified: float
    sequence: int
    """The order of creation, for assets of the same second."""
    description: str = ""
    tags: str = ""
    cover_url: str = ""
    cate_id: int | None = None
    workflow_id: str | None = None
    user_data: str | None = field(default=None, repr=False)
    extend: str | None = field(default=None, repr=False)
    """`UserData.Extend`, as callbacks contain it."""
    callback_url: str | None = field(default=None, repr=False)
    """The receiver in `UserData.MessageCallback`."""
    reference_id: str | None = None
    status: Status = "Uploading"
    source: Source | None = None
    streams: tuple[Stream, ...] = ()
    generation: int = 0
    """The number of files that were uploaded for it. A transcode of an older file has no effect."""

    def told_by(self, job: Job) -> Media:
        """The asset as the events of a job tell of it: the job's UserData replaces the upload's."""
        return replace(
            self,
            extend=self.extend if job.extend is None else job.extend,
            callback_url=job.callback_url or self.callback_url,
        )

    @property
    def media_id(self) -> str:
        """The id, under the name that OtherMedia also has."""
        return self.video_id

    @property
    def object_prefix(self) -> str | None:
        """Where the segments of an m3u8 are uploaded to, ending in `/`; None for other files."""
        return self.key.rpartition("/")[0] + "/" if self.extension == "m3u8" else None

    @property
    def media_type(self) -> str:
        """`video` or `audio`."""
        return media_type(self.extension)

    @property
    def duration(self) -> float:
        """The duration in seconds; 0 if unknown."""
        return self.source.picture.duration if self.source else 0.0

    @property
    def bit_rate(self) -> float:
        """The average bit rate in kbit/s; 0 if the duration is unknown."""
        return self.size * 8 / self.duration / 1000 if self.duration else 0.0

    @property
    def size(self) -> int:
        """The size in bytes; 0 before the upload of the file."""
        return self.source.size if self.source else 0

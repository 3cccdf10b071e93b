"""One audio or video asset, as VOD keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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
STATUSES: tuple[Status, ...] = (
    "Uploading",
    "UploadFail",
    "UploadSucc",
    "Transcoding",
    "TranscodeFail",
    "Checking",
    "Blocked",
    "Normal",
    "ProduceFail",
)


@dataclass(frozen=True)
class Source:
    """The mezzanine file that arrived: `size` in bytes, `md5` in lower-case hexadecimal."""

    size: int
    md5: str
    picture: Picture


@dataclass(frozen=True)
class Stream:
    """One thing that plays. `definition` is OD for the source as it was uploaded."""

    definition: str
    format: str
    job_id: str
    created: float


@dataclass(frozen=True)
class Media:
    """An asset. Immutable: the library replaces it when it changes. Times are cloud time."""

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
    """Order of creation, for two in the same second."""
    description: str = ""
    tags: str = ""
    cover_url: str = ""
    cate_id: int | None = None
    workflow_id: str | None = None
    user_data: str | None = field(default=None, repr=False)
    extend: str | None = field(default=None, repr=False)
    """`UserData.Extend` as events carry it."""
    callback_url: str | None = field(default=None, repr=False)
    """Where `UserData.MessageCallback` wants the events sent."""
    reference_id: str | None = None
    status: Status = "Uploading"
    source: Source | None = None
    streams: tuple[Stream, ...] = ()
    generation: int = 0
    """How many files have arrived for it; a transcode of an older one does not count."""

    @property
    def media_id(self) -> str:
        """The id as what is about any medium calls it."""
        return self.video_id

    @property
    def media_type(self) -> str:
        """`video` or `audio`."""
        return media_type(self.extension)

    @property
    def duration(self) -> float:
        """Seconds; 0 while unknown."""
        return self.source.picture.duration if self.source else 0.0

    @property
    def bit_rate(self) -> float:
        """Kbit/s over the whole file; 0 while the duration is unknown."""
        return self.size * 8 / self.duration / 1000 if self.duration else 0.0

    @property
    def size(self) -> int:
        """Bytes; 0 until the file has arrived."""
        return self.source.size if self.source else 0

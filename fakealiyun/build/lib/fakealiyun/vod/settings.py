"""The settings of the fake account: what exists in it, and switches for unknown behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fakealiyun.openapi.types import ApiError
from fakealiyun.vod import errors
from fakealiyun.vod.callbacks.timing import check_offsets

NO_TRANSCODE = "VOD_NO_TRANSCODE"
"""The built-in template group that does not transcode."""
TRANSCODE = "b4a1f8c2d90e47c6a3d7518e62fb0c94"
"""A template group of the fake account that transcodes."""
WORKFLOW = "6f0d3b7e15c84a2c9be2417a80d95f33"
"""A workflow of the fake account, which runs the template group TRANSCODE."""
DEFAULT_APP = "app-1000000"
LONGEST_LIFETIME = 43_200
"""Seconds. No token of STS is valid longer."""


@dataclass(frozen=True)
class TemplateGroup:
    """A transcode template group. Without `definitions` it does not transcode."""

    name: str
    definitions: tuple[str, ...] = ()


def _groups() -> dict[str, TemplateGroup]:
    return {
        NO_TRANSCODE: TemplateGroup("No transcoding"),
        TRANSCODE: TemplateGroup("LD and SD", ("LD", "SD")),
    }


@dataclass(frozen=True)
class VodSettings:
    """The account's VOD configuration. Times are seconds of cloud time."""

    template_groups: Mapping[str, TemplateGroup] = field(default_factory=_groups)
    default_template_group: str = NO_TRANSCODE
    workflows: Mapping[str, str] = field(default_factory=lambda: {WORKFLOW: TRANSCODE})
    """The template group that each workflow id runs. A workflow has priority over a template
    group."""
    categories: Mapping[int, str] = field(default_factory=lambda: {1000000001: "Samples"})
    apps: frozenset[str] = frozenset({DEFAULT_APP})
    """The applications at the start. CreateAppInfo adds others."""
    multiple_apps: bool = True
    """Whether the account has opened multiple applications, which takes a ticket.

    If not, the operations on applications, and calls that name another application than the
    default one, answer OperationDenied.NotOpenAppService.
    """
    other_apps_look_absent: bool = False
    """Whether a call that reads or refreshes one medium of an application on which the caller has
    no policy answers as for an absent medium. If not, it answers Forbidden.OperateApp.

    The documentation only says that such media cannot be read.
    """
    service_open: bool = True
    """Whether the account has activated VOD. If not, every operation answers UserNotFound."""
    suspended: bool = False
    """Whether VOD is suspended. If so, every operation answers OperationDenied.Suspended."""
    storage_enabled: bool = True
    """Whether the region has a storage. If not, no upload can be created, with or without a
    StorageLocation."""
    transcode_seconds: float = 5.0
    """The duration of a transcode."""
    settle_seconds: float = 0.0
    """How long a playable upload stays UploadSucc before it is Normal, without transcoding.

    The real time is short and not documented.
    """
    upload_endpoint: Literal["ip", "localhost"] = "ip"
    """`UploadAddress.Endpoint`: `http://127.0.0.1:PORT`, or `http://oss-REGION.localhost:PORT`,
    which only browsers can resolve."""
    upload_lifetime: int = 3600
    """How long an upload credential is valid.

    The documentation says 3000. About twenty real samples of 2017 to 2021 say 3600, and none says
    3000. In one of them ExpireUTCTime is exactly 3600 seconds after the issue.
    """
    expiration_text: str | None = None
    """`Expiration` in UploadAuth, if it differs from `upload_lifetime`."""
    duplicate_reference_id: Callable[[], ApiError] = errors.reference_id_taken
    """The error for a ReferenceId that another video has. Not documented."""
    reference_ids_outlive_videos: bool = True
    """Whether the ReferenceId of a deleted video cannot be used again. Not documented."""
    acceleration: bool = False
    """Whether AccelerateConfig is accepted in UserData, which takes a support ticket.

    The UploadAddress does not change: no other address leads to this machine.
    """
    play_domains: frozenset[str] = frozenset()
    """The domains for playback that GetPlayInfo accepts in `PlayConfig.PlayDomain`.

    The URLs then have this host. Another domain is ignored.
    """
    callback_offsets: Mapping[str, float] = field(default_factory=dict)
    """How long after the change of status each callback is sent: see `CallbackTiming`.

    The keys are event types, and `ALL` for the others. A negative number means before the change.
    """
    queue_ignores_upload_callback: bool = True
    """Whether the callback URL of an upload is ignored if the account's callbacks go to a queue.

    Pages of 2021 and 2022 say so. Later pages describe overrides of both kinds.
    """

    configured_url_is_signed: bool = False
    """Whether the signature of a callback to the URL of an upload covers the URL of the
    application, and not the one that is called. Not documented.
    """

    def __post_init__(self) -> None:
        known = self.template_groups.keys()
        if self.default_template_group not in known or not known >= set(self.workflows.values()):
            raise ValueError("a template group in the settings does not exist")
        if not 1 <= self.upload_lifetime <= LONGEST_LIFETIME:
            raise ValueError(f"upload_lifetime must be from 1 to {LONGEST_LIFETIME} seconds")
        check_offsets(self.callback_offsets)

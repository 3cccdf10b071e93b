"""Which events VOD is asked to send, by the names that its EventTypeList has for them."""

from collections.abc import Sequence

AI_JOBS = "AIComplete"
"""All events of AI jobs have this one name in EventTypeList, AIMediaAuditComplete among them (VOD's
reference of SetMessageCallback). AI reviews are documented for Shanghai, Beijing and Singapore;
nothing says that VOD refuses the name elsewhere."""

OF_AI_JOBS = ("AIMediaAuditComplete", "AIMediaDNAComplete", "AIVideoTagComplete")
"""What the function knows of them."""

EVENTS = (
    "FileUploadComplete",
    "ImageUploadComplete",
    "AttachedMediaUploadComplete",
    "UploadByURLComplete",
    "StreamTranscodeComplete",
    "TranscodeComplete",
    "CreateAuditComplete",
    AI_JOBS,
    "ProduceMediaComplete",
    "WorkflowTaskComplete",
    "DeleteMediaComplete",
)
"""The default: what VOD has to send, for an app to miss nothing that vodpass can tell."""

PASSED_ON = (
    "MediaBaseChangeComplete",
    "SnapshotComplete",
    "VideoAnalysisComplete",
    "DynamicImageComplete",
    "AddLiveRecordVideoComplete",
    "LiveRecordVideoComposeStart",
    "UpdateMediaStorageClassComplete",
    "RestoreMediaComplete",
    "SubmitMediaRefreshComplete",
)
"""What the function takes as well, for a `vod.event` or a deletion that is told anyway."""


def not_selected(listed: str, events: Sequence[str] = EVENTS) -> list[str]:
    """Which of the events an EventTypeList leaves out: `ALL`, a comma list, or empty for none."""
    chosen = {name.strip() for name in listed.split(",")}
    return [] if "ALL" in chosen else [name for name in events if name not in chosen]


def loss(missing: Sequence[str]) -> str:
    """What it means that VOD does not send these, in a sentence or two."""
    told = "What is not in EventTypeList is never sent, so the app never hears of it."
    if AI_JOBS in missing:
        told += (
            f" {AI_JOBS} selects AIMediaAuditComplete and all else of AI jobs: a video that an AI"
            " review blocks after video.ready would be news to nobody."
        )
    return told

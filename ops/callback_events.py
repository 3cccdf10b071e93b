"""Which events VOD should send, by their names in VOD's EventTypeList."""

from collections.abc import Sequence

AI_JOBS = "AIComplete"
"""In EventTypeList this one name selects all events of AI jobs, AIMediaAuditComplete among them
(VOD's reference of SetMessageCallback). VOD documents AI reviews for Shanghai, Beijing and
Singapore. Nothing says that it refuses the name in other regions."""

OF_AI_JOBS = ("AIMediaAuditComplete", "AIMediaDNAComplete", "AIVideoTagComplete")
"""The events of AI jobs that `events` knows."""

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
"""The default: with these the app misses no event that vodpass can send."""

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
"""`events` accepts these too, for a `vod.event` or for a deletion that it reports anyway."""


def not_selected(listed: str, events: Sequence[str] = EVENTS) -> list[str]:
    """The events that an EventTypeList (`ALL`, names with commas, or empty) does not select."""
    chosen = {name.strip() for name in listed.split(",")}
    return [] if "ALL" in chosen else [name for name in events if name not in chosen]


def loss(missing: Sequence[str]) -> str:
    """What the app misses if VOD does not send these events."""
    text = "VOD never sends an event that is not in EventTypeList, so the app never gets it."
    if AI_JOBS in missing:
        text += (
            f" {AI_JOBS} selects AIMediaAuditComplete and all other events of AI jobs. Without it"
            " the app does not learn that an AI review has blocked a video after video.ready."
        )
    return text

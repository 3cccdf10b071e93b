"""The configuration that SetMessageCallback sets: which events go to which receiver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

EVENT_TYPES = (
    "FileUploadComplete",
    "ImageUploadComplete",
    "AttachedMediaUploadComplete",
    "UploadByURLComplete",
    "MediaBaseChangeComplete",
    "StreamTranscodeComplete",
    "TranscodeComplete",
    "SnapshotComplete",
    "VideoAnalysisComplete",
    "DynamicImageComplete",
    "AddLiveRecordVideoComplete",
    "LiveRecordVideoComposeStart",
    "CreateAuditComplete",
    "AIComplete",
    "ProduceMediaComplete",
    "UpdateMediaStorageClassComplete",
    "DeleteMediaComplete",
    "WorkflowTaskComplete",
    "RestoreMediaComplete",
    "SubmitMediaRefreshComplete",
)
"""The values of EventTypeList.

The vendor's page of events lists 22 types: these without AIComplete, and AI_EVENTS, which
AIComplete selects."""

AI_EVENTS = ("AIMediaAuditComplete", "AIMediaDNAComplete", "AIVideoTagComplete")
"""The events of AI jobs. EventTypeList has one name for all of them, AIComplete."""

ALL = "ALL"
LONGEST_URL = 256  # bytes
LONGEST_KEY = 32  # characters
_KEY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{1,32}", re.ASCII)
_URL = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)


def is_callback_url(url: str) -> bool:
    """Whether it is one http or https URL of at most 256 bytes.

    User information and fragments are refused. What the real service does with them is not
    documented.
    """
    if len(url) > LONGEST_URL or not _URL.fullmatch(url) or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def is_auth_key(key: str) -> bool:
    """Whether it has at most 32 letters and digits, with upper case, lower case and digits."""
    return _KEY.fullmatch(key) is not None


@dataclass(frozen=True)
class MessageCallback:
    """The callbacks of one application.

    `event_types` is `ALL`, a comma-separated list, or empty, which turns all callbacks off.
    """

    app_id: str
    kind: Literal["HTTP", "MNS"]
    event_types: str = ""
    url: str = field(default="", repr=False)
    auth_switch: Literal["on", "off"] = "off"
    auth_key: str = field(default="", repr=False)
    mns_endpoint: str = ""
    mns_queue_name: str = ""

    def selects(self, event_type: str) -> bool:
        """Whether events of this type are sent."""
        chosen = self.event_types.split(",")
        name = "AIComplete" if event_type in AI_EVENTS else event_type
        return ALL in chosen or name in chosen

    @property
    def signing_key(self) -> str | None:
        """The key that signs HTTP callbacks; None if they are not signed."""
        return self.auth_key if self.kind == "HTTP" and self.auth_switch == "on" else None

    def answer(self) -> Mapping[str, str]:
        """`MessageCallback` of GetMessageCallback. It contains the key in plain text, as in VOD."""
        fields = {
            "AppId": self.app_id,
            "CallbackType": self.kind,
            "EventTypeList": self.event_types,
        }
        if self.kind == "HTTP":
            fields |= {
                "CallbackURL": self.url,
                "AuthSwitch": self.auth_switch,
                "AuthKey": self.auth_key,
            }
        else:
            fields |= {"MnsEndpoint": self.mns_endpoint, "MnsQueueName": self.mns_queue_name}
        return {name: value for name, value in fields.items() if value}

"""What SetMessageCallback sets: which events of an application go where."""

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
)
"""What EventTypeList may name. Every event of an AI job is selected by AIComplete."""

ALL = "ALL"
LONGEST_URL = 256  # bytes
LONGEST_KEY = 32  # characters
_KEY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{1,32}", re.ASCII)
_URL = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)


def is_callback_url(url: str) -> bool:
    """One http or https address of at most 256 bytes.

    User information and fragments are refused; what the live service makes of them is not
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
    """At most 32 characters, upper and lower case letters and digits among them; others are
    refused."""
    return _KEY.fullmatch(key) is not None


@dataclass(frozen=True)
class MessageCallback:
    """One application's callbacks. `event_types` as it was given: `ALL`, a comma list, or empty,
    which turns every notification off."""

    app_id: str
    kind: Literal["HTTP", "MNS"]
    event_types: str = ""
    url: str = field(default="", repr=False)
    auth_switch: Literal["on", "off"] = "off"
    auth_key: str = field(default="", repr=False)
    mns_endpoint: str = ""
    mns_queue_name: str = ""

    def selects(self, event_type: str) -> bool:
        """Whether events of this type are sent at all."""
        chosen = self.event_types.split(",")
        return ALL in chosen or event_type in chosen

    @property
    def signing_key(self) -> str | None:
        """The key that HTTP callbacks are signed with; None where they are not."""
        return self.auth_key if self.kind == "HTTP" and self.auth_switch == "on" else None

    def answer(self) -> Mapping[str, str]:
        """`MessageCallback` of GetMessageCallback, the key in clear as VOD shows it."""
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

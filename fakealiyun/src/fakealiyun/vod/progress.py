"""What the official web uploader asks VOD without any key: its progress reports.

The uploader authenticates these calls by a digest with a key built into it, which proves nothing
and is not verified. Nothing that is reported is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def get_upload_progress(_parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """GetUploadProgress: no upload is known on the server side, so the client's own checkpoint
    decides."""
    return {"UploadProgress": {"UploadProgressList": []}}


def report_upload_progress(_parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """ReportUploadProgress: accepted. The schema of the real answer is not documented."""
    return {}


ANONYMOUS = {
    "GetUploadProgress": get_upload_progress,
    "ReportUploadProgress": report_upload_progress,
}

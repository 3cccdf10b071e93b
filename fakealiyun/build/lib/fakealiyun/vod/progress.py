"""The progress reports that the official web uploader sends to VOD without an AccessKey.

The uploader signs these calls with a key that is built into it. This proves nothing and is not
verified. The reports are not stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def get_upload_progress(_parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """GetUploadProgress: returns no progress, so the client uses its own checkpoint."""
    return {"UploadProgress": {"UploadProgressList": []}}


def report_upload_progress(_parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """ReportUploadProgress: always accepted. The schema of the real answer is not documented."""
    return {}


ANONYMOUS = {
    "GetUploadProgress": get_upload_progress,
    "ReportUploadProgress": report_upload_progress,
}

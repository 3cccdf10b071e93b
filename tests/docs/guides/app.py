"""The app of the guide: it asks for uploads and sends their files."""

from __future__ import annotations

import json
from typing import Any

from tests.support.road import FILM, Road, Upload

KEY = "holiday-2026"
"""The Idempotency-Key that it sends."""


def begin(road: Road, **fields: Any) -> dict[str, Any]:
    """The answer of /upload for alice. The default is a video."""
    given = {"Content-Type": "application/json"}
    _, body = road.call("POST", "/_local/token", json.dumps({"sub": "alice"}).encode(), given)
    given["Authorization"] = f"Bearer {json.loads(body)['token']}"
    asked = {"FileName": "film.mp4", **fields}
    if "MediaType" not in fields:
        asked.setdefault("FileSize", len(FILM))
        given["Idempotency-Key"] = KEY
    status, body = road.call("POST", "/upload", json.dumps(asked).encode(), given)
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def begin_image(road: Road) -> dict[str, Any]:
    """The answer for a cover image."""
    image = {"MediaType": "image", "ImageType": "cover", "ImageExt": "png"}
    return begin(road, **image, FileName="cover.png")


def begin_subtitle(road: Road) -> dict[str, Any]:
    """The answer for subtitles."""
    subtitle = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}
    return begin(road, **subtitle, FileName="film.srt")


def put(answer: dict[str, Any], content: bytes = FILM) -> None:
    """Send the file with the credential of an answer."""
    upload = Upload.of({"VideoId": "", **answer})
    upload.bucket().put_object(upload.address["FileName"], content)

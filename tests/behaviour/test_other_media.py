"""Images and attached media through POST /upload: what may be asked for.

What is issued for them is not tested here: the fake cloud refuses their two operations as unknown.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.behaviour.house import House
from tests.behaviour.test_events import EVENTS

IMAGE = {"MediaType": "image", "ImageType": "default"}
ATTACHED = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"MediaType": "image"}, ["/ImageType"]),
        ({**IMAGE, "ImageType": "avatar"}, ["/ImageType"]),
        ({**IMAGE, "ImageExt": "bmp"}, ["/ImageExt"]),
        ({**IMAGE, "ImageExt": "PNG"}, ["/ImageExt"]),
        ({**IMAGE, "MediaExt": "png"}, ["/MediaExt"]),
        ({**IMAGE, "CoverURL": "https://example.com/c.png"}, ["/CoverURL"]),
        ({**IMAGE, "OriginalFileName": "a.png"}, ["/OriginalFileName"]),
        ({**IMAGE, "CateId": 1}, ["/CateId"]),
        ({**IMAGE, "Title": "t" * 129}, ["/Title"]),
        ({**IMAGE, "Tags": ["t"] * 17}, ["/Tags"]),
        ({**IMAGE, "FileSize": "5"}, ["/FileSize"]),
        ({"MediaType": "attached"}, ["/BusinessType"]),
        ({**ATTACHED, "BusinessType": "logo"}, ["/BusinessType"]),
        ({**ATTACHED, "MediaExt": "exe"}, ["/MediaExt"]),
        ({**ATTACHED, "MediaExt": "png"}, ["/MediaExt"]),
        ({**ATTACHED, "BusinessType": "watermark"}, ["/MediaExt"]),
        ({"MediaType": "attached", "BusinessType": "material"}, ["/MediaExt"]),
        ({**ATTACHED, "ImageType": "default"}, ["/ImageType"]),
        ({**ATTACHED, "CateIds": "1,2"}, ["/CateIds"]),
        ({**ATTACHED, "Description": "d" * 1025}, ["/Description"]),
        ({"MediaType": "video", "FileName": "a.mp4", "ImageType": "cover"}, ["/ImageType"]),
    ],
)
def test_a_wrong_field_is_named_and_vod_not_asked(
    house: House, alice: str, body: dict[str, Any], pointers: list[str]
) -> None:
    assert house.post("/upload", alice, body).pointers() == pointers
    assert house.calls() == {}


@pytest.mark.parametrize("body", [IMAGE, ATTACHED])
def test_an_idempotency_key_is_for_videos(house: House, alice: str, body: dict[str, Any]) -> None:
    """Accepted and not kept, it would promise what VOD cannot do for other media."""
    refused = house.post("/upload", alice, body, {"Idempotency-Key": "key-1"})
    assert refused.refusal == (400, "InvalidRequest")
    assert house.calls() == {}


@pytest.mark.parametrize("body", [IMAGE, ATTACHED])
def test_a_limit_of_the_token_holds_for_them_too(house: House, body: dict[str, Any]) -> None:
    token = house.issuer.token(vod={"upload": {"max_bytes": 1000}})
    assert house.post("/upload", token, body).pointers() == ["/FileSize"]
    large = house.post("/upload", token, {**body, "FileSize": 1001})
    assert large.refusal == (403, "Forbidden")
    assert house.calls() == {}


@pytest.mark.parametrize("name", ["upload_image", "upload_attached"])
def test_their_events_are_refused_without_a_token_like_any_other(house: House, name: str) -> None:
    event = (EVENTS / f"{name}.json").read_bytes()
    answer = house.invoke("upload", event)  # the placeholder stands where a token belongs
    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["Code"] == "InvalidToken"

"""An upload of three hours whose client never requests a new credential."""

from __future__ import annotations

import json

import oss2
import pytest
from oss2.models import PartInfo

from tests.support.app_receiver import AppReceiver
from tests.support.road import FILM, TICK, Road, Upload

PART = 100 * 1024
HOURS = 3


def renewals(road: Road) -> AppReceiver:
    assert road.renewals is not None
    return road.renewals


def newest(road: Road, upload: Upload) -> Upload:
    """The newest credential that the app has received, or the first."""
    delivered = renewals(road).of(upload.video_id, "upload.refreshed")
    return Upload.of(delivered[-1].data) if delivered else upload


def test_the_watch_keeps_an_upload_alive_until_it_finishes_under_one_upload_id(
    renewing_road: Road,
) -> None:
    road = renewing_road
    pieces = [FILM + bytes(PART - len(FILM)), *[bytes(PART)] * (HOURS * 3600 // TICK - 1)]
    upload = road.upload("alice", FileSize=sum(map(len, pieces)))
    name = upload.address["FileName"]
    upload_id = upload.bucket().init_multipart_upload(name).upload_id
    parts = []
    for number, piece in enumerate(pieces, 1):
        current = newest(road, upload)
        assert current.address["FileName"] == name
        result = current.bucket().upload_part(name, upload_id, number, piece)
        parts.append(PartInfo(number, result.etag))
        road.ticks()
    with pytest.raises(oss2.exceptions.ServerError):
        upload.bucket().complete_multipart_upload(name, upload_id, parts)
    newest(road, upload).bucket().complete_multipart_upload(name, upload_id, parts)
    road.finished(upload)
    assert len(renewals(road).ids(upload.video_id)) == HOURS * 3600 // 2400
    [done] = road.receiver.of(upload.video_id, "upload.completed")
    assert done.data["Size"] == done.data["DeclaredFileSize"]
    assert not road.receiver.of(upload.video_id, "upload.expiring", "upload.abandoned")


def test_credentials_go_to_no_other_receiver(renewing_road: Road) -> None:
    road = renewing_road
    upload = road.upload()
    road.ticks(9)
    [refreshed] = renewals(road).of(upload.video_id)
    assert refreshed.type == "upload.refreshed"
    secret = Upload.of(refreshed.data).auth
    written = json.dumps([one.body for one in road.receiver.taken])
    log = "\n".join(line.text for line in road.stack.gateway.logs.lines())
    for value in (secret["AccessKeyId"], secret["AccessKeySecret"], secret["SecurityToken"]):
        assert value not in written
        assert value not in log
    assert refreshed.data["UploadAuth"] not in written + log
    outcome = road.watch()
    assert outcome.payload in (b"", b"null")

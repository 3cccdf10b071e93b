"""A writer who begins before the credential expires, and ends after it.

OSS judges a request when it receives its head, so the bytes are stored. Whoever relies on the
expiry of a credential has to know that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser, browser_headers, sdk
from fakealiyun.testing.slow_put import SlowPut

Issue = Callable[..., Credential]
LIFE = 900
CONTENT = b"a film that takes long"


def slow_put(
    cloud: FakeCloud, credential: Credential, target: str = "/a.mp4", **query: str
) -> SlowPut:
    """A PUT of CONTENT by ali-oss."""
    headers = browser_headers(credential, "PUT", "a.mp4", query=query)
    return SlowPut(cloud, target, headers, CONTENT)


@pytest.fixture
def credential(issue: Issue) -> Credential:
    return issue(f"{BUCKET}/a.mp4", lifetime=LIFE)


@pytest.fixture
def stored(cloud: FakeCloud) -> list[str]:
    """The keys of the objects that were stored, in order. VOD hears of them in the same way."""
    told: list[str] = []
    cloud.storage.on_stored(lambda one: told.append(one.key))
    return told


def test_a_put_that_began_in_time_is_stored_after_the_credential_has_expired(
    cloud: FakeCloud, credential: Credential, stored: list[str]
) -> None:
    with closing(slow_put(cloud, credential)) as writer:
        cloud.clock.advance(LIFE + 7200)
        late = browser(cloud, credential, "PUT", "a.mp4", b"too late")
        assert (late.status, late.code) == (403, "SecurityTokenExpired")
        assert stored == []
        assert writer.end()[0] == 200
    assert stored == ["a.mp4"]
    found = cloud.storage.get(BUCKET, "a.mp4")
    assert found is not None
    assert found.path.read_bytes() == CONTENT


def test_a_part_that_began_in_time_is_stored_but_its_upload_cannot_be_completed(
    cloud: FakeCloud, issue: Issue, credential: Credential, stored: list[str]
) -> None:
    upload_id = sdk(cloud, credential).init_multipart_upload("a.mp4").upload_id
    target = f"/a.mp4?partNumber=1&uploadId={upload_id}"
    part = {"partNumber": "1", "uploadId": upload_id}
    with closing(slow_put(cloud, credential, target, **part)) as writer:
        cloud.clock.advance(LIFE + 7200)
        status, etag = writer.end()
        assert status == 200
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    asked = {"uploadId": upload_id}
    refused = browser(cloud, credential, "POST", "a.mp4", body, query=asked)
    assert (refused.status, refused.code) == (403, "SecurityTokenExpired")
    assert stored == []
    newer = issue(f"{BUCKET}/a.mp4", lifetime=LIFE)
    assert browser(cloud, newer, "POST", "a.mp4", body, query=asked).status == 200
    assert stored == ["a.mp4"]


def test_the_later_end_wins_over_a_write_in_between(
    cloud: FakeCloud, credential: Credential, stored: list[str]
) -> None:
    with closing(slow_put(cloud, credential)) as writer:
        assert browser(cloud, credential, "PUT", "a.mp4", b"reviewed").status == 200
        cloud.clock.advance(LIFE + 7200)
        assert writer.end()[0] == 200
    found = cloud.storage.get(BUCKET, "a.mp4")
    assert found is not None
    assert found.path.read_bytes() == CONTENT
    assert stored == ["a.mp4", "a.mp4"]

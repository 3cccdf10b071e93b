"""The official web uploader on a customer's origin, with the functions and the cloud."""

from __future__ import annotations

import urllib.error
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Request

from fakealiyun.oss.state import StoredObject
from local.stack import Stack
from tests.browser.functions import call, token
from tests.browser.site import Site
from tests.browser.traffic import Traffic
from tests.support.clients import put
from tests.support.files import PART, SMALL, mp4

START = """({ vodpass, token }) => {
  window.told = [];
  window.finished = new Promise((resolve) => {
    window.uploader = startUploader({
      vodpass,
      token,
      told: (what, value) => {
        window.told.push([what, value]);
        if (what === "progress" && value > 0 && value < 1) {
          // Synchronous, so that no further part is begun while the test acts.
          const request = new XMLHttpRequest();
          request.open("POST", "/hook", false);
          request.send();
        }
        if (["succeeded", "failed", "refused"].includes(what)) resolve([what, value]);
      },
    });
  });
}"""


def start(page: Page, stack: Stack, site: Site, bearer: str, file: Path) -> None:
    """Open the customer's page and select a file."""
    page.goto(f"{site.url}/uploader")
    page.evaluate(START, {"vodpass": stack.url, "token": bearer})
    page.locator("#file").set_input_files(file)
    page.evaluate(
        "uploader.addFile(document.getElementById('file').files[0], null, null, null, '{}')"
    )
    # Parts of the smallest size, one after the other, so that a test knows what has arrived.
    page.evaluate("uploader.options.partSize = 102400; uploader.options.parallel = 1")
    page.evaluate("uploader.startUpload()")


def objects(stack: Stack) -> list[StoredObject]:
    """Every object in the cloud."""
    storage = stack.cloud.storage
    return [found for bucket in storage.buckets() for found in storage.objects(bucket.name)]


def parts_sent(stack: Stack) -> list[int]:
    """For each open multipart upload, how many parts have arrived."""
    storage = stack.cloud.storage
    uploads = [found for bucket in storage.buckets() for found in storage.uploads(bucket.name)]
    return [len(upload.parts) for upload in uploads]


def queried(request: Request) -> dict[str, str]:
    """The query of a request."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of six parts."""
    path = tmp_path / "my film.mp4"
    path.write_bytes(mp4(5 * PART + 1234))
    return path


def test_an_upload_survives_the_expiry_of_its_credential(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    moved: list[int] = []

    def expire_after_two_parts() -> None:
        if parts_sent(stack) == [2] and not moved:
            moved.append(stack.cloud.vod.settings.upload_lifetime + 1)
            stack.cloud.clock.advance(moved[0])

    site.hook = expire_after_two_parts
    bearer = token(stack, "alice")
    start(page, stack, site, bearer, film)
    assert page.evaluate("finished.then(([what]) => what)") == "succeeded", page.evaluate("told")
    assert len(moved) == 1

    video_id = page.evaluate("finished.then(([, value]) => value)")
    asked = [urlsplit(request.url).path for request in traffic.to(stack.url)]
    assert asked == ["/upload", "/refresh"]

    sent = [(request.method, queried(request)) for request in traffic.to(stack.cloud.url)]
    assert [method for method, query in sent if "uploads" in query] == ["POST"]
    assert len({query["uploadId"] for _, query in sent if "uploadId" in query}) == 1
    numbers = [query["partNumber"] for _, query in sent if "partNumber" in query]
    assert numbers[:2] == ["1", "2"]
    assert sorted(set(numbers)) == ["1", "2", "3", "4", "5", "6"]
    assert numbers.count("1") == numbers.count("2") == 1, "what had arrived is not sent again"

    (media,) = stack.cloud.vod.library.all()
    assert (media.video_id, media.status, media.title) == (video_id, "Normal", "my film")
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    assert call(stack, "GET", f"/play?VideoId={video_id}", bearer)["PlayAuth"]
    with pytest.raises(urllib.error.HTTPError, match="409"):
        call(stack, "POST", "/refresh", bearer, {"VideoId": video_id})


def test_a_small_file_is_sent_in_one_request(
    stack: Stack, site: Site, page: Page, traffic: Traffic, tmp_path: Path
) -> None:
    film = tmp_path / "short.mp4"
    film.write_bytes(mp4(PART - 1))
    start(page, stack, site, token(stack, "alice"), film)
    assert page.evaluate("finished.then(([what]) => what)") == "succeeded", page.evaluate("told")
    assert [request.method for request in traffic.to(stack.cloud.url)] == ["PUT"]
    assert [one.status for one in stack.cloud.vod.library.all()] == ["Normal"]


def test_an_interrupted_upload_continues_after_a_reload(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    def break_after_two_parts() -> None:
        if parts_sent(stack) == [2]:
            # More than once: a browser itself retries a request if a kept connection was closed.
            stack.cloud.faults.set("oss", "UploadPart", "reset_before", count=5)

    site.hook = break_after_two_parts
    bearer = token(stack, "alice")
    start(page, stack, site, bearer, film)
    assert page.evaluate("finished.then(([what]) => what)") == "failed"
    stack.cloud.faults.clear()
    site.hook = lambda: None
    start(page, stack, site, bearer, film)
    assert page.evaluate("finished.then(([what]) => what)") == "succeeded", page.evaluate("told")

    asked = [urlsplit(request.url).path for request in traffic.to(stack.url)]
    assert asked == ["/upload", "/refresh"]
    queries = [queried(request) for request in traffic.to(stack.cloud.url)]
    assert len({query["uploadId"] for query in queries if "uploadId" in query}) == 1
    numbers = [query["partNumber"] for query in queries if "partNumber" in query]
    assert numbers.count("1") == numbers.count("2") == 1, "what had arrived is not sent again"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


def test_an_upload_that_cannot_continue_begins_anew(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    def break_after_two_parts() -> None:
        if parts_sent(stack) == [2]:
            stack.cloud.faults.set("oss", "UploadPart", "reset_before", count=5)

    site.hook = break_after_two_parts
    start(page, stack, site, token(stack, "alice"), film)
    assert page.evaluate("finished.then(([what]) => what)") == "failed"
    stack.cloud.faults.clear()
    site.hook = lambda: None
    start(page, stack, site, token(stack, "bob"), film)
    assert page.evaluate("finished.then(([what]) => what)") == "succeeded", page.evaluate("told")

    requests = traffic.to(stack.url)
    assert [urlsplit(one.url).path for one in requests] == ["/upload", "/refresh", "/upload"]
    keys = [one.headers.get("idempotency-key") for one in requests]
    assert keys[1] is None
    assert keys[0]
    assert keys[2]
    states = sorted(one.status for one in stack.cloud.vod.library.all())
    assert states == ["Normal", "Uploading"]


def test_a_refusal_ends_the_upload(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    start(page, stack, site, token(stack, "alice", scope="vod:play"), film)
    what, why = page.evaluate("finished")
    assert what == "refused"
    assert why.startswith("Forbidden: ")
    assert traffic.to(stack.cloud.url) == []


def test_an_upload_that_another_device_finished_does_not_continue(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    bearer = token(stack, "alice")

    def finish_elsewhere() -> None:
        if parts_sent(stack) == [1]:
            (media,) = stack.cloud.vod.library.all()
            put(call(stack, "POST", "/refresh", bearer, {"VideoId": media.video_id}), SMALL)
            stack.cloud.clock.advance(stack.cloud.vod.settings.upload_lifetime + 1)

    site.hook = finish_elsewhere
    start(page, stack, site, bearer, film)
    what, why = page.evaluate("finished")
    assert what == "refused"
    assert why.startswith("UploadFinished: ")
    assert [stored.size for stored in objects(stack)] == [len(SMALL)]


def test_a_page_of_another_origin_cannot_read_a_credential(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    page.goto(f"{site.url.replace('127.0.0.1', 'localhost')}/uploader")
    answer = page.evaluate(
        """([url, token]) => fetch(`${url}/upload`, {
          method: "POST",
          headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
          body: JSON.stringify({ FileName: "film.mp4" }),
        }).then((answer) => answer.status, (error) => error.name)""",
        [stack.url, token(stack, "alice")],
    )
    assert answer == "TypeError"
    assert stack.cloud.vod.library.all() == [], "the preflight kept the request from being sent"

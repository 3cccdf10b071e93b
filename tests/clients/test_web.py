"""The web client in Chromium, from an app's own origin, against functions and cloud."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from local.stack import Stack
from tests.browser.functions import call, token
from tests.browser.parts import PART as PART_REQUEST
from tests.browser.parts import hold_parts
from tests.browser.site import Site
from tests.browser.test_uploader import objects, parts_sent, queried
from tests.browser.traffic import Traffic
from tests.support.clients import put
from tests.support.files import PART, SMALL, mp4


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of six parts."""
    path = tmp_path / "my film.mp4"
    path.write_bytes(mp4(5 * PART + 1234))
    return path


def visit(page: Page, site: Site, file: Path) -> None:
    """Open the app's page and choose a file."""
    page.goto(f"{site.url}/client")
    page.wait_for_function("window.ready")
    page.locator("#file").set_input_files(file)


def start(page: Page, stack: Stack, bearer: str, **options: object) -> None:
    """Start the upload of the chosen file."""
    page.evaluate("options => start(options)", {"url": stack.url, "token": bearer, **options})


def part_numbers(traffic: Traffic, stack: Stack) -> list[int]:
    """The numbers of the parts that were sent, in order."""
    queries = [queried(request) for request in traffic.to(stack.cloud.url)]
    return [int(query["partNumber"]) for query in queries if "partNumber" in query]


def called(traffic: Traffic, stack: Stack) -> list[str]:
    """The functions that were called, in order, without preflights."""
    return [urlsplit(request.url).path for request in traffic.to(stack.url)]


@pytest.mark.smoke
def test_a_small_file_goes_in_one_request(
    stack: Stack, site: Site, page: Page, traffic: Traffic, complaints: list[str], tmp_path: Path
) -> None:
    small = tmp_path / "short.mp4"
    small.write_bytes(mp4(PART - 1))
    visit(page, site, small)
    start(page, stack, token(stack, "alice"))
    outcome = page.evaluate("outcome")
    (media,) = stack.cloud.vod.library.all()
    assert outcome == {"VideoId": media.video_id, "resumed": False}
    assert (media.status, media.title) == ("Normal", "short")
    assert [request.method for request in traffic.to(stack.cloud.url)] == ["PUT"]
    assert page.evaluate("told.at(-1).loaded") == PART - 1
    assert page.evaluate("localStorage.length") == 0
    assert complaints == []


def test_parts_go_in_parallel(
    stack: Stack, site: Site, page: Page, traffic: Traffic, complaints: list[str], film: Path
) -> None:
    visit(page, site, film)
    start(page, stack, token(stack, "alice"), parallel=3)
    assert page.evaluate("outcome.then((done) => done.VideoId)"), page.evaluate("outcome")
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    assert sorted(part_numbers(traffic, stack)) == [1, 2, 3, 4, 5, 6]
    loaded = page.evaluate("told.map((progress) => progress.loaded)")
    assert loaded == sorted(loaded)
    assert loaded[-1] == film.stat().st_size
    assert complaints == []
    assert traffic.hosts_elsewhere == set()


def test_an_upload_survives_the_expiry_of_its_credential(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    moved: list[int] = []

    def expire_after_two_parts() -> None:
        if parts_sent(stack) == [2] and not moved:
            stack.cloud.clock.advance(3601)
            moved.append(3601)

    site.hook = expire_after_two_parts
    bearer = token(stack, "alice")
    visit(page, site, film)
    start(page, stack, bearer)
    video_id = page.evaluate("outcome.then((done) => done.VideoId)")
    assert moved == [3601]
    assert called(traffic, stack) == ["/upload", "/refresh"]
    numbers = part_numbers(traffic, stack)
    assert numbers.count(1) == numbers.count(2) == 1, "what had arrived is not sent again"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    assert call(stack, "GET", f"/play?VideoId={video_id}", bearer)["PlayAuth"]


@pytest.mark.parametrize(
    "attempt", [0, *(pytest.param(number, marks=pytest.mark.long) for number in range(1, 10))]
)
def test_an_upload_continues_after_its_page_was_closed(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path, attempt: int
) -> None:
    arrived = attempt % 5 + 1

    def stop() -> None:
        if parts_sent(stack) == [arrived]:
            stack.cloud.faults.set("oss", "*", "slow", count=100, seconds=60)

    site.hook = stop
    bearer = token(stack, "alice")
    visit(page, site, film)
    start(page, stack, bearer)
    page.wait_for_function(f"told.some((progress) => progress.loaded >= {arrived * PART})")
    page.close()
    stack.cloud.faults.clear()
    site.hook = lambda: None
    (media,) = stack.cloud.vod.library.all()
    before = parts_sent(stack)

    page = page.context.new_page()
    visit(page, site, film)
    start(page, stack, bearer)
    assert page.evaluate("outcome") == {"VideoId": media.video_id, "resumed": True}
    assert called(traffic, stack) == ["/upload", "/refresh"]
    assert before == [arrived]
    numbers = part_numbers(traffic, stack)
    assert all(numbers.count(number) == 1 for number in range(1, arrived + 1))
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    assert page.evaluate("localStorage.length") == 0


def test_a_cancelled_upload_leaves_nothing_behind(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    site.hook = lambda: None
    hold_parts(page, after=2)
    visit(page, site, film)
    start(page, stack, token(stack, "alice"), parallel=2)
    page.wait_for_function("told.some((progress) => progress.loaded >= 102400)")
    page.evaluate("upload.cancel()")
    assert page.evaluate("outcome")["name"] == "AbortError"
    assert parts_sent(stack) == []
    assert objects(stack) == []
    assert page.evaluate("localStorage.length") == 0


def test_a_pause_keeps_what_has_arrived(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    hold_parts(page, after=3)
    visit(page, site, film)
    start(page, stack, token(stack, "alice"), parallel=2)
    page.wait_for_function("told.some((progress) => progress.loaded >= 204800)")
    page.evaluate("upload.pause()")
    assert page.evaluate("upload.state") == "paused"
    page.unroute(PART_REQUEST)
    sent = len(traffic.to(stack.cloud.url))
    page.wait_for_timeout(300)
    assert len(traffic.to(stack.cloud.url)) == sent
    page.evaluate("upload.resume()")
    assert page.evaluate("outcome.then((done) => done.VideoId)")
    assert called(traffic, stack) == ["/upload"]
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


SIGNED = """act => {
  const sign = crypto.subtle.sign.bind(crypto.subtle);
  let signed = 0;
  crypto.subtle.sign = async (...given) => {
    if (++signed === 2) upload[act]();
    return sign(...given);
  };
}"""
"""Acts on the upload while its second request is signed, before the browser sends it."""


def test_a_pause_before_a_request_is_sent_ends_with_the_resume(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    visit(page, site, film)
    page.evaluate(SIGNED, "pause")
    start(page, stack, token(stack, "alice"))
    page.wait_for_function("upload.state === 'paused'")
    page.evaluate("upload.resume()")
    page.wait_for_function("upload.state === 'succeeded'")
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


def test_a_cancellation_before_a_request_is_sent_ends_the_upload(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    visit(page, site, film)
    page.evaluate(SIGNED, "cancel")
    start(page, stack, token(stack, "alice"))
    page.evaluate("void outcome.then((error) => (window.ended = error.name))")
    page.wait_for_function("window.ended === 'AbortError'")
    assert parts_sent(stack) == []
    assert objects(stack) == []


def test_a_refusal_causes_no_request_to_the_storage(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    visit(page, site, film)
    start(page, stack, token(stack, "alice", scope="vod:play"))
    refused = {"name": "VodpassError", "Code": "Forbidden", "source": "vodpass"}
    assert page.evaluate("outcome") == refused
    assert traffic.to(stack.cloud.url) == []


def test_an_answer_without_cors_headers_is_a_network_error(
    stack: Stack, site: Site, page: Page, film: Path
) -> None:
    page.goto(f"{site.url.replace('127.0.0.1', 'localhost')}/client")
    page.wait_for_function("window.ready")
    refused = page.evaluate(
        """async ([url, token]) => {
          const { Vodpass } = await import("/vodpass.js");
          let calls = 0;
          const counted = (...request) => (calls++, fetch(...request));
          const vodpass = new Vodpass({ url, token: () => token, fetch: counted });
          const { Code, status, retriable } = await vodpass.play("0".repeat(32)).catch((e) => e);
          return { Code, status, retriable, calls };
        }""",
        [stack.url, token(stack, "alice")],
    )
    assert refused == {"Code": "NetworkError", "status": 0, "retriable": True, "calls": 5}


@pytest.mark.parametrize(
    ("name", "fields", "id_name"),
    [
        ("cover.png", {"MediaType": "image", "ImageType": "cover"}, "ImageId"),
        ("german.vtt", {"MediaType": "attached", "BusinessType": "subtitle"}, "MediaId"),
    ],
)
def test_an_image_and_a_subtitle(
    stack: Stack,
    site: Site,
    page: Page,
    tmp_path: Path,
    name: str,
    fields: dict[str, str],
    id_name: str,
) -> None:
    file = tmp_path / name
    file.write_bytes(b"WEBVTT\n" * 9)
    visit(page, site, file)
    start(page, stack, token(stack, "alice"), fields=fields)
    outcome = page.evaluate("outcome")
    (media,) = stack.cloud.vod.other_media.all()
    assert outcome[id_name] == media.media_id
    assert media.size == file.stat().st_size
    assert page.evaluate("localStorage.length") == 0


def test_play_waits_until_the_video_is_ready(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    bearer = token(stack, "alice")
    begun = call(stack, "POST", "/upload", bearer, {"FileName": "film.mp4"})
    page.clock.install()
    visit(page, site, film)
    page.evaluate(
        """async ([url, token, videoId]) => {
          const { Vodpass } = await import("/vodpass.js");
          const vodpass = new Vodpass({ url, token: () => token });
          window.waits = [];
          window.played = vodpass.play(videoId, { onWait: (wait) => waits.push(wait) });
        }""",
        [stack.url, bearer, begun["VideoId"]],
    )
    page.wait_for_function("waits.length === 1")
    put(begun, SMALL)
    page.clock.fast_forward(10_000)
    assert page.evaluate("played.then((answer) => answer.VideoMeta.VideoId)") == begun["VideoId"]
    assert page.evaluate("waits") == [{"seconds": 10, "Status": "Uploading"}]
    assert called(traffic, stack) == ["/play", "/play"]


OFFICIAL = """async ([url, token]) => {
  const { officialUploader } = await import("/official.js");
  window.finished = new Promise((resolve) => {
    const told = (what, value) => {
      if (what !== "progress") return resolve([what, value]);
      if (!value || value >= 1) return;
      const request = new XMLHttpRequest();
      request.open("POST", "/hook", false);
      request.send();
    };
    window.uploader = officialUploader({ url, token, told });
  });
  uploader.addFile(document.getElementById("file").files[0], null, null, null, "{}");
  uploader.options.partSize = 102400;
  uploader.options.parallel = 1;
  uploader.startUpload();
}"""


def official(page: Page, stack: Stack, site: Site, file: Path, bearer: str) -> list[str]:
    """What becomes of an upload by the official SDK with the client's callbacks."""
    visit(page, site, file)
    page.evaluate(OFFICIAL, [stack.url, bearer])
    found = page.evaluate("finished")
    assert isinstance(found, list)
    return found


def test_the_official_sdk_with_our_callbacks_survives_an_expiry(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    moved: list[int] = []

    def expire_after_two_parts() -> None:
        if parts_sent(stack) == [2] and not moved:
            stack.cloud.clock.advance(3601)
            moved.append(3601)

    site.hook = expire_after_two_parts
    what, video_id = official(page, stack, site, film, token(stack, "alice"))
    (media,) = stack.cloud.vod.library.all()
    assert (what, video_id, media.status) == ("succeeded", media.video_id, "Normal")
    assert moved == [3601]
    assert called(traffic, stack) == ["/upload", "/refresh"]
    (request, *_) = traffic.to(stack.url)
    assert request.headers["idempotency-key"]


def test_the_official_sdk_is_told_to_forget_a_stale_checkpoint(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    def break_after_two_parts() -> None:
        if parts_sent(stack) == [2]:
            stack.cloud.faults.set("oss", "UploadPart", "reset_before", count=5)

    site.hook = break_after_two_parts
    what, code = official(page, stack, site, film, token(stack, "alice"))
    assert (what, code) == ("failed", "RequestError")
    stack.cloud.faults.clear()
    site.hook = lambda: None
    what, video_id = official(page, stack, site, film, token(stack, "bob"))
    assert what == "succeeded"
    assert called(traffic, stack) == ["/upload", "/refresh", "/upload"]
    videos = {media.video_id: media.status for media in stack.cloud.vod.library.all()}
    assert videos.pop(video_id) == "Normal"
    assert list(videos.values()) == ["Uploading"]


def test_the_official_sdk_gives_up_after_a_refusal(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    bearer = token(stack, "alice", scope="vod:play")
    assert official(page, stack, site, film, bearer) == ["failed", "Forbidden"]
    assert traffic.to(stack.cloud.url) == []


def test_no_credential_is_in_a_url(
    stack: Stack, site: Site, page: Page, traffic: Traffic, film: Path
) -> None:
    visit(page, site, film)
    start(page, stack, token(stack, "alice"))
    assert page.evaluate("outcome.then((done) => done.VideoId)")
    names = {
        name for request in traffic.requests for name, _ in parse_qsl(urlsplit(request.url).query)
    }
    assert names <= {"partNumber", "uploadId"}

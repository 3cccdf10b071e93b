"""Uploads with the page of `make run`: in parts, through expiry, reload, pause and cancellation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.app import (
    MIB,
    SAMPLE,
    big_file,
    calls,
    choose,
    open_page,
    refusal,
    row,
    upload,
    wait_until,
)
from tests.browser.parts import PART, hold_parts, parts_sent, stored
from tests.browser.traffic import Traffic

PARTS = 6


@pytest.fixture(autouse=True)
def opened(stack: Stack, page: Page, traffic: Traffic) -> None:
    """The page is ready."""
    open_page(page, stack.url)


def test_a_large_file_goes_in_parts(
    stack: Stack, page: Page, traffic: Traffic, tmp_path: Path, complaints: list[str]
) -> None:
    file = big_file(tmp_path, PARTS)
    upload(page, file)
    assert sorted(parts_sent(traffic.requests)) == list(range(1, PARTS + 1))
    [media] = stack.cloud.vod.library.all()
    assert (media.status, media.size) == ("Normal", file.stat().st_size)
    assert stored(stack) == file.read_bytes()
    assert complaints == []


def test_a_credential_that_expires_during_the_upload_is_renewed(
    stack: Stack, page: Page, tmp_path: Path
) -> None:
    held = hold_parts(page, after=2)
    file = big_file(tmp_path, PARTS)
    choose(page, file)
    expect(row(page, file.name)).to_contain_text("Credential: 49:")
    # A part that is sent later would be refused, and so renew the credential at once.
    expect(row(page, file.name)).to_contain_text(re.compile("[2-6][.0-9]* MB of"))
    wait_until(page, lambda: held)
    page.get_by_role("button", name="Expire credentials").click()
    expect(page.get_by_text("The cloud's clock moved by 1:01:00.")).to_be_visible()
    assert stack.cloud.clock.offset > stack.cloud.vod.settings.upload_lifetime
    expect(row(page, file.name)).to_contain_text("Credential expired")
    page.unroute(PART)  # lets the held requests go on
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    assert calls(page) == ["POST /upload 200", "POST /refresh 200"]
    assert len(stack.cloud.vod.library.all()) == 1
    assert stored(stack) == file.read_bytes()


def test_an_upload_continues_after_a_reload(
    stack: Stack, page: Page, traffic: Traffic, tmp_path: Path
) -> None:
    held = hold_parts(page, after=3)
    file = big_file(tmp_path, PARTS)
    choose(page, file)
    expect(row(page, file.name)).to_contain_text(re.compile("[345][.0-9]* MB of"))
    wait_until(page, lambda: held)
    page.reload()
    page.unroute(PART)
    waiting = row(page, file.name)
    expect(waiting).to_have_attribute("data-state", "interrupted")
    page.set_viewport_size({"width": 360, "height": 780})
    expect(waiting.get_by_text(file.name)).to_be_visible()
    assert (waiting.get_by_text(file.name).bounding_box() or {"width": 0})["width"] > 60
    page.set_viewport_size({"width": 1280, "height": 720})
    before = len(traffic.requests)
    with page.expect_file_chooser() as chooser:
        waiting.get_by_role("button", name="Choose the file again").click()
    other = tmp_path / "other.mp4"
    other.write_bytes(SAMPLE.read_bytes())
    chooser.value.set_files(other)
    expect(refusal(page)).to_contain_text("This is another file. holiday.mp4 with")
    expect(waiting).to_have_attribute("data-state", "interrupted")
    choose(page, file)
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    expect(row(page, file.name)).to_contain_text("Continued where it was")
    expect(page.locator("#queue > li")).to_have_count(1)
    again = parts_sent(traffic.requests[before:])
    assert 0 < len(again) <= PARTS - 1
    assert len(set(again)) == len(again)
    assert calls(page) == ["POST /refresh 200"]
    assert len(stack.cloud.vod.library.all()) == 1
    assert stored(stack) == file.read_bytes()


DROP_WITH_HANDLE = """async (size) => {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("concert.mp4", { create: true });
  const writing = await handle.createWritable();
  await writing.write(new Uint8Array(size).fill(7));
  await writing.close();
  const file = await handle.getFile();
  const item = { kind: "file", getAsFile: () => file, getAsFileSystemHandle: async () => handle };
  const event = new Event("drop", { bubbles: true, cancelable: true });
  event.dataTransfer = { types: ["Files"], items: [item] };
  document.body.dispatchEvent(event);
}"""


def test_a_file_whose_handle_is_kept_continues_with_one_click(
    stack: Stack, page: Page, traffic: Traffic
) -> None:
    hold_parts(page, after=3)
    page.evaluate(DROP_WITH_HANDLE, PARTS * MIB)
    expect(row(page, "concert.mp4")).to_contain_text(re.compile("[3-6][.0-9]* MB of"))
    page.reload()
    page.unroute(PART)
    waiting = row(page, "concert.mp4")
    expect(waiting).to_have_attribute("data-state", "interrupted")
    before = len(traffic.requests)
    waiting.get_by_role("button", name="Continue").click()
    expect(row(page, "concert.mp4")).to_have_attribute("data-state", "succeeded")
    expect(row(page, "concert.mp4")).to_contain_text("Continued where it was")
    assert 0 < len(parts_sent(traffic.requests[before:])) < PARTS
    assert stored(stack) == bytes([7]) * PARTS * MIB


def test_an_upload_can_be_paused_and_resumed(
    stack: Stack, page: Page, traffic: Traffic, tmp_path: Path
) -> None:
    hold_parts(page, after=2)
    file = big_file(tmp_path, PARTS)
    choose(page, file)
    expect(row(page, file.name)).to_contain_text("Credential: ")
    row(page, file.name).get_by_role("button", name="Pause").click()
    expect(row(page, file.name)).to_have_attribute("data-state", "paused")
    page.unroute(PART)
    row(page, file.name).get_by_role("button", name="Resume").click()
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    assert len(stack.cloud.vod.library.all()) == 1
    assert stored(stack) == file.read_bytes()


def test_a_cancelled_upload_leaves_nothing(stack: Stack, page: Page, tmp_path: Path) -> None:
    hold_parts(page, after=2)
    file = big_file(tmp_path, PARTS)
    choose(page, file)
    expect(row(page, file.name)).to_contain_text("Credential: ")
    row(page, file.name).get_by_role("button", name="Cancel").click()
    expect(row(page, file.name)).to_have_attribute("data-state", "cancelled")
    expect(row(page, file.name).get_by_role("button", name="Remove from the list")).to_be_visible()
    expect(refusal(page)).to_be_empty()
    page.unroute(PART)
    buckets = stack.cloud.storage.buckets()
    wait_until(page, lambda: not any(stack.cloud.storage.uploads(one.name) for one in buckets))
    page.wait_for_timeout(500)  # a part that comes late changes nothing
    assert not any(stack.cloud.storage.uploads(one.name) for one in buckets)
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    expect(page.locator("#queue > li")).to_have_count(0)
    card = page.locator("#videos > li")
    expect(card).to_contain_text("Cancelled")
    expect(card.get_by_role("button", name="Play")).to_have_count(0)


def test_a_file_that_vod_refuses_says_what_to_choose_instead(page: Page, tmp_path: Path) -> None:
    wrong, empty = tmp_path / "notes.txt", tmp_path / "empty.mp4"
    wrong.write_text("no video")
    empty.touch()
    choose(page, wrong, empty)
    for file, text in (
        (wrong, "Choose a video, audio, image or subtitle file."),
        (empty, "The file is empty, or larger than this deployment accepts."),
    ):
        expect(row(page, file.name)).to_have_attribute("data-state", "failed")
        expect(row(page, file.name)).to_contain_text(text)
        remove = row(page, file.name).get_by_role("button", name="Remove from the list")
        expect(remove).to_be_visible()
        # To send the same file again cannot help.
        expect(row(page, file.name).get_by_role("button")).to_have_count(1)


def test_faults_of_vod_and_of_the_storage_are_survived(stack: Stack, page: Page) -> None:
    page.get_by_role("button", name="VOD throttles").click()
    expect(page.locator("#faults")).to_have_text("VOD: throttle, 2 left")
    page.get_by_role("button", name="Storage breaks off").click()
    expect(page.locator("#faults > li")).to_have_count(2)
    choose(page, SAMPLE)
    expect(row(page, "sample.mp4")).to_have_attribute("data-state", "succeeded")
    assert calls(page)[-1] == "POST /upload 200"
    expect(page.locator("#no-faults")).to_be_visible()
    assert stack.cloud.faults.pending() == []


def test_images_and_subtitles_are_uploaded(
    stack: Stack, page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    image = tmp_path / "cover.png"
    page.locator(".drop").screenshot(path=image)
    subtitle = tmp_path / "lines.srt"
    subtitle.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    choose(page, image, subtitle)
    for file in (image, subtitle):
        expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    media = stack.cloud.vod.other_media.all()
    assert sorted((one.kind, one.size) for one in media) == sorted(
        [("image", image.stat().st_size), ("attached", subtitle.stat().st_size)]
    )
    shown = page.locator("#videos > li")
    expect(shown.filter(has_text="cover")).to_contain_text("Image")
    expect(shown.filter(has_text="cover").locator("img")).to_be_visible()
    expect(shown.filter(has_text="lines")).to_contain_text("Subtitle")
    expect(page.get_by_role("button", name="Play cover")).to_have_count(0)
    assert complaints == []


def test_files_are_dropped_anywhere(page: Page) -> None:
    transfer = page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.mp4", {type: "video/mp4"}));
          return transfer;
        }""",
        list(SAMPLE.read_bytes()),
    )
    footer = page.locator("footer")
    footer.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to upload")).to_be_visible()
    footer.dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to upload")).to_be_hidden()
    expect(row(page, "dropped.mp4")).to_have_attribute("data-state", "succeeded")


def test_leaving_during_an_upload_is_warned_about(page: Page, tmp_path: Path) -> None:
    warns = """() => {
      const event = new Event("beforeunload", { cancelable: true });
      dispatchEvent(event);
      return event.defaultPrevented;
    }"""
    assert page.evaluate(warns) is False
    hold_parts(page, after=0)
    choose(page, big_file(tmp_path, 2))
    expect(row(page, "holiday.mp4")).to_have_attribute("data-state", "uploading")
    assert page.evaluate(warns) is True

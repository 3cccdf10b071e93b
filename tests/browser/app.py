"""What a person does with the page of `make run`, as functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SAMPLE = Path(__file__).parent / "media" / "sample.mp4"
MIB = 1024 * 1024


def open_page(page: Page, url: str) -> None:
    """Open the page and wait until it listens. A warning before leaving it is accepted."""
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(url)
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    expect(page.locator("#live")).to_have_attribute("data-live", "true")


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Wait until `condition` is true, while the page and its requests go on.

    The time limit of the test ends it.
    """
    while not condition():
        page.wait_for_timeout(20)


def choose(page: Page, *files: Path) -> None:
    """Choose files to upload."""
    page.locator("#file").set_input_files(files)


def upload(page: Page, file: Path = SAMPLE) -> str:
    """Upload a video to its end. Returns its id."""
    choose(page, file)
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    card = page.locator("#videos > li", has_text=file.stem).first
    return card.get_attribute("data-id") or ""


def row(page: Page, name: str) -> Locator:
    """The newest entry of the queue for a file."""
    return page.locator("#queue > li", has_text=name).first


def play(page: Page, video_id: str) -> None:
    """Play a video by its id."""
    page.get_by_label("VideoId").fill(video_id)
    page.get_by_label("VideoId").press("Enter")


def close_player(page: Page) -> None:
    """Close the dialog with the video."""
    page.locator("#player-close").click()
    expect(page.locator("#player")).to_be_hidden()


def as_user(page: Page, sub: str) -> None:
    """From now on, send requests as this user."""
    page.get_by_role("radio", name=sub, exact=True).check()


def refusal(page: Page) -> Locator:
    """The refusals that are in view."""
    return page.get_by_role("alert")


def calls(page: Page) -> list[str]:
    """The page's list of its requests, oldest first: method, path without query, result."""
    page.get_by_role("tab", name="Calls").click()
    found = []
    for item in page.get_by_label("Requests made by this page").locator("> li").all():
        path = item.locator(".path").inner_text().partition("?")[0]
        found.append(
            f"{item.locator('.method').inner_text()} {path} {item.locator('.outcome').inner_text()}"
        )
    return found[::-1]


def big_file(folder: Path, parts: int) -> Path:
    """A video file that is sent in that many parts of 1 MiB; the last one is shorter."""
    path = folder / "holiday.mp4"
    sample = SAMPLE.read_bytes()
    path.write_bytes(sample + bytes(parts * MIB - MIB // 2 - len(sample)))
    return path

"""Long runs with the page of `make run`: ten reloads, and a file of 300 MB whose tab dies."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from local.stack import Stack
from tests.browser.app import MIB, SAMPLE, big_file, calls, choose, open_page, row
from tests.browser.parts import PART, hold_parts, parts_sent, stored, stored_file
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.long

PARTS = 8
LARGE = 300 * 1000 * 1000  # bytes
AT_ONCE = 8  # parts that can be on their way while a page is lost; the client sends fewer


@pytest.mark.parametrize("attempt", range(10))
def test_an_upload_continues_after_every_reload(
    stack: Stack, page: Page, traffic: Traffic, tmp_path: Path, attempt: int
) -> None:
    arrived = attempt % (PARTS - 2) + 1
    open_page(page, stack.url)
    hold_parts(page, after=arrived)
    file = big_file(tmp_path, PARTS)
    choose(page, file)
    expect(row(page, file.name)).to_contain_text(re.compile(rf"[{arrived}-9][.0-9]* MB of"))
    page.reload()
    page.unroute(PART)
    expect(row(page, file.name)).to_have_attribute("data-state", "interrupted")
    before = len(traffic.requests)
    choose(page, file)
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    expect(row(page, file.name)).to_contain_text("Continued where it was")
    again = parts_sent(traffic.requests[before:])
    assert 0 < len(again) <= PARTS - arrived
    assert calls(page) == ["POST /refresh 200"]
    assert len(stack.cloud.vod.library.all()) == 1
    assert stored(stack) == file.read_bytes()


@pytest.mark.timeout(600, func_only=True)
def test_a_large_upload_continues_after_its_tab_was_killed(
    stack: Stack, page: Page, traffic: Traffic, tmp_path: Path
) -> None:
    file = large_file(tmp_path)
    parts = -(-LARGE // MIB)
    before_death = parts // 3
    open_page(page, stack.url)
    hold_parts(page, after=before_death)
    choose(page, file)
    page.wait_for_function(
        "bytes => document.querySelector('#queue progress')?.value >= bytes",
        arg=(before_death - 1) * MIB,
        timeout=300_000,
    )
    kill(page)
    context = page.context
    page.close()

    page = context.new_page()
    open_page(page, stack.url)
    waiting = row(page, file.name)
    expect(waiting).to_have_attribute("data-state", "interrupted")
    expect(waiting).to_contain_text(re.compile(r"3[0-3] %"))
    before = len(traffic.requests)
    choose(page, file)
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded", timeout=300_000)
    expect(row(page, file.name)).to_contain_text("Continued where it was")
    again = parts_sent(traffic.requests[before:])
    assert parts - before_death - 1 <= len(again) <= parts - before_death + AT_ONCE
    assert len(stack.cloud.vod.library.all()) == 1
    assert digest(stored_file(stack)) == digest(file)


def large_file(folder: Path) -> Path:
    """A video file of 300 MB. No two parts of it are equal."""
    path = folder / "concert.mp4"
    source = random.Random(1)  # noqa: S311
    with path.open("wb") as written:
        written.write(SAMPLE.read_bytes())
        while (left := LARGE - written.tell()) > 0:
            written.write(source.randbytes(min(left, 8 * MIB)))
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(8 * MIB):
            found.update(chunk)
    return found.hexdigest()


def kill(page: Page) -> None:
    """End the process of a tab, as the system does if its memory runs out."""
    with page.expect_event("crash"), pytest.raises(Error):
        page.goto("chrome://crash")

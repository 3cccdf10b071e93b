"""The page of `make run` with the keyboard alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.app import SAMPLE, big_file, choose, open_page, row, upload
from tests.browser.parts import PART, hold_parts
from tests.support.waiting import wait_for

MOST_TABS = 80
FOCUSED = """() => {
  const { id, ariaLabel, value, textContent } = document.activeElement;
  return id || ariaLabel || value || textContent.trim();
}"""


@pytest.fixture(autouse=True)
def opened(stack: Stack, page: Page) -> None:
    """The page is ready."""
    open_page(page, stack.url)


def focused(page: Page) -> str:
    """Which control has the focus: its id, else its name, else its value."""
    return str(page.evaluate(FOCUSED))


def expect_focus(page: Page, beginning: str) -> None:
    """Wait until the control with the focus is this one, or one that begins so."""
    wait_for(lambda: focused(page).startswith(beginning), f"the focus is on {beginning}")


def tab_to(page: Page, control: str) -> None:
    """Press Tab until a control has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if focused(page) == control:
            return
    pytest.fail(f"the key Tab does not reach {control}")


def test_a_file_is_chosen_paused_resumed_and_played(page: Page, tmp_path: Path) -> None:
    hold_parts(page, after=2)
    file = big_file(tmp_path, 6)
    with page.expect_file_chooser() as chooser:
        tab_to(page, "choose")
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    expect(row(page, file.name)).to_contain_text("Credential: ")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    expect(row(page, file.name)).to_have_attribute("data-state", "paused")
    expect_focus(page, "Resume")
    page.unroute(PART)
    page.keyboard.press("Space")
    expect(row(page, file.name)).to_have_attribute("data-state", "succeeded")
    expect_focus(page, "Remove from the list")
    tab_to(page, "Play holiday")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Playing holiday.")
    assert page.evaluate("document.activeElement.closest('dialog')?.id") == "player"
    page.keyboard.press("Escape")
    expect(page.locator("#player")).to_be_hidden()
    expect_focus(page, "Play holiday")


def test_the_focus_stays_while_the_page_changes(stack: Stack, page: Page) -> None:
    upload(page)
    page.locator("#tab-calls").focus()
    page.keyboard.press("Enter")
    tab_to(page, "panel-calls")
    page.keyboard.press("Tab")
    expect_focus(page, "POST/upload")
    page.keyboard.press("Enter")
    choose(page, SAMPLE)
    expect(page.locator("#calls > li")).to_have_count(2)
    expect_focus(page, "POST/upload")
    # It is the older of the two calls, which the newer one has moved down.
    assert page.evaluate("document.activeElement.closest('li').nextElementSibling") is None
    assert page.evaluate("document.activeElement.closest('li').previousElementSibling !== null")
    page.locator("#fault-kinds button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#faults > li")).to_have_count(1)
    expect_focus(page, "VOD throttles")
    page.locator("#tab-events").focus()
    page.keyboard.press("ArrowRight")
    expect_focus(page, "tab-calls")


def test_switches_and_radios_answer_to_the_keyboard(stack: Stack, page: Page) -> None:
    tab_to(page, "alice")
    page.keyboard.press("ArrowRight")
    expect_focus(page, "bob")
    expect(page.locator("#user-name")).to_have_text("bob")
    tab_to(page, "vod-upload")
    page.keyboard.press("ArrowRight")
    expect_focus(page, "vod-play")
    tab_to(page, "vod:play")
    page.keyboard.press("Space")
    page.locator("#get-token").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#token")).to_be_visible()
    claims = json.loads(page.locator("#claims").text_content() or "")
    assert (claims["sub"], "vod:play" in claims["scope"].split()) == ("bob", False)

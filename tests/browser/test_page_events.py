"""The page of `make run` with events: webhooks and the functions' work arrive live."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from local.checkout_keys import load_keys
from local.stack import Stack
from tests.browser.app import open_page, upload
from tests.support.code_under_test import CodeUnderTest


@pytest.fixture(scope="module")
def live_stack(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack whose cloud calls back."""
    keys = load_keys(tmp_path_factory.mktemp("events"))
    with code_under_test.stack(keys=keys, events=True) as running:
        yield running


def test_events_arrive_while_the_page_is_open(
    live_stack: Stack, page: Page, complaints: list[str]
) -> None:
    open_page(page, live_stack.url)
    video_id = upload(page)
    timeline = page.locator("#events > li")
    for kind, title in (("upload.completed", "File arrived"), ("video.ready", "Video ready")):
        entry = timeline.and_(page.locator(f'[data-type="{kind}"]'))
        expect(entry).to_contain_text(title)
        expect(entry).to_contain_text("Signature verified")
        expect(entry).to_contain_text(video_id)
    expect(page.locator("#videos > li")).to_contain_text("Ready")
    page.reload()
    expect(timeline.and_(page.locator('[data-type="video.ready"]'))).to_have_count(1)
    ready = timeline.and_(page.locator('[data-type="video.ready"]'))
    ready.locator("summary").click()
    expect(ready.get_by_text('"owner": "alice"')).to_be_visible()
    assert complaints == []


def test_an_event_brings_a_video_of_another_browser(live_stack: Stack, page: Page) -> None:
    open_page(page, live_stack.url)
    other = page.context.browser
    assert other is not None
    elsewhere = other.new_context(locale="en-GB").new_page()
    open_page(elsewhere, live_stack.url)
    video_id = upload(elsewhere)
    elsewhere.context.close()
    card = page.locator(f'#videos > li[data-id="{video_id}"]')
    expect(card).to_contain_text("Ready")
    expect(card.get_by_role("heading")).to_have_text("sample")
    expect(card).to_contain_text("0:03")
    expect(card).to_contain_text("18 KB")


def test_a_forged_webhook_is_shown_as_refused(live_stack: Stack, page: Page) -> None:
    open_page(page, live_stack.url)
    forged = urllib.request.Request(
        f"{live_stack.url}/_local/webhook",
        data=json.dumps({"type": "video.ready", "subject": "forged"}).encode(),
        headers={
            "Content-Type": "application/json",
            "webhook-id": "forged",
            "webhook-timestamp": "1",
            "webhook-signature": "v1,AAAA",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(forged)
    refused.value.close()
    assert refused.value.code == 401
    entry = page.locator("#events > li.refused").first
    expect(entry).to_contain_text("Webhook refused")
    expect(entry).to_contain_text("Signature not valid")
    expect(page.locator("#events")).not_to_contain_text("forged")


def test_says_when_the_server_has_stopped_and_connects_again(live_stack: Stack, page: Page) -> None:
    open_page(page, live_stack.url)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.context.set_offline(True)
    live_stack.stream.disconnect()
    expect(page.get_by_text("Not connected")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

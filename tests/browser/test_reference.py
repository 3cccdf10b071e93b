"""`/docs/` of `make run`: openapi.yaml in Swagger UI, without anything from another host."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from local.reference import PACKAGE, POLICY
from local.stack import Stack
from tests.browser.app import open_page
from tests.browser.conftest import unavailable
from tests.browser.site import MODULES
from tests.browser.traffic import Traffic
from tests.docs.openapi.document import DOCUMENT


@pytest.fixture(autouse=True)
def installed() -> None:
    """Swagger UI is there."""
    if not (MODULES / PACKAGE).exists():
        unavailable(f"{PACKAGE} is missing; make setup installs node_modules")


def test_the_page_leads_to_the_reference(
    stack: Stack, page: Page, traffic: Traffic, complaints: list[str]
) -> None:
    open_page(page, stack.url)
    page.get_by_role("link", name="API reference").click()
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    expect(page.locator(".opblock").first).to_be_visible()
    shown = {
        (
            block.locator(".opblock-summary-method").inner_text().lower(),
            block.locator(".opblock-summary-path").inner_text().replace("\u200b", ""),
        )
        for block in page.locator(".opblock").all()
    }
    described = {
        (method, path)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method in ("get", "post", "options")
    }
    assert shown == described
    expect(page.locator(".errors-wrapper")).to_have_count(0)
    assert complaints == []
    assert traffic.hosts_elsewhere == set()
    answer = page.request.get(page.url)
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe-eval" not in POLICY
    assert not re.search(r"https?:", POLICY)


def test_a_call_can_be_tried(stack: Stack, page: Page, complaints: list[str]) -> None:
    page.goto(f"{stack.url}/docs")
    expect(page.get_by_role("button", name="Authorize")).to_have_class(re.compile(r"\blocked\b"))
    page.locator("#operations-Uploads-upload").get_by_role("button").first.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    [media] = stack.cloud.vod.library.all()
    expect(page.locator(".live-responses-table")).to_contain_text(media.video_id)
    expect(page.locator(".curl-command")).to_be_hidden()
    assert complaints == []

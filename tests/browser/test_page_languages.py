"""The page of `make run` in English and Chinese, and for people who use assistive technology."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from local.stack import PROJECT, Stack
from shared import errors
from tests.browser.app import choose, close_player, open_page, play, refusal, row, upload
from tests.browser.conftest import PATIENCE, unavailable
from tests.browser.site import MODULES

PAGE = PROJECT / "local" / "page"
AXE = MODULES / "axe-core" / "axe.min.js"
KEY = re.compile(r'^  "([^"]+)": "(.*)",$', re.MULTILINE)


def texts(language: str) -> dict[str, str]:
    return dict(KEY.findall((PAGE / f"texts-{language}.js").read_text("utf-8")))


@pytest.fixture
def chinese(browser: Browser) -> Iterator[BrowserContext]:
    """A new profile of a browser in Taiwan: every zh-* gets Chinese."""
    made = browser.new_context(locale="zh-TW")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    english, chinese = texts("en"), texts("zh")
    assert len(english) > 150
    assert list(english) == list(chinese)
    placeholders = re.compile(r"\{\w+\}")
    for key in english:
        assert sorted(placeholders.findall(english[key])) == sorted(
            placeholders.findall(chinese[key])
        ), key


def test_every_text_that_the_page_names_exists() -> None:
    known = texts("en")
    html = (PAGE / "index.html").read_text("utf-8")
    named = set(re.findall(r'data-t(?:-[\w-]+)?="([^"]+)"', html))
    for script in PAGE.glob("*.js"):
        named |= set(re.findall(r'\bt\(\s*"([^"]+)"', script.read_text("utf-8")))
    assert len(named) > 100
    assert named - known.keys() == set()


def test_every_text_has_a_use() -> None:
    sources = [path for path in PAGE.glob("*.js") if not path.name.startswith("texts-")]
    source = "".join(path.read_text("utf-8") for path in [*sources, PAGE / "index.html"])
    families = set(re.findall(r"`([a-z]+\.)\$\{", source))
    unused = [
        key
        for key in texts("en")
        if f'"{key}"' not in source and f"{key.partition('.')[0]}." not in families
    ]
    assert unused == []


def test_every_refusal_is_translated() -> None:
    def classes(of: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
        for child in of.__subclasses__():
            yield child
            yield from classes(child)

    codes = {found.code for found in classes(errors.Refusal) if hasattr(found, "code")}
    # The functions send this one to VOD only.
    codes.remove("InvalidCallback")
    assert len(codes) > 15
    assert {f"code.{code}" for code in codes} <= texts("zh").keys()


def test_a_chinese_browser_gets_chinese(
    stack: Stack, chinese: BrowserContext, tmp_path: Path
) -> None:
    page = chinese.new_page()
    open_page(page, stack.url)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    expect(page.get_by_role("heading", name="将文件拖放到页面任意位置")).to_be_visible()
    upload(page)
    expect(row(page, "sample.mp4")).to_contain_text("上传完成")
    page.get_by_role("button", name="播放 sample").click()
    expect(page.locator("#status")).to_have_text("正在播放 sample。")
    close_player(page)
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    choose(page, wrong)
    expect(refusal(page)).to_contain_text("InvalidRequest")
    expect(refusal(page)).to_contain_text("VOD 不支持该文件的名称或类型")
    expect(refusal(page)).to_contain_text("字段：FileName")
    play(page, "0" * 32)
    expect(refusal(page)).to_contain_text("视频不存在，或属于其他用户。")
    left = page.evaluate(
        """() => [...document.querySelectorAll("[data-t]")]
          .filter((element) => element.checkVisibility() && /[a-z]{4}/.test(element.textContent))
          .map((element) => element.textContent)
          .filter((text) => !/STS|Token|vod|VideoId|Webhook|alice|Alice/.test(text))"""
    )
    assert left == []


def test_the_switch_changes_the_language_at_once_and_is_kept(stack: Stack, page: Page) -> None:
    open_page(page, stack.url)
    assert page.locator("html").get_attribute("lang") == "en"
    play(page, "0" * 32)
    expect(refusal(page)).to_contain_text("There is no such video, or it belongs to")
    page.get_by_role("radio", name="中文").check()
    expect(refusal(page)).to_contain_text("视频不存在，或属于其他用户。")
    expect(page.get_by_role("tab", name="调用")).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="调用")).to_be_visible()
    page.get_by_role("radio", name="EN").check()
    expect(page.get_by_role("tab", name="Calls")).to_be_visible()


def violations(page: Page) -> list[str]:
    """What axe finds on the page: rule and element of each violation."""
    if not AXE.exists():
        unavailable("axe-core is missing; make setup installs node_modules")
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(stack: Stack, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_page(page, stack.url)
    upload(page)
    page.get_by_role("button", name="Get STS token").click()
    expect(page.locator("#sts-issued")).to_be_visible()
    page.get_by_role("button", name="Let both ask").click()
    expect(page.locator("#beside .badge")).to_have_count(4)
    page.get_by_role("tab", name="Calls").click()
    page.locator("#calls summary").first.click()
    page.get_by_text("Endpoints").click()
    assert violations(page) == []
    play(page, "0" * 32)
    expect(refusal(page)).to_contain_text("VideoNotFound")
    assert violations(page) == []

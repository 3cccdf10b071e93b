"""The dialog that plays: what the credentials contain, and Aliplayer in its sandboxed frame."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, Error, Frame, Page, Route, expect

from local.aliplayer import POLICY
from local.stack import Stack
from tests.browser.app import calls, close_player, open_page, play, upload
from tests.browser.test_page_languages import violations
from tests.browser.traffic import Traffic
from tests.browser.vendor import serve_vendor

# Later, because the browser lets a debugger evaluate what a page may not.
EVAL = """() => new Promise((resolve) => setTimeout(() => {
  try { resolve(eval("1 + 1")); } catch (error) { resolve(error.name); }
}))"""


@pytest.fixture
def playing(stack: Stack, page: Page, context: BrowserContext) -> str:
    """A video that plays in the dialog: its id."""
    serve_vendor(context)
    open_page(page, stack.url)
    video_id = upload(page)
    play(page, video_id)
    expect(page.locator("#status")).to_have_text("Playing sample.")
    return video_id


def test_a_play_auth_is_shown_without_its_secrets(page: Page, playing: str) -> None:
    page.get_by_text("What the PlayAuth contains").click()
    shown = json.loads(page.locator("#play-auth").inner_text())
    assert shown["VideoMeta"]["VideoId"] == playing
    assert shown["AuthInfo"]["MediaId"] == playing
    secrets = (
        shown["AccessKeySecret"],
        shown["SecurityToken"],
        shown["AuthInfo"]["Signature"],
        shown["AuthInfo"]["CI"],
    )
    assert all(len(secret) == 13 and secret.endswith("…") for secret in secrets)
    close_player(page)
    expect(page.locator("#play-auth")).to_be_empty()


def test_a_jwt_play_auth_is_decoded_and_its_signature_is_not_shown(
    page: Page, playing: str
) -> None:
    with page.expect_response(lambda found: "Method=JWTPlayAuth" in found.url) as waiting:
        page.get_by_text("What a JWTPlayAuth contains").click()
    expect(page.locator("#signed-state")).to_contain_text("Valid from ")
    shown = json.loads(page.locator("#signed").inner_text())
    assert shown["header"] == {"alg": "HS256", "typ": "JWT"}
    assert shown["claims"]["videoId"] == playing
    assert shown["claims"]["expireTimeStamp"] > shown["claims"]["currentTimeStamp"]
    issued = waiting.value.json()["PlayAuth"]
    assert violations(page) == []
    close_player(page)
    assert calls(page)[-1] == "GET /play 200"
    everything = page.locator("html").inner_html() + page.evaluate("JSON.stringify(localStorage)")
    assert all(part not in everything for part in issued.split("."))


def test_a_refused_jwt_play_auth_is_explained_in_its_place(
    stack: Stack, page: Page, playing: str
) -> None:
    stack.cloud.vod.library._change(playing, status="Blocked")
    page.get_by_text("What a JWTPlayAuth contains").click()
    state = page.locator("#signed-state")
    expect(state).to_have_text("VideoNotReady: The video cannot be played yet.")
    expect(page.locator("#signed")).to_be_hidden()


def test_what_is_not_configured_is_not_offered(stack: Stack, page: Page) -> None:
    def without(route: Route) -> None:
        found = route.fetch().json()
        assert (found["signsPlayback"], found["hasAliplayer"]) == (True, True)
        route.fulfill(json={**found, "signsPlayback": False, "hasAliplayer": False})

    page.route("**/_local/config", without)
    open_page(page, stack.url)
    play(page, upload(page))
    expect(page.get_by_text("What the PlayAuth contains")).to_be_visible()
    expect(page.get_by_text("What a JWTPlayAuth contains")).to_be_hidden()
    expect(page.get_by_role("group").filter(has_text="Aliplayer")).to_be_hidden()


def start_aliplayer(page: Page) -> Frame:
    """Play with Aliplayer and a licence that is not one."""
    page.locator("#official-box summary").click()
    page.get_by_label("Domain of the licence").fill("127.0.0.1")
    page.get_by_label("Key of the licence").fill("not-a-licence")
    page.get_by_role("button", name="Play with Aliplayer").click()
    element = page.locator("#official-place iframe").element_handle()
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def test_aliplayer_redeems_the_credential_and_judges_the_licence(
    stack: Stack, page: Page, traffic: Traffic, playing: str
) -> None:
    with page.expect_response(
        lambda found: (
            "customVodServer" not in found.url
            and ("Action=GetPlayInfo" in found.url and "RegionId" in found.url)
        )
    ) as waiting:
        frame = start_aliplayer(page)
    assert waiting.value.status == 200
    assert waiting.value.url.startswith(f"{stack.cloud.url}/?")
    assert waiting.value.request.frame == frame
    expect(page.locator("#official-state")).to_have_text(
        "Aliplayer does not accept this licence (error 4039)."
    )
    close_player(page)
    expect(page.locator("#official-place iframe")).to_have_count(0)
    kept = page.evaluate("localStorage.getItem('vodpass-demo licence')")
    assert json.loads(kept) == {"domain": "127.0.0.1", "key": "not-a-licence"}


def test_the_frame_of_aliplayer_can_use_eval_and_cannot_reach_the_page(
    page: Page, playing: str
) -> None:
    frame = start_aliplayer(page)
    expect(frame.locator("#player")).to_be_attached()
    assert frame.evaluate(EVAL) == 2
    assert page.evaluate(EVAL) == "EvalError"
    assert frame.evaluate("origin") == "null"
    for reach in ("parent.document.title", "parent.localStorage.length", "top.location.href"):
        with pytest.raises(Error, match="cross-origin"):
            frame.evaluate(reach)
    refused = frame.evaluate(
        "fetch('/_local/config').then(({ status }) => status, () => 'refused')"
    )
    assert refused == "refused"


def test_the_frame_answers_the_page_alone(stack: Stack, page: Page, playing: str) -> None:
    page.evaluate("postMessage({ kind: 'error', code: 4500 }, '*')")
    page.locator("#official-box summary").click()
    expect(page.locator("#official-state")).to_be_empty()
    answer = page.request.get(f"{stack.url}/aliplayer/")
    assert answer.headers["content-security-policy"] == POLICY
    assert "allow-same-origin" not in POLICY
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert page.request.get(f"{stack.url}/").headers["x-frame-options"] == "DENY"

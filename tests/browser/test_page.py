"""The page that `make run` serves, used like a person does: users, playing, refusals, layout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from local.stack import Stack
from tests.browser.app import (
    SAMPLE,
    as_user,
    calls,
    choose,
    close_player,
    open_page,
    play,
    refusal,
    upload,
)
from tests.browser.functions import call, token
from tests.browser.traffic import Traffic
from tests.support.clients import put

PLAYS = """video => new Promise((resolve) => {
  video.ontimeupdate = () => { if (video.currentTime > 0.1) resolve(video.duration); };
})"""


@pytest.fixture(autouse=True)
def opened(stack: Stack, page: Page, traffic: Traffic) -> None:
    """The page is ready."""
    open_page(page, stack.url)


@pytest.mark.smoke
def test_a_file_is_uploaded_and_plays(
    stack: Stack, page: Page, traffic: Traffic, complaints: list[str]
) -> None:
    video_id = upload(page)
    page.get_by_role("button", name="Play sample").click()
    expect(page.locator("#status")).to_have_text("Playing sample.")
    assert page.locator("video").evaluate(PLAYS) == pytest.approx(3, abs=0.2)
    assert page.locator("video").evaluate("video => [video.videoWidth, video.videoHeight]") == [
        320,
        180,
    ]
    ended = "video => new Promise((resolve) => { video.onended = () => resolve(video.ended); })"
    assert page.locator("video").evaluate(ended) is True
    media = stack.cloud.vod.library.all()
    assert [(one.video_id, one.status, one.size) for one in media] == [
        (video_id, "Normal", SAMPLE.stat().st_size)
    ]
    close_player(page)
    assert calls(page) == ["POST /upload 200", "GET /play 200"]
    sent = [
        f"{request.method} {request.url.partition('?')[0].removeprefix(stack.url)}"
        for request in traffic.requests
        if request.method in ("POST", "PUT") or "/play?" in request.url
    ]
    assert [line for line in sent if not line.startswith("PUT")] == [
        "POST /_local/token",
        "POST /upload",
        "GET /play",
    ]
    assert re.fullmatch(r"PUT http://\S+\.mp4", sent[2])
    [redeemed] = [request.url for request in traffic.requests if "GetPlayInfo" in request.url]
    assert redeemed.startswith(stack.cloud.url)
    assert complaints == []
    assert traffic.hosts_elsewhere == set()


def test_a_video_has_a_poster_its_length_and_its_size(page: Page) -> None:
    video_id = upload(page)
    card = page.locator("#videos > li")
    expect(card.locator("img")).to_have_attribute("src", re.compile("^data:image/jpeg;base64,"))
    expect(card).to_contain_text("0:03")
    expect(card).to_contain_text("18 KB")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the id of sample").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == video_id
    page.reload()
    expect(page.locator("#videos > li img")).to_be_visible()


def test_videos_of_an_earlier_run_are_forgotten(page: Page) -> None:
    upload(page)
    page.evaluate("localStorage.setItem('vodpass-demo run', 'earlier')")
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    expect(page.locator("#videos > li")).to_have_count(0)
    expect(page.locator("#videos-empty")).to_contain_text("alice has no videos here yet.")


def test_bob_cannot_play_alices_video_and_learns_nothing_about_it(page: Page) -> None:
    video_id = upload(page)
    as_user(page, "bob")
    expect(page.locator("#videos > li")).to_have_count(0)
    answers = []
    for asked in (video_id, "0" * 32):
        with page.expect_response(lambda found: "/play?" in found.url) as waiting:
            play(page, asked)
        # Not the refusal of the first request, which is shown until the second is answered.
        expect(refusal(page)).to_contain_text(waiting.value.json()["RequestId"])
        expect(page.locator("#status")).to_have_text("That did not work.")
        expect(refusal(page)).to_contain_text("No video with this VideoId belongs to you.")
        answers.append(re.sub(r"1-[0-9a-f-]+", "", refusal(page).inner_text()))
        assert page.locator("video").get_attribute("src") is None
        expect(page.locator("#player")).to_be_hidden()
    assert answers[0] == answers[1]
    assert "VideoNotFound" in answers[0]


def test_alice_and_bob_ask_side_by_side(page: Page) -> None:
    upload(page)
    page.get_by_role("button", name="Let both ask").click()
    alice, bob = page.locator(".pane.alice"), page.locator(".pane.bob")
    expect(alice).to_contain_text("Credential issued")
    expect(alice).to_contain_text("UploadFinished")
    expect(bob.get_by_text("VideoNotFound")).to_have_count(2)
    expect(bob).not_to_contain_text("Credential issued")


def test_alice_and_bob_are_offered_a_video_that_is_ready(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    offered = page.get_by_label("Video", exact=True)
    upload(page, broken)
    expect(offered.locator("option:checked")).to_have_text("broken")
    upload(page)
    page.get_by_role("button", name="Play sample").click()
    expect(page.locator("#status")).to_have_text("Playing sample.")
    close_player(page)
    upload(page, broken)
    expect(offered.locator("option:checked")).to_have_text("sample")
    offered.select_option(index=1)
    as_user(page, "bob")  # draws it anew
    expect(offered.locator("option:checked")).to_have_text("broken")


def test_waits_for_a_video_as_long_as_the_server_says(
    stack: Stack, page: Page, traffic: Traffic
) -> None:
    def plays() -> list[str]:
        urls = [request.url for request in traffic.to(stack.url)]
        return [url for url in urls if "/play?" in url]

    page.clock.install()
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    play(page, begun["VideoId"])
    status = page.locator("#status")
    expect(status).to_have_text("VOD says Uploading: asking again in 10 s.")
    put(begun, SAMPLE.read_bytes())
    page.clock.fast_forward(5_000)
    page.evaluate("fetch('/_local/config').then((answer) => answer.status)")
    assert len(plays()) == 1
    page.clock.fast_forward(5_000)
    expect(status).to_have_text("Playing film.")
    assert len(plays()) == 2


def test_waiting_can_be_stopped(stack: Stack, page: Page) -> None:
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    play(page, begun["VideoId"])
    expect(page.locator("#status")).to_contain_text("asking again")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(refusal(page)).to_be_empty()


def test_a_video_that_will_never_play_is_not_waited_for(stack: Stack, page: Page) -> None:
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    # A reviewer does this in VOD's console. The fake has no operation for it.
    stack.cloud.vod.library._change(begun["VideoId"], status="Blocked")
    play(page, begun["VideoId"])
    expect(refusal(page)).to_contain_text("VideoNotReady")
    expect(refusal(page)).to_contain_text("The video's Status is Blocked.")


def test_refusals_are_explained(page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    choose(page, wrong)
    expect(refusal(page)).to_contain_text("InvalidRequest")
    expect(refusal(page)).to_contain_text("FileName")
    expect(refusal(page)).to_contain_text("HTTP 400")
    page.get_by_role("switch", name="Upload").uncheck()
    choose(page, SAMPLE)
    expect(refusal(page)).to_contain_text("Forbidden")
    page.get_by_role("switch", name="Restrict it with the claim vod").check()
    page.get_by_label("Claim vod, as JSON").fill("{")
    choose(page, SAMPLE)
    expect(refusal(page)).to_contain_text("The claim vod is not JSON.")


def test_a_limit_that_is_reached_says_when_to_try_again(page: Page) -> None:
    problem = {"Code": "Throttled", "status": 429, "detail": "No.", "Limit": "uploads_per_day"}
    headers = {"Retry-After": "7380", "Content-Type": "application/problem+json"}
    page.route(
        "**/upload",
        lambda route: route.fulfill(status=429, headers=headers, body=json.dumps(problem)),
    )
    choose(page, SAMPLE)
    expect(refusal(page)).to_contain_text("Throttled")
    expect(refusal(page)).to_contain_text("Try again in 2:03:00.")


def test_the_claim_vod_restricts_the_token(page: Page) -> None:
    page.get_by_role("switch", name="Restrict it with the claim vod").check()
    page.get_by_label("Claim vod, as JSON").fill('{"upload": {"max_bytes": 1000}}')
    page.get_by_role("button", name="Get token").click()
    expect(page.get_by_text("Token for alice")).to_be_visible()
    page.get_by_text("Claims of the token").click()
    expect(page.get_by_text('"max_bytes": 1000')).to_be_visible()
    choose(page, SAMPLE)
    expect(refusal(page)).to_contain_text("at most 1000 bytes")


def test_reports_that_the_server_is_not_reachable(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("button", name="Get token").click()
    expect(refusal(page)).to_contain_text("There was no answer.")


def test_the_token_is_kept_only_in_the_page(page: Page) -> None:
    page.get_by_role("button", name="Get token").click()
    expect(page.get_by_text("Token for alice")).to_be_visible()
    upload(page)
    kept = page.evaluate(
        "() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]"
    )
    assert "vodpass-demo" in kept[0]
    # A token begins with eyJ, and so do the credentials of an upload.
    assert "eyJ" not in "".join(kept)
    assert kept[1:] == ["{}", ""]
    page.reload()
    expect(page.get_by_text("Token for alice")).to_be_hidden()


def test_lists_what_is_deployed(stack: Stack, page: Page) -> None:
    functions = stack.gateway.deployment.functions
    called = [name for name, function in functions.items() if function.http is not None]
    assert len(called) >= 5
    page.get_by_text("Endpoints").click()
    for name in called:
        expect(page.locator(f"[data-function={name}]")).to_be_visible()
    expect(page.get_by_text(stack.cloud.url)).to_be_visible()


def test_the_calls_show_what_happened_and_no_secret(stack: Stack, page: Page) -> None:
    video_id = upload(page)
    assert calls(page) == ["POST /upload 200"]
    entry = page.get_by_label("Requests made by this page").locator("> li")
    entry.locator("summary").click()
    expect(entry).to_contain_text(video_id)
    expect(entry).to_contain_text("CreateUploadVideo")
    expect(entry.locator(".cold, .warm")).to_have_count(1)
    shown = entry.inner_text()
    assert re.search(r'"UploadAuth": "\S{12}…"', shown)
    assert not re.search(r"eyJ[\w-]{20}", shown)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"curl -sS -X POST '{stack.url}/upload'" in copied
    assert "Idempotency-Key: " in copied
    assert "eyJ" not in copied
    if shutil.which("curl"):
        # The same Idempotency-Key, for a video whose file has arrived.
        ran = subprocess.run(["bash", "-c", copied], capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout)["Code"] == "UploadFinished"


def test_an_sts_token_can_be_tried(page: Page) -> None:
    page.get_by_role("button", name="Get STS token").click()
    policy = page.locator("#sts-policy")
    expect(policy).to_contain_text('"vod:CreateUploadVideo"')
    tries = page.locator("#sts-tries > li")
    for purpose, allowed, denied in (
        ("Upload to VOD", "CreateUploadVideo", "GetPlayInfo"),
        ("Play from VOD", "GetPlayInfo", "CreateUploadVideo"),
        ("Upload to OSS", "PUT KeyPrefix", "PUT elsewhere"),
    ):
        page.get_by_role("radio", name=purpose).check()
        page.get_by_role("button", name="Get STS token").click()
        page.get_by_role("button", name="Try the token").click()
        expect(tries.filter(has_text=allowed)).to_contain_text("allowed")
        expect(tries.filter(has_text=denied)).to_contain_text("refused")


def test_a_token_that_comes_late_is_not_taken_for_another_purpose(page: Page) -> None:
    """The page would say what it permits and refuses in the place of the wanted one."""
    held: list[Route] = []
    page.route("**/sts", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    with page.expect_request("**/sts"):
        page.get_by_role("button", name="Get STS token").click()
    page.get_by_role("radio", name="Play from VOD").check()
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/sts")):
        held.pop().continue_()
    # The page has seen the answer once another one, asked for later, is there.
    page.evaluate("async () => { await (await fetch('/')).text() }")
    expect(page.locator("#sts-issued")).to_be_hidden()
    page.unroute("**/sts")
    page.get_by_role("button", name="Get STS token").click()
    expect(page.locator("#sts-policy")).to_contain_text('"vod:GetPlayInfo"')


def test_only_its_own_scripts_run(page: Page) -> None:
    inline = """() => {
      const script = document.createElement("script");
      try { script.text = "window.ran = true"; } catch { return "no text for a script"; }
      document.body.append(script);
      return window.ran ?? "not run";
    }"""
    assert page.evaluate(inline) == "no text for a script"
    assert (
        page.evaluate(
            """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) =>
            resolve(event.effectiveDirective), { once: true });
          fetch("https://example.com/").catch(() => {});
        })"""
        )
        == "connect-src"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390])
def test_fits_a_phone_and_can_be_read(page: Page, scheme: str, width: int, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 780})
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    choose(page, wrong)
    # The refusal is where the user looks, without scrolling.
    expect(refusal(page)).to_contain_text("InvalidRequest")
    expect(refusal(page).get_by_text("InvalidRequest")).to_be_in_viewport(ratio=1)
    play(page, "0" * 32)
    expect(refusal(page)).to_contain_text("VideoNotFound")
    expect(refusal(page).get_by_text("VideoNotFound")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CONTRAST) == []


CONTRAST = """() => {
  // Texts with less than 4.5 : 1 (WCAG 2, AA) against the background that they stand on.
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255).map((part) =>
      part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgb(color).length === 3) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.matches(":disabled")) continue;
    const pair = [getComputedStyle(element).color, ground(element)].map(luminance);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) faint.push(`${element.textContent.trim().slice(0, 30)}: ${ratio.toFixed(1)}`);
  }
  return faint;
}"""


def test_every_control_can_be_named_and_reached_by_keyboard(page: Page) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, textarea, select")]
          .filter((control) => !control.labels?.length && !control.ariaLabel)
          .map((control) => control.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.value"
                " || document.activeElement.textContent.trim()"
            )
        )
    assert {"alice", "en", "choose", "video-id", "Play by id", "sts-ask", "vod-upload"} <= reached
    assert {"vod:upload", "claim-on", "get-token", "tab-events", "Endpoints"} <= reached
    page.locator("#tab-events").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Calls")).to_be_focused()
    expect(page.locator("#panel-calls")).to_be_visible()
    expect(page.locator("#panel-events")).to_be_hidden()

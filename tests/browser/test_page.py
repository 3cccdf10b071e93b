"""The page that `make run` serves, used like a person does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.stack import Stack
from tests.browser.functions import call, token
from tests.browser.traffic import Traffic
from tests.support.clients import put

SAMPLE = Path(__file__).parent / "media" / "sample.mp4"
PLAYS = """video => new Promise((resolve) => {
  video.ontimeupdate = () => { if (video.currentTime > 0.1) resolve(video.duration); };
})"""


def upload(page: Page, file: Path = SAMPLE) -> None:
    """Pick a file and send it."""
    page.get_by_label("Video file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()


def play(page: Page, video_id: str) -> None:
    """Play a video by its id."""
    page.get_by_label("VideoId").fill(video_id)
    page.get_by_role("button", name="Play").click()


def calls(page: Page) -> list[str]:
    """The page's list of its requests: label and result of each."""
    items = page.get_by_label("Requests made by this page").get_by_role("listitem").all()
    return [
        f"{item.locator('code').inner_text()} {item.locator('.outcome').inner_text()}"
        for item in items
    ]


def as_user(page: Page, sub: str) -> None:
    """From now on, send requests as this user."""
    page.get_by_label("User sub").fill(sub)


@pytest.fixture(autouse=True)
def opened(stack: Stack, page: Page, traffic: Traffic) -> None:
    """The page is ready."""
    page.goto(stack.url)
    expect(page.get_by_role("listitem")).to_have_count(1)


def test_a_file_is_uploaded_and_plays(
    stack: Stack, page: Page, traffic: Traffic, complaints: list[str]
) -> None:
    upload(page)
    expect(page.get_by_role("status")).to_have_text("Playing sample.")
    assert page.locator("video").evaluate(PLAYS) == pytest.approx(3, abs=0.2)
    assert page.locator("video").evaluate("video => [video.videoWidth, video.videoHeight]") == [
        320,
        180,
    ]
    video_id = page.get_by_label("VideoId").input_value()
    media = stack.cloud.vod.library.all()
    assert [(one.video_id, one.status, one.size) for one in media] == [
        (video_id, "Normal", SAMPLE.stat().st_size)
    ]
    shown = calls(page)
    assert [line for line in shown if not line.startswith("PUT")] == [
        "GET /_local/config 200",
        "POST /_local/token 200",
        "POST /upload 200",
        "GET /play 200",
        "GET VOD GetPlayInfo 200",
    ]
    assert re.fullmatch(r"PUT OSS \S+\.mp4 200", shown[3])
    assert complaints == []
    assert traffic.hosts_elsewhere == set()


def test_bob_cannot_play_alices_video_and_learns_nothing_about_it(stack: Stack, page: Page) -> None:
    upload(page)
    expect(page.get_by_role("status")).to_have_text("Playing sample.")
    as_user(page, "bob")
    answers = []
    for video_id in (page.get_by_label("VideoId").input_value(), "0" * 32):
        play(page, video_id)
        expect(page.get_by_role("status")).to_have_text("That did not work.")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("No video with this VideoId belongs to you.")
        answers.append(re.sub(r"1-[0-9a-f-]+", "", alert.inner_text()))
        assert page.locator("video").get_attribute("src") is None
    assert answers[0] == answers[1]
    assert "VideoNotFound" in answers[0]


def test_a_credential_that_expires_during_the_upload_is_renewed(stack: Stack, page: Page) -> None:
    # The cloud's clock moves between the response of /upload and the PUT.
    lifetime = stack.cloud.vod.settings.upload_lifetime
    page.expose_function("afterUpload", lambda: stack.cloud.clock.advance(lifetime + 1))
    page.evaluate(
        """() => {
          const fetch = window.fetch;
          window.fetch = async (url, options) => {
            const answer = await fetch(url, options);
            if (url === "/upload") await window.afterUpload();
            return answer;
          };
        }"""
    )
    upload(page)
    expect(page.get_by_role("status")).to_have_text("Playing sample.")
    outcomes = [line.rpartition("mp4 ")[2] for line in calls(page)]
    assert outcomes[2:6] == [
        "POST /upload 200",
        "403 SecurityTokenExpired",
        "POST /refresh 200",
        "200",
    ]
    assert len(stack.cloud.vod.library.all()) == 1


def test_waits_for_a_video_as_long_as_the_server_says(
    stack: Stack, page: Page, traffic: Traffic
) -> None:
    def plays() -> list[str]:
        urls = [request.url for request in traffic.to(stack.url)]
        return [url for url in urls if "/play?" in url]

    page.clock.install()
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    play(page, begun["VideoId"])
    status = page.get_by_role("status")
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
    expect(page.get_by_role("status")).to_contain_text("asking again")
    expect(page.get_by_role("button", name="Play")).to_be_disabled()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Play")).to_be_enabled()


def test_a_video_that_will_never_play_is_not_waited_for(stack: Stack, page: Page) -> None:
    begun = call(stack, "POST", "/upload", token(stack, "alice"), {"FileName": "film.mp4"})
    # A reviewer does this in VOD's console. The fake has no operation for it.
    stack.cloud.vod.library._change(begun["VideoId"], status="Blocked")
    play(page, begun["VideoId"])
    expect(page.get_by_role("alert")).to_contain_text("VideoNotReady")
    expect(page.get_by_role("alert")).to_contain_text("The video's Status is Blocked.")


def test_refusals_are_explained(page: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    alert = page.get_by_role("alert")
    upload(page, wrong)
    expect(alert).to_contain_text("InvalidRequest")
    expect(alert).to_contain_text("FileName")
    expect(alert).to_contain_text("HTTP 400")
    page.get_by_label("upload", exact=True).uncheck()
    upload(page)
    expect(alert).to_contain_text("Forbidden")
    page.get_by_text("Narrow it by the claim").click()
    page.get_by_label("JSON, or nothing").fill("{")
    upload(page)
    expect(alert).to_contain_text("The claim vod is not JSON.")


def test_the_claim_vod_restricts_the_token(page: Page) -> None:
    page.get_by_text("Narrow it by the claim").click()
    page.get_by_label("JSON, or nothing").fill('{"upload": {"max_bytes": 1000}}')
    page.get_by_role("button", name="Get token").click()
    expect(page.get_by_text("Token for alice")).to_be_visible()
    page.get_by_text("Claims", exact=True).click()
    expect(page.get_by_text('"max_bytes": 1000')).to_be_visible()
    upload(page)
    expect(page.get_by_role("alert")).to_contain_text("at most 1000 bytes")


def test_reports_that_the_cloud_is_not_reachable(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("button", name="Get token").click()
    expect(page.get_by_role("alert")).to_contain_text("gave no answer")


def test_the_token_is_kept_only_in_the_page(page: Page) -> None:
    page.get_by_role("button", name="Get token").click()
    expect(page.get_by_text("Token for alice")).to_be_visible()
    kept = "() => [localStorage.length, sessionStorage.length, document.cookie]"
    assert page.evaluate(kept) == [0, 0, ""]
    page.reload()
    expect(page.get_by_text("Token for alice")).to_be_hidden()


def test_lists_what_is_deployed(stack: Stack, page: Page) -> None:
    functions = stack.gateway.deployment.functions
    called = [name for name, function in functions.items() if function.http is not None]
    assert len(called) >= 5
    for name in called:
        expect(page.locator(f"[data-function={name}]")).to_be_visible()
    expect(page.get_by_text(stack.cloud.url)).to_be_visible()


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
def test_fits_a_phone_and_can_be_read(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 780})
    as_user(page, "bob")
    play(page, "0" * 32)
    expect(page.get_by_role("alert")).to_contain_text("VideoNotFound")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
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
          .filter((control) => !control.labels.length).map((control) => control.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.textContent")
        )
    assert {"sub", "file", "video-id", "Get token", "Upload", "Play"} <= reached

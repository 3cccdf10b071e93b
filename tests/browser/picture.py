"""`make picture`: photographs the page for README.md and README.zh-CN.md."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from local.build import fill
from local.checkout_keys import load_keys
from local.stack import PROJECT, Stack
from tests.browser.app import SAMPLE, big_file, choose, open_page, row
from tests.browser.chromium import FLAGS, chromium, require_chinese_font
from tests.browser.parts import hold_parts
from tests.support.debian import ProgramMissing

PICTURES = {"en-GB": "page.webp", "zh-CN": "page.zh.webp"}
SIZE: ViewportSize = {"width": 1440, "height": 900}
QUALITY = 82

# A film and a cover, drawn here: a repository needs no large files for a picture.
DRAW = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const brush = canvas.getContext("2d");
  const draw = (time, colors) => {
    const sky = brush.createLinearGradient(0, 0, 0, 360);
    colors.forEach((color, index) => sky.addColorStop(index / (colors.length - 1), color));
    brush.fillStyle = sky;
    brush.fillRect(0, 0, 640, 360);
    brush.fillStyle = "rgb(255 244 214)";
    brush.beginPath();
    brush.arc(440, 150 + time * 20, 46, 0, 7);
    brush.fill();
    for (const [shade, base, height] of [[0.28, 230, 40], [0.5, 275, 26], [0.75, 320, 14]]) {
      brush.fillStyle = `rgb(12 20 44 / ${shade})`;
      brush.beginPath();
      brush.moveTo(0, 360);
      for (let x = 0; x <= 640; x += 8) {
        brush.lineTo(x, base + Math.sin(x / 70 + base + time) * height);
      }
      brush.lineTo(640, 360);
      brush.fill();
    }
  };
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const recorded = new Promise((resolve) => {
    recorder.ondataavailable = ({ data }) => resolve(data);
  });
  const ended = performance.now() + 1500;
  recorder.start();
  while (performance.now() < ended) {
    draw(performance.now() / 1000 % 3, ["#1e2a5a", "#a8508f", "#ff9a5a"]);
    await new Promise(requestAnimationFrame);
  }
  recorder.stop();
  const film = await recorded;
  draw(0, ["#0c4a6e", "#2a9d8f", "#e9d8a6"]);
  const cover = await new Promise((resolve) => canvas.toBlob(resolve));
  const read = async (blob) => [...new Uint8Array(await blob.arrayBuffer())];
  return [await read(film), await read(cover)];
}"""


def main() -> int:
    """Write the pictures into docs/. The exit code is 0, or 1 if something is missing."""
    try:
        program = chromium()
        require_chinese_font()
    except ProgramMissing as missing:
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    fill(PROJECT, PROJECT / "build", PROJECT / ".local")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for language, name in PICTURES.items():
            path = Path(folder) / name
            path.mkdir()
            keys = load_keys(path)
            with Stack(build=PROJECT / "build", keys=keys, events=True) as stack:
                picture = photograph(browser, stack, language, path)
            (PROJECT / "docs" / name).write_bytes(picture)
        browser.close()
    return 0


def photograph(browser: Browser, stack: Stack, language: str, folder: Path) -> bytes:
    """The page, with videos, an upload under way and events, as WebP."""
    context = browser.new_context(locale=language, color_scheme="light", viewport=SIZE)
    page = context.new_page()
    open_page(page, stack.url)
    for file in made(page, folder):
        choose(page, file)
        expect(row(page, file.name)).to_have_attribute("data-state", "succeeded", timeout=30_000)
        row(page, file.name).locator(".actions button").click()
    ready = page.locator('#events [data-type="video.ready"]')
    expect(ready).to_have_count(2, timeout=30_000)
    hold_parts(page, after=7)
    choose(page, big_file(folder, 12))
    page.wait_for_function("() => document.querySelector('#queue progress').value > 6e6")
    page.mouse.move(0, 0)
    sent = {"format": "webp", "quality": QUALITY}
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", sent)
    context.close()
    return base64.b64decode(shot["data"])


def made(page: Page, folder: Path) -> list[Path]:
    """Files to upload."""
    film, cover = page.evaluate(DRAW)
    contents = {
        "cover.png": bytes(cover),
        "lines.srt": b"1\n00:00:00,000 --> 00:00:01,000\nhello\n",
        "colours.mp4": SAMPLE.read_bytes(),
        "sunset.webm": bytes(film),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


if __name__ == "__main__":
    sys.exit(main())

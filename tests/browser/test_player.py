"""Aliplayer's own GetPlayInfo, made with a PlayAuth of /play, answered by the fake VOD.

The player then stops, because it has no licence; a licence is the customer's own, and none is
stood in for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Response

from local.stack import Stack
from tests.browser.functions import call, token
from tests.browser.site import Site
from tests.browser.traffic import Traffic
from tests.browser.vendor import serve_vendor
from tests.support.clients import decoded, put

SAMPLE = Path(__file__).parent / "media" / "sample.mp4"
NO_LICENCE = 4036

PLAY = """({ vid, playauth, server }) => {
  window.errors = [];
  const player = new Aliplayer({
    id: "player",
    vid,
    playauth,
    autoplay: true,
    customVodServer: server,
    customVodServerFirst: true,
  });
  player.on("error", (event) => window.errors.push(event.paramData?.error_code));
}"""


@pytest.fixture(autouse=True)
def cdn(context: BrowserContext) -> None:
    """The player loads its parts from a CDN."""
    serve_vendor(context)


def playback(stack: Stack, sub: str = "alice") -> dict[str, Any]:
    """The response of /play for a film that was just uploaded."""
    bearer = token(stack, sub)
    begun = call(stack, "POST", "/upload", bearer, {"FileName": "film.mp4"})
    put(begun, SAMPLE.read_bytes())
    return call(stack, "GET", f"/play?VideoId={begun['VideoId']}", bearer)


def redeemed(
    page: Page, stack: Stack, site: Site, vid: str, playauth: str
) -> tuple[Mapping[str, str], Response]:
    """The player's request, and the response to it."""
    page.goto(f"{site.url}/player")
    with page.expect_response(lambda found: "Action=GetPlayInfo" in found.url) as waiting:
        page.evaluate(PLAY, {"vid": vid, "playauth": playauth, "server": f"{stack.cloud.url}/"})
    response = waiting.value
    return dict(parse_qsl(urlsplit(response.url).query, keep_blank_values=True)), response


def test_redeems_a_play_auth(stack: Stack, site: Site, page: Page, traffic: Traffic) -> None:
    issued = playback(stack)
    inner = decoded(issued["PlayAuth"])
    video_id = inner["VideoMeta"]["VideoId"]
    asked, response = redeemed(page, stack, site, video_id, issued["PlayAuth"])

    assert response.url.startswith(f"{stack.cloud.url}/?")
    assert response.request.method == "GET"
    assert asked["VideoId"] == video_id
    assert asked["AccessKeyId"] == inner["AccessKeyId"]
    assert asked["SecurityToken"] == inner["SecurityToken"]
    assert asked["AuthInfo"] == inner["AuthInfo"]
    assert (asked["SignatureMethod"], asked["SignatureVersion"]) == ("HMAC-SHA1", "1.0")
    assert "Timestamp" not in asked
    assert inner["AccessKeySecret"] not in response.url

    answer = response.json()
    assert response.status == 200
    assert response.headers["access-control-allow-origin"] in ("*", site.url)
    assert answer["VideoBase"]["VideoId"] == video_id
    (stream,) = answer["PlayInfoList"]["PlayInfo"]
    assert stream["Format"] == "mp4"
    page.wait_for_function("errors.length > 0")
    assert page.evaluate("errors") == [NO_LICENCE]
    assert stream["PlayURL"] in [request.url for request in traffic.requests]


def test_a_play_auth_that_has_expired_is_refused(stack: Stack, site: Site, page: Page) -> None:
    issued = playback(stack)
    stack.cloud.clock.advance(101)
    inner = decoded(issued["PlayAuth"])
    _, response = redeemed(page, stack, site, inner["VideoMeta"]["VideoId"], issued["PlayAuth"])
    assert (response.status, response.json()["Code"]) == (400, "InvalidAuthInfo.ExpireTime")

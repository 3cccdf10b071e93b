"""The bucket of the purpose `oss-upload` under `make run`: its CORS rules allow only the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun.oss.cors import METHODS
from fakealiyun.testing.oss import browser, preflight
from local.checkout_keys import load_keys
from local.stack import Stack
from tests.support.code_under_test import CodeUnderTest

BUCKET = "vodpass-local"


@pytest.fixture(scope="module")
def stack(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The cloud after a reset, with what an operator created in it."""
    with code_under_test.stack(keys=load_keys(tmp_path_factory.mktemp("keys"))) as running:
        running.cloud.reset()
        yield running


@pytest.mark.parametrize("method", METHODS)
def test_the_page_may_upload(stack: Stack, method: str) -> None:
    assert stack.origins == [f"http://{name}:{stack.port}" for name in ("127.0.0.1", "localhost")]
    for origin in stack.origins:
        reply = preflight(stack.cloud, f"/{BUCKET}/uploads/u/a.mp4", method, origin=origin)
        assert reply.status == 200
        assert reply.headers["access-control-allow-origin"] == origin


def test_the_page_can_read_the_etag_of_a_part(stack: Stack) -> None:
    for origin in stack.origins:
        reply = browser(
            stack.cloud,
            stack.cloud.admin,
            "PUT",
            "uploads/u/a.mp4",
            b"x",
            headers={"Origin": origin},
            bucket=BUCKET,
        )
        assert reply.status == 200
        assert reply.headers["access-control-allow-origin"] == origin
        assert "ETag" in reply.headers["access-control-expose-headers"].split(", ")


@pytest.mark.parametrize(
    "origin",
    ["http://app.example", "https://127.0.0.1:{port}", "http://127.0.0.1:{port}0", "null"],
)
def test_no_other_page_may(stack: Stack, origin: str) -> None:
    origin = origin.format(port=stack.port)
    path = f"/{BUCKET}/uploads/u/a.mp4"
    refused = preflight(stack.cloud, path, origin=origin)
    assert (refused.status, refused.code) == (403, "AccessForbidden")
    unreadable = browser(
        stack.cloud,
        stack.cloud.admin,
        "PUT",
        "uploads/u/a.mp4",
        b"x",
        headers={"Origin": origin},
        bucket=BUCKET,
    )
    assert unreadable.status == 200
    assert "access-control-allow-origin" not in unreadable.headers
    vods = preflight(stack.cloud, f"/{stack.cloud.vod.bucket}/sv/a.mp4", origin=origin)
    assert vods.headers["access-control-allow-origin"] == "*"

"""Deployments that transcode their videos, with a receiver of the app."""

from __future__ import annotations

import base64
import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakealiyun.vod.settings import TRANSCODE
from local.checkout_keys import load_keys
from tests.support.app_receiver import AppReceiver
from tests.support.code_under_test import CodeUnderTest
from tests.support.loop_thread import LoopThread
from tests.support.road import WINDOW, Road


@contextlib.contextmanager
def deployed(code: CodeUnderTest, folder: Path, *, credentials: bool = False) -> Iterator[Road]:
    """A deployment during a rotation: it signs with the app's secret and an older one. With
    `credentials`, `watch` renews uploads and sends the app the new credentials."""
    keys = load_keys(folder)
    old_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    with contextlib.ExitStack() as stacked:
        receiver = stacked.enter_context(contextlib.closing(AppReceiver()))
        environment = {
            "VODPASS_TEMPLATE_GROUP_ID": TRANSCODE,
            "VODPASS_UPLOAD_WINDOW": str(WINDOW),
            "VODPASS_WEBHOOK_URL": receiver.url,
            "VODPASS_WEBHOOK_SECRETS": f"{old_secret},{receiver.secret}",
        }
        renewals = None
        if credentials:
            renewals = stacked.enter_context(contextlib.closing(AppReceiver()))
            environment |= {
                "VODPASS_CREDENTIAL_WEBHOOK_URL": renewals.url,
                "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": renewals.secret,
            }
        loop = stacked.enter_context(contextlib.closing(LoopThread()))
        stack = code.stack(keys=keys, environment=environment, events=True)
        loop.run(stack.start())
        try:
            yield Road(stack, receiver, loop, keys.callback_key, renewals)
        finally:
            loop.run(stack.stop())


def emptied(road: Road) -> Road:
    """The same deployment, reset."""
    road.settle()
    road.stack.cloud.reset()
    road.settle()
    road.receiver.clear()
    if road.renewals is not None:
        road.renewals.clear()
    return road


@pytest.fixture(scope="session")
def deployment(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    with deployed(code_under_test, tmp_path_factory.mktemp("guide")) as road:
        yield road


@pytest.fixture
def road(deployment: Road) -> Road:
    return emptied(deployment)


@pytest.fixture
def new_road(code_under_test: CodeUnderTest, tmp_path: Path) -> Iterator[Road]:
    """A deployment for one test. Its watch first runs after 300 seconds."""
    with deployed(code_under_test, tmp_path) as road:
        yield road


@pytest.fixture
def renewing_road(code_under_test: CodeUnderTest, tmp_path: Path) -> Iterator[Road]:
    with deployed(code_under_test, tmp_path, credentials=True) as road:
        yield road

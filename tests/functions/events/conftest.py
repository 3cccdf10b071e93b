"""One deployment for each test process. Before each test, cloud and receivers are emptied."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.checkout_keys import load_keys
from tests.support.app_receiver import AppReceiver
from tests.support.code_under_test import CodeUnderTest
from tests.support.loop_thread import LoopThread
from tests.support.road import WINDOW, Road

SECOND_APP = "app-2000000"


@contextlib.contextmanager
def running(
    code: CodeUnderTest, folder: Path, *, credentials: bool = False, **settings: str
) -> Iterator[Road]:
    """A deployment whose keys are in `folder`, and its app.

    With `credentials`, the watch refreshes uploads for the app, and they may take a day. Else they
    may take WINDOW.
    """
    keys = load_keys(folder)
    old_key = f"aA1{secrets.token_hex(12)}"
    with contextlib.ExitStack() as stacked:
        receiver = stacked.enter_context(contextlib.closing(AppReceiver()))
        environment = {
            "VODPASS_WEBHOOK_URL": receiver.url,
            "VODPASS_WEBHOOK_SECRETS": receiver.secret,
            "VODPASS_CALLBACK_KEYS": f"{keys.callback_key},{old_key}",
            "VODPASS_LATE_RECHECK": "0",  # else each recheck schedules another one
        }
        renewals = None
        if credentials:
            renewals = stacked.enter_context(contextlib.closing(AppReceiver()))
            environment |= {
                "VODPASS_CREDENTIAL_WEBHOOK_URL": renewals.url,
                "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": renewals.secret,
            }
        else:
            environment["VODPASS_UPLOAD_WINDOW"] = str(WINDOW)
        environment |= settings
        loop = stacked.enter_context(contextlib.closing(LoopThread()))
        stack = code.stack(keys=keys, environment=environment, events=True)
        loop.run(stack.start())
        try:
            yield Road(stack, receiver, loop, old_key, renewals)
        finally:
            loop.run(stack.stop())


def emptied(road: Road) -> Iterator[Road]:
    """The deployment in its first state, for one test. Every received event must verify."""
    road.settle()
    road.stack.cloud.reset()
    road.settle()
    receivers = [road.receiver, *([road.renewals] if road.renewals else [])]
    for receiver in receivers:
        receiver.clear()
    yield road
    for receiver in receivers:
        receiver.open.set()
        assert receiver.faults == []


@pytest.fixture(scope="session")
def notifying(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    with running(code_under_test, tmp_path_factory.mktemp("road")) as road:
        yield road


@pytest.fixture(scope="session")
def renewing(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    with running(code_under_test, tmp_path_factory.mktemp("renewing"), credentials=True) as road:
        yield road


@pytest.fixture(scope="session")
def plain(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("plain")
    with running(code_under_test, folder, VODPASS_WATCH="expiring,abandoned") as road:
        yield road


@pytest.fixture(scope="session")
def in_second_application(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("second")
    with running(code_under_test, folder, VODPASS_APP_ID=SECOND_APP) as road:
        yield road


@pytest.fixture
def second_road(in_second_application: Road) -> Iterator[Road]:
    """A deployment in a second application of VOD."""
    yield from emptied(in_second_application)


@pytest.fixture
def plain_road(plain: Road) -> Iterator[Road]:
    """A deployment with the default jobs of watch: it does not look for finished uploads."""
    yield from emptied(plain)


@pytest.fixture
def road(notifying: Road) -> Iterator[Road]:
    yield from emptied(notifying)


@pytest.fixture
def finding_road(notifying: Road) -> Iterator[Road]:
    """A deployment whose watch also looks for finished uploads, as in `make run`."""
    yield from emptied(notifying)


@pytest.fixture
def renewing_road(renewing: Road) -> Iterator[Road]:
    yield from emptied(renewing)

"""The stack with its page, a customer's site, and a browser that cannot reach beyond loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from local.checkout_keys import load_keys
from local.stack import Stack
from tests.browser import site as customer
from tests.browser.chromium import FLAGS, chromium
from tests.browser.traffic import Traffic
from tests.support.code_under_test import CodeUnderTest
from tests.support.debian import ProgramMissing

HERE = Path(__file__).parent
PATIENCE = 30_000  # milliseconds: on a busy machine, a function may need to start first
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Limit only the time of the tests: a fixture may need to install Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(60, func_only=True))


def unavailable(reason: str) -> NoReturn:
    """Skip the test and say what is missing. With CI=true, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


# While Playwright's synchronous interface is in use, no other event loop can run in its thread. So
# these fixtures have the scope of the package.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. Each test has its own profile."""
    try:
        program = chromium()
    except ProgramMissing as missing:
        unavailable(str(missing))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def running_site() -> Iterator[customer.Site]:
    """The customer's site."""
    for path in customer.FILES.values():
        if not path.exists():
            unavailable(f"{path.name} is missing; make setup installs node_modules")
    with customer.serve() as running:
        yield running


@pytest.fixture(scope="package")
def running_stack(
    code_under_test: CodeUnderTest,
    running_site: customer.Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Functions, cloud and page. Tests use `stack`, whose cloud is empty."""
    keys = load_keys(tmp_path_factory.mktemp("browser"))
    environment = {"VODPASS_CORS_ORIGINS": running_site.url}
    with code_under_test.stack(keys=keys, environment=environment) as running:
        yield running


@pytest.fixture
def stack(running_stack: Stack) -> Stack:
    """The stack, with an empty cloud."""
    running_stack.cloud.reset()
    return running_stack


@pytest.fixture
def site(running_site: customer.Site) -> customer.Site:
    """The customer's site. Its hook does nothing yet."""
    running_site.hook = lambda: None
    return running_site


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new profile."""
    made = browser.new_context(locale="en-GB")
    # A test cannot answer this picker. The page then uses its input.
    made.add_init_script("delete window.showOpenFilePicker")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def traffic(context: BrowserContext) -> Traffic:
    """The requests of the profile's pages."""
    return Traffic(context)


@pytest.fixture
def complaints() -> list[str]:
    """The console errors and uncaught exceptions of `page`."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    """An empty page."""
    made = context.new_page()
    made.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    made.on("pageerror", lambda error: complaints.append(str(error)))
    return made

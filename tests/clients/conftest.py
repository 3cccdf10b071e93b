"""An app's site with the web client, and the browser, stack and helpers of the browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import site as customer
from tests.browser.conftest import (
    browser,
    complaints,
    context,
    page,
    running_stack,
    site,
    stack,
    traffic,
    unavailable,
)
from tests.support.files import mp4

__all__ = ["browser", "complaints", "context", "page", "running_stack", "site", "stack", "traffic"]

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
FILES = {
    **customer.FILES,
    "/client": HERE / "pages" / "client.html",
    "/official.js": HERE / "pages" / "official.js",
    "/vodpass.js": PROJECT / "clients" / "web" / "vodpass.js",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The time limit is of the tests themselves: a fixture may have Chromium to install."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="package")
def running_site() -> Iterator[customer.Site]:
    """The app's site."""
    for path in FILES.values():
        if not path.exists():
            unavailable(f"{path.name} is missing; make setup installs node_modules")
    with customer.serve(FILES) as running:
        yield running


@pytest.fixture(scope="session")
def node() -> str:
    """Node's program."""
    found = shutil.which("node")
    if found is None:
        unavailable("no Node on this machine")
    return found


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of three parts of 1 MiB, the last one small."""
    path = tmp_path / "my film.mp4"
    path.write_bytes(mp4(2 * 1024 * 1024 + 777))
    return path


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder whose modules find the packages of the pages."""
    installed = tmp_path / "node_modules"
    installed.mkdir()
    (installed / "vodpass").symlink_to(PROJECT / "clients" / "web")
    for name in ("ali-oss", "crypto-js"):
        found = PROJECT / "node_modules" / name
        if not found.exists():
            pytest.skip(f"{name} is missing; make setup installs node_modules")
        (installed / name).symlink_to(found)
    return tmp_path

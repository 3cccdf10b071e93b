"""Fixtures for all tests: a fake cloud, and the code of the project's functions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

from fakealiyun import FakeCloud, loopback
from local.limits_store import LimitsStore
from local.roles import LOCAL_VALUES, RAM_FOLDER
from local.stack import Stack
from ops.bundle.target import RUNTIMES, find_interpreter
from tests.support import code_under_test as code
from tests.support import event_schemas
from tests.support.code_under_test import CodeUnderTest
from tests.support.debian import program
from tests.support.runtimes import ANY

# Properties have no deadline: a busy machine is no reason to fail.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

LONG = (
    "tests/docs/commands/test_guides.py",
    "tests/live/test_rehearsal.py::test_a_fault_of_the_deployment_is_found_and_nothing_is_left",
    "tests/live/test_rehearsal.py::test_the_spine_passes_and_leaves_nothing",
    "tests/ops/account/test_apply.py::test_it_can_end_after_each_single_call",
    "tests/ops/secrecy/test_three_commands.py::test_no_secret_leaves_its_place",
    "tests/ops/test_rehearse.py",
    "tests/ops/test_template.py::test_its_own_test_passes",
)
"""Tests, and files of tests, that run whole deployments, command by command."""
LEFT_OUT = pytest.StashKey[list[tuple[str, str]]]()
"""The marks for which `make test` leaves a collected test out, each with the test's path."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--bundle 3.10`: tests then serve the functions from a bundle, as deployed.

    It also adds `--every-cell`, for the fault matrix.
    """
    parser.addoption(
        "--bundle",
        choices=RUNTIMES,
        metavar="PYTHON",
        help=f"serve the functions from a bundle, with this Python: {' or '.join(RUNTIMES)}",
    )

    parser.addoption(
        "--every-cell",
        action="store_true",
        help="try every fault of every upstream call, and compare docs/reliability.md",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the tests that need a bundle or Chromium, and those of LONG.

    `make test` leaves them out, except for a few in Chromium with the mark `smoke`. With
    `--bundle`, only the tests that run the functions' code are left.
    """
    ours = set()
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if needs & {"bundle", "packages"}:
            item.add_marker("bundle")
            item.add_marker(pytest.mark.timeout(900))  # the first one builds it
        if item.nodeid.startswith(LONG):
            item.add_marker("long")
        if "browser" in needs and item.get_closest_marker("smoke") is None:
            item.add_marker("browser")
        if "code_under_test" in needs or item.get_closest_marker("bundle") is not None:
            ours.add(item)
    config.stash[LEFT_OUT] = [
        (mark, item.nodeid.partition("::")[0])
        for item in items
        for mark in ("bundle", "browser", "long")
        if item.get_closest_marker(mark) is not None
    ]
    if config.getoption("bundle") is not None:
        config.hook.pytest_deselected(items=[item for item in items if item not in ours])
        items[:] = [item for item in items if item in ours]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Says which worker runs which tests. Only `-n` calls it."""
    from tests.support.folder_by_folder import FolderByFolder

    return FolderByFolder(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Refuses a bundle that this machine cannot run. Else every test would be skipped."""
    python = config.getoption("bundle")
    if python is not None and find_interpreter(python) is None:
        raise pytest.UsageError(f"--bundle: there is no Python {python} on this machine")


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder


@pytest.fixture(scope="session")
def code_under_test(together: Path, request: pytest.FixtureRequest) -> CodeUnderTest:
    """The code of the project's functions."""
    python = request.config.getoption("bundle")
    return code.filled(together) if python is None else code.bundled(together, python)


@pytest.fixture(scope="session")
def runtime(request: pytest.FixtureRequest) -> str:
    """The Python version of `packages` and `bundle`: that of `--bundle`, else any runtime's."""
    return request.config.getoption("bundle") or ANY


@pytest.fixture(scope="session")
def packages(together: Path, runtime: str) -> Path:
    """The locked packages for `runtime`. Tests must not change them."""
    return code.packages(together, runtime)


@pytest.fixture(scope="session")
def bundle(together: Path, runtime: str) -> CodeUnderTest:
    """The project's bundle for `runtime`. Tests must not change it."""
    return code.bundled(together, runtime)


@pytest.fixture(scope="session")
def limits_store() -> Iterator[LimitsStore]:
    """A Redis for all tests of this process that need one. On Debian, installs it first."""
    store = LimitsStore(program(["redis-server"], "redis-server"))
    store.start()
    yield store
    store.stop()


@pytest.fixture(scope="session")
def running_cloud() -> Iterator[FakeCloud]:
    """One cloud for all tests of this process. Tests use `cloud`, which resets it.

    VOD waits 5 seconds for the answer to a callback. On a slow machine, a cold start takes longer.
    """
    with (
        mock.patch.object(loopback, "TIMEOUT", 60.0),
        FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud,
    ):
        yield cloud


@pytest.fixture
def cloud(running_cloud: FakeCloud) -> FakeCloud:
    """The cloud in its initial state: no media, no objects, the clock of the machine."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture(scope="session", autouse=True)
def checked_stacks() -> Iterator[None]:
    """Stacks check the events that their built-in receiver gets, like the receivers of tests."""
    report = Stack._report_delivery

    def checked(stack: Stack, delivery: Mapping[str, Any]) -> None:
        if delivery["verified"]:
            event_schemas.check(delivery["body"])
        report(stack, delivery)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "_report_delivery", checked)
        yield


@pytest.fixture(autouse=True)
def events_keep_their_schemas(checked_stacks: None) -> Iterator[None]:
    """Fails a test during which an event was received that violates its schema."""
    yield
    assert event_schemas.taken() == []

"""Deployments for properties: one without events, and one whose app receives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functions.events.conftest import running
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import House, serve, settings
from tests.support.road import Road
from tests.support.tokens import Issuer


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    issuer = Issuer()
    project = tmp_path_factory.mktemp("properties")
    with serve(code_under_test, project, issuer, settings(issuer), {}) as house:
        yield house


@pytest.fixture(scope="session")
def road(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    """It deletes abandoned uploads, if the role of its watch may."""
    folder = tmp_path_factory.mktemp("life")
    with running(code_under_test, folder, VODPASS_CLEANUP="delete") as road:
        yield road

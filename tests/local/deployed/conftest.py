"""A cloud that accepts deployments, with the gateway that runs the functions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun.testing.fc import Fc
from local.checkout_keys import load_keys
from local.stack import Stack
from tests.support.code_under_test import CodeUnderTest


@pytest.fixture(scope="session")
def running_stack(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    keys = load_keys(tmp_path_factory.mktemp("stack"))
    with code_under_test.stack(keys=keys, events=True, allow_deploy=True) as stack:
        yield stack


@pytest.fixture
def stack(running_stack: Stack) -> Stack:
    """A local deployment that accepts deployments. Nothing is deployed yet."""
    running_stack.cloud.reset()
    return running_stack


@pytest.fixture
def running(stack: Stack) -> Fc:
    """The API of a cloud that accepts functions and runs them."""
    return Fc(stack.cloud)

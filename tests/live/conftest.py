"""The deployment of a live run, which is refused without consent."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ops.account import silence_clients
from tests.live.deployment import Deployment
from tests.live.settings import NotReady, read


@pytest.fixture(scope="session")
def live() -> Iterator[Deployment]:
    """The deployment. At the end, what the run created is deleted, or named."""
    silence_clients()
    try:
        settings = read(os.environ)
    except NotReady as reason:
        pytest.exit(str(reason), returncode=2)
    deployment = Deployment(settings)
    try:
        yield deployment
    finally:
        left = deployment.clean()
    assert not left, f"MAY BE LEFT, delete by hand: VideoId {', '.join(left)}"

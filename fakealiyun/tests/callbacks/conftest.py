"""VOD through its official client, and a receiver for its callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.callbacks import APART, House
from fakealiyun.testing.receiver import Receiver
from fakealiyun.vod.callbacks import sender


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def house(cloud: FakeCloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(sender, "RETRY_DELAY", APART)
    return House(cloud, receiver)

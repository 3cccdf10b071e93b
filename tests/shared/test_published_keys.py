"""When the keys behind a URL are fetched, to the second, and how long they serve."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.auth.published_keys import PublishedKeys
from shared.errors import Unavailable
from shared.transport import HttpAnswer, Transport
from tests.support.issuer import Key

KNOWN = Key("known", "ES256")


class Login:
    """An issuer of tokens, and the clock of the instance that fetches its keys."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.status = 200
        self.fetched = 0

    def exchange(self, *_: Any, **__: Any) -> HttpAnswer:
        self.fetched += 1
        return HttpAnswer(self.status, {}, json.dumps({"keys": [KNOWN.jwk]}).encode())


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Login:
    login = Login()
    monkeypatch.setattr(Transport, "exchange", login.exchange)
    clock = SimpleNamespace(time=lambda: login.now)
    monkeypatch.setattr("shared.auth.published_keys.time", clock)
    return login


@pytest.fixture
def published(login: Login) -> PublishedKeys:
    return PublishedKeys("https://login.example.com/keys")


@pytest.mark.parametrize(("seconds", "fetches"), [(0, 1), (599, 1), (600, 2), (-1, 2)])
def test_keys_are_fetched_again_after_ten_minutes_or_if_the_clock_is_set_back(
    login: Login, published: PublishedKeys, seconds: int, fetches: int
) -> None:
    for pause in (0, seconds):
        login.now += pause
        assert published.find("known")
    assert login.fetched == fetches


@pytest.mark.parametrize(("seconds", "fetches"), [(0, 1), (0.5, 1), (59, 1), (60, 2), (-1, 2)])
def test_unknown_kids_cause_one_fetch_a_minute(
    login: Login, published: PublishedKeys, seconds: float, fetches: int
) -> None:
    assert published.find("known")
    login.now += 300
    login.fetched = 0
    for pause in (0, seconds):
        login.now += pause
        assert published.find("made up") is None
    assert login.fetched == fetches


@pytest.mark.parametrize(("seconds", "fetches"), [(0, 1), (4, 1), (5, 2), (-1, 2)])
def test_a_failed_fetch_is_repeated_after_five_seconds(
    login: Login, published: PublishedKeys, seconds: int, fetches: int
) -> None:
    login.status = 503
    for pause in (0, seconds):
        login.now += pause
        with pytest.raises(Unavailable) as raised:
            published.find("known")
        assert raised.value.detail == "The keys that verify tokens are not available at the moment."
    assert login.fetched == fetches


@pytest.mark.parametrize(("seconds", "served"), [(86399, True), (86400, False), (-1, False)])
def test_the_last_good_keys_serve_for_a_day_unless_the_clock_is_set_back(
    login: Login, published: PublishedKeys, seconds: int, served: bool
) -> None:
    assert published.find("known")
    login.status = 503
    login.now += seconds
    with contextlib.nullcontext() if served else pytest.raises(Unavailable):
        assert published.find("known")


def test_a_clock_that_was_never_set_keeps_no_keys_away(
    login: Login, published: PublishedKeys
) -> None:
    """It begins with 1970."""
    login.now = 60.0
    assert published.find("known")
    assert published.find("made up") is None
    assert login.fetched == 2
    login.now = 5.0
    assert published.find("known")
    assert login.fetched == 3
    assert PublishedKeys("https://login.example.com/keys").find("known")

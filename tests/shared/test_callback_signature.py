"""A callback must come to the configured URL, at about the present time, with VOD's signature.

Each of the three is refused by itself, with the other two right.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest

from shared.auth.callback_signature import by_callback_signature
from shared.config.settings import Settings
from shared.errors import InvalidCallback
from shared.web.request import Request

PATH = "/events/" + "r4nd0m" * 4
URL = f"https://hooks.example.com{PATH}"
NEW, OLD = "Abcdefgh12345678", "Zyxwvuts87654321"
SETTINGS = Settings(callback_url=URL, callback_keys=(NEW, OLD))
NOW = 1_800_000_000
WINDOW = 300  # seconds


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))


def request(
    *,
    path: str = PATH,
    query: dict[str, str] | None = None,
    signed: str = URL,
    key: str = NEW,
    timestamp: str = str(NOW),
    **headers: str | None,
) -> Request:
    """A callback, signed for `signed`. `headers` replace VOD's own; None removes one."""
    text = f"{signed}|{timestamp}|{key}".encode()
    given: dict[str, str | None] = {
        "x-vod-timestamp": timestamp,
        "x-vod-signature": hashlib.md5(text, usedforsecurity=False).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return Request("POST", kept, query or {}, b"{}", path)


def reason(**changes: Any) -> str:
    with pytest.raises(InvalidCallback) as refused:
        by_callback_signature(SETTINGS)(request(**changes))
    return refused.value.reason


def test_a_genuine_callback_is_accepted_with_each_key() -> None:
    for key in (NEW, OLD):
        by_callback_signature(SETTINGS)(request(key=key))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/events",
        "/events/",
        PATH[:-1],
        PATH + "/",
        PATH + "x",
        PATH.upper(),
        "/" + PATH,
        PATH.replace("r4", "%72%34"),
        PATH + "?",
        PATH + "\ud800",
        "é" + PATH,
    ],
)
def test_the_path_is_a_secret_of_its_own(path: str) -> None:
    """The signature is right for the configured URL, wherever the request went."""
    assert reason(path=path) == "url"


@pytest.mark.parametrize("query", [{"a": "b"}, {"": ""}, {"x": ""}])
def test_a_query_is_refused(query: dict[str, str]) -> None:
    assert reason(query=query) == "url"


@pytest.mark.parametrize("age", [0, WINDOW, -WINDOW])
def test_a_time_within_the_window_is_accepted(age: int) -> None:
    by_callback_signature(SETTINGS)(request(timestamp=str(NOW - age)))


@pytest.mark.parametrize(
    "timestamp",
    [
        *(str(NOW - WINDOW - 1), str(NOW + WINDOW + 1), "0000000000", "9999999999"),
        *("", "soon", f"{NOW}0", str(NOW)[:-1], f" {NOW}", f"{NOW}\n", f"-{NOW}"[:10], "1e9"),
        "".join(chr(0x660 + int(digit)) for digit in str(NOW)),
    ],
)
def test_another_time_is_refused_even_if_it_is_signed(timestamp: str) -> None:
    assert reason(timestamp=timestamp) == "timestamp"


def test_a_missing_time_is_refused() -> None:
    assert reason(x_vod_timestamp=None) == "timestamp"


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "Abcdefgh12345679"},
        {"key": ""},
        {"signed": URL + "/"},
        {"signed": URL.replace("https", "http")},
        {"signed": ""},
        {"x_vod_signature": None},
        {"x_vod_signature": ""},
        {"x_vod_signature": "0" * 32},
        {"x_vod_signature": "é" * 32},
        {"x_vod_signature": "\ud800"},
    ],
)
def test_another_signature_is_refused(changes: dict[str, Any]) -> None:
    assert reason(**changes) == "signature"


def test_a_signature_in_upper_case_is_refused() -> None:
    genuine = request().headers["x-vod-signature"]
    assert reason(x_vod_signature=genuine.upper()) == "signature"
    assert reason(x_vod_signature=genuine + "0") == "signature"


def test_without_a_key_nothing_is_accepted() -> None:
    with pytest.raises(InvalidCallback):
        by_callback_signature(Settings(callback_url=URL))(request())


def test_a_time_in_other_digits_is_refused_even_if_it_is_signed() -> None:
    arabic = str(NOW).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert int(arabic) == NOW
    assert reason(timestamp=arabic) == "timestamp"

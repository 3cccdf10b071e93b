"""How each kind of value is read from the environment: the last that is allowed, and one beyond."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from shared.config import limits, parsers
from shared.config.parsers import OwnerKey


def coded(length: int) -> str:
    """So many bytes in base64, without signs that need no padding."""
    return base64.b64encode(b"\xfb" * length).decode()


Parser = Callable[[str], Any]

READ: list[tuple[Callable[[], Parser], str, Any]] = [
    (lambda: parsers.matching("a+"), "aa", "aa"),
    (lambda: parsers.one_of(frozenset({"a", "b"})), "b", "b"),
    (lambda: parsers.some_of("a", "b", "c"), "c,a", "c,a"),
    (lambda: parsers.some_of("a", "b"), "a", "a"),
    (lambda: parsers.listed(int), "1,2", (1, 2)),
    (lambda: parsers.listed(int), ",".join(str(n) for n in range(20)), tuple(range(20))),
    (lambda: parsers.listed(str, separator=" ", most=2), "a,b c", ("a,b", "c")),
    (lambda: parsers.number(5, 70), "5", 5),
    (lambda: parsers.number(5, 70), "70", 70),
    (lambda: parsers.number(0, 10**15), "9" * 15, 10**15 - 1),
    (lambda: parsers.flag, "1", True),
    (lambda: parsers.flag, "0", False),
    (lambda: parsers.scopes, " vod:play  vod:upload", frozenset({"vod:play", "vod:upload"})),
    (
        lambda: parsers.owner_keys,
        f"k1:{coded(32)}, zz:{coded(33)}",
        (OwnerKey("k1", b"\xfb" * 32), OwnerKey("zz", b"\xfb" * 33)),
    ),
    (lambda: parsers.callback_keys, "Aa1" + "x" * 13, ("Aa1" + "x" * 13,)),
    (
        lambda: parsers.callback_keys,
        " Aa1" + "x" * 29 + ", Bb2" + "y" * 13,
        ("Aa1" + "x" * 29, "Bb2" + "y" * 13),
    ),
    (
        lambda: parsers.callback_url,
        "https://hooks.example.com:8443/events/" + "r" * 22,
        "https://hooks.example.com:8443/events/" + "r" * 22,
    ),
    (lambda: parsers.callback_url, "https://a.b/" + "r" * 244, "https://a.b/" + "r" * 244),
    (
        lambda: parsers.callback_url,
        "https://a.b/x/aZ09_-" + "r" * 16,
        "https://a.b/x/aZ09_-" + "r" * 16,
    ),
    (
        lambda: parsers.webhook_secrets,
        f"whsec_{coded(24)}, {coded(64)}",
        (b"\xfb" * 24, b"\xfb" * 64),
    ),
    (lambda: parsers.watch_jobs, "none", frozenset()),
    (lambda: parsers.watch_jobs, "completed, expiring", frozenset({"completed", "expiring"})),
    (lambda: parsers.some_of("a", "b"), "b,a", "b,a"),
    (lambda: parsers.scopes, "vod:play vod:upload vod:refresh", parsers.SCOPES - {"vod:sts"}),
    (lambda: parsers.watch_jobs, "completed,expiring,abandoned", parsers.WATCH_JOBS),
    (lambda: parsers.origins, "app://X", frozenset({"app://X"})),
    (lambda: parsers.limits, '{"sts_per_hour": 1}', {"sts_per_hour": 1}),
    (lambda: parsers.store_url, "rediss://store.example.com", "rediss://store.example.com"),
    (
        lambda: parsers.origins,
        "https://a.example, capacitor://localhost,null",
        frozenset({"https://a.example", "capacitor://localhost", "null"}),
    ),
]


@pytest.mark.parametrize(("parser", "raw", "expected"), READ)
def test_a_value_is_read(parser: Callable[[], Parser], raw: str, expected: Any) -> None:
    found = parser()(raw)
    assert found == expected
    assert type(found) is type(expected)


REFUSED: list[tuple[Callable[[], Parser], list[str]]] = [
    (lambda: parsers.matching("a+"), ["", "ab", "ba", "aa\n"]),
    (lambda: parsers.one_of(frozenset({"a", "b"})), ["", "A", "c", "ab"]),
    (lambda: parsers.some_of("a", "b"), ["", "c", "a,", "a,a", "a;b", "a, b", "a,c"]),
    (lambda: parsers.listed(int), ["", "1,", "1,1", "1;2", ",".join(str(n) for n in range(21))]),
    (lambda: parsers.listed(str, separator=" ", most=2), ["a b c", "a a"]),
    (lambda: parsers.number(5, 70), ["", "4", "71", "5.0", "+5", " 5", "٥", "0x5"]),
    (lambda: parsers.number(0, 10**20), ["1" * 16]),
    (lambda: parsers.flag, ["", "2", "true", "01"]),
    (
        lambda: parsers.scopes,
        [" ", "vod:sts", "vod:play vod:sts", "vod:play,vod:upload", "VOD:play"],
    ),
    (
        lambda: parsers.owner_keys,
        [
            "",
            coded(32),
            f"k1:{coded(31)}",
            f"K1:{coded(32)}",
            f"k:{coded(32)}",
            f"k11:{coded(32)}",
            f"k1:{coded(32)},",
            f"k1:{coded(32)},k1:{coded(33)}",
            f"k1:{coded(32)};k2:{coded(32)}",
            f"k1:{coded(32)[:-1]}",
            f"k1:{coded(32)[:9]} {coded(32)[9:]}",
            f"k1:-_{coded(32)}",
            f"k1:k2:{coded(32)}",
        ],
    ),
    (
        lambda: parsers.callback_keys,
        [
            "",
            "Aa1" + "x" * 12,
            "Aa1" + "x" * 30,
            "Aax" + "x" * 13,
            "aa1" + "x" * 13,
            "AA1" + "X" * 13,
            "Aa1-" + "x" * 13,
            ",".join(["Aa1" + "x" * 13] * 3),
            "Aa1" + "x" * 13 + ",",
        ],
    ),
    (
        lambda: parsers.callback_url,
        [
            "https://a.b/" + "r" * 21,
            "https://a.b/" + "r" * 245,
            "https://a.b/" + "r" * 22 + "/",
            "https://a.b/" + "r" * 22 + "?" + "r" * 22,
            "https://a.b?/" + "r" * 22,
            "https://a.b/" + "r" * 22 + "#a",
            "http://a.b/" + "r" * 22,
            "https://a.b/" + "r" * 22 + "\n",
        ],
    ),
    (
        lambda: parsers.webhook_secrets,
        [
            "",
            coded(23),
            coded(65),
            f"{coded(24)},{coded(23)}",
            f"{coded(65)},{coded(24)}",
            ",".join([coded(24)] * 3),
            f"WHSEC_{coded(24)}",
            f"{coded(24)}whsec_",
        ],
    ),
    (lambda: parsers.watch_jobs, ["", "None", "expiring,none", "expiring abandoned"]),
    (lambda: parsers.limits, ["", "[]", '{"a": 1}', '{"sts_per_hour": 0}']),
    (lambda: parsers.store_url, ["", "https://store.example.com"]),
    (
        lambda: parsers.origins,
        [
            "",
            "*",
            "https://a.example/",
            "https://a.example?",
            "https://a.example#",
            "https://a@b.example",
            "app://a/b",
            "app://a?b",
            "app://a#b",
            "app://a@b",
            "app://*",
            "app://a://b",
            "https://a.example,",
            "https://a.example;https://b.example",
            "HTTPS://a.example",
        ],
    ),
]


@pytest.mark.parametrize(
    ("parser", "raw"), [(parser, raw) for parser, values in REFUSED for raw in values]
)
def test_a_value_beyond_is_refused_and_not_repeated(parser: Callable[[], Parser], raw: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - it has no text, on purpose
        parser()(raw)
    assert len(raw) < 12 or raw not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        *[(one, True) for one in ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1")],
        *[(one, True) for one in ("100.64.0.1", "100.127.255.255", "127.0.0.1", "::1", "fd00::1")],
        *[(one, True) for one in ("fc00::1", "::ffff:10.0.0.1", "fd00::1%eth0")],
        *[(one, False) for one in ("8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1")],
        *[(one, False) for one in ("100.128.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1")],
        *[(one, False) for one in ("::", "fe80::1%eth0", "ff02::1", "2001:4860::1", "240.0.0.1")],
        *[(one, False) for one in ("::ffff:8.8.8.8", "::ffff:0.0.0.0")],
    ],
)
def test_what_is_a_private_network(address: str, private: bool) -> None:
    assert limits.is_private(address) is private
    host = f"[{address}]" if ":" in address else address
    if "%" in address:
        return
    if private:
        assert limits.url(f"redis://{host}") == f"redis://{host}"
    else:
        with pytest.raises(ValueError):  # noqa: PT011 - it has no text, on purpose
            limits.url(f"redis://{host}")
    assert limits.place(f"rediss://{host}").host == address


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("rediss://s.example.com", (True, "s.example.com", 6379, "", "", 0)),
        ("rediss://s.example.com:1", (True, "s.example.com", 1, "", "", 0)),
        ("rediss://s.example.com:65535/999", (True, "s.example.com", 65535, "", "", 999)),
        ("rediss://u:p%20%25@s.example.com", (True, "s.example.com", 6379, "u", "p %", 0)),
        ("rediss://%C3%BC:p@s.example.com/", (True, "s.example.com", 6379, "ü", "p", 0)),
        ("redis://:p@s.example.com", (False, "s.example.com", 6379, "", "p", 0)),
    ],
)
def test_the_parts_of_a_store(url: str, place: tuple[Any, ...]) -> None:
    assert limits.place(url) == limits.Place(*place)


@pytest.mark.parametrize(
    "url",
    [
        "rediss://s.example.com:0",
        "rediss://s.example.com:65536",
        "rediss://u@s.example.com",
        "rediss://u:@s.example.com",
        "rediss://%ff:p@s.example.com",
        "rediss://:%ff@s.example.com",
        "rediss://s.example.com/1000",
        "rediss://s.example.com\n",
    ],
)
def test_no_store_is_at_such_a_url(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - it has no text, on purpose
        limits.place(url)


@pytest.mark.parametrize(
    ("value", "sound"),
    [
        ({}, True),
        ({"uploads_per_day": 1, "plays_per_minute": 1_000_000}, True),
        (dict.fromkeys(limits.NAMES, 5), True),
        ({"uploads_per_day": 0}, False),
        ({"uploads_per_day": 1_000_001}, False),
        ({"uploads_per_day": True}, False),
        ({"uploads_per_day": "5"}, False),
        ({"uploads_per_day": 5.0}, False),
        ({"uploads_per_year": 5}, False),
        (["uploads_per_day"], False),
        (None, False),
    ],
)
def test_limits_are_whole_numbers_of_known_names(value: Any, sound: bool) -> None:
    if sound:
        read = limits.read(value)
        assert read == value
        assert read is not value
    else:
        with pytest.raises(ValueError):  # noqa: PT011 - it has no text, on purpose
            limits.read(value)


def test_the_smaller_of_two_limits_counts() -> None:
    own = {"uploads_per_day": 5, "open_uploads": 5}
    claimed = {"uploads_per_day": 6, "open_uploads": 4, "sts_per_hour": 9}
    assert limits.narrowed(own, claimed) == {
        "uploads_per_day": 5,
        "open_uploads": 4,
        "sts_per_hour": 9,
    }

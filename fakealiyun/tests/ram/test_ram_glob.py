"""Wildcards: what they match, and that no pattern is slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakealiyun.ram.glob import Glob

SMALL = st.text(alphabet="ab.[]!-^\\\n", max_size=8)
PATTERN = st.text(alphabet="ab.*?[]!-^\\\n", max_size=8)


def reference(pattern: str, text: str) -> bool:
    """A plain matcher, written as the definition says."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return reference(pattern[1:], text) or (bool(text) and reference(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and reference(pattern[1:], text[1:])


@given(PATTERN, SMALL)
def test_glob_equals_its_definition(pattern: str, text: str) -> None:
    assert Glob(pattern).matches(text) is reference(pattern, text)


@given(st.lists(st.tuples(st.sampled_from("ab*?[]!-^\\\n"), st.text("ab[]!-\n", max_size=3))))
def test_glob_matches_what_it_was_made_from(pieces: list[tuple[str, str]]) -> None:
    """Text that is made from a pattern, so that most cases match."""
    pattern = "".join(mark for mark, _ in pieces)
    text = "".join(
        piece if mark == "*" else piece[:1] if mark == "?" else mark for mark, piece in pieces
    )
    assert Glob(pattern).matches(text) is reference(pattern, text)


@given(st.text(alphabet="ab?", max_size=3), st.integers(0, 4), st.text(alphabet="ab", max_size=12))
def test_glob_of_repeated_pieces_equals_its_definition(piece: str, times: int, text: str) -> None:
    pattern = "*".join([piece] * times)
    assert Glob(pattern).matches(text) is reference(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "covered"),
    [
        ("bucket/user/*", "bucket/user/", True),
        ("bucket/user/*", "bucket/user/a/b/c.mp4", True),
        ("bucket/user/*", "bucket/users/a", False),
        ("bucket/user/*", "Bucket/user/a", False),
        ("*", "", True),
        ("*", "line\nbreak", True),
        ("a?c", "a\nc", True),
        ("a?c*", "a\ncd", True),
        ("*a?c*", "xa\ncd", True),
        ("?", "", False),
        ("a.c", "abc", False),
        ("*.mp4", "x.mp4.exe", False),
        ("a*a", "a", False),
        ("*ab*b", "xab", False),
        ("*ab*b", "xabb", True),
        ("[a-z]*", "b", False),
        ("*(a+)+$", "(a+)+$", True),
    ],
)
def test_glob_examples(pattern: str, text: str, covered: bool) -> None:
    assert Glob(pattern).matches(text) is covered


@pytest.mark.parametrize(
    "pattern", ["*a" * 1000 + "b", "*?a" * 680 + "b", "a*" * 1000, "*" * 2000 + "b", "?*" * 1000]
)
@pytest.mark.timeout(10)
def test_hostile_patterns_end(pattern: str) -> None:
    """A matcher that backtracks would never finish these."""
    text = "a" * 5000
    assert Glob(pattern).matches(text) is not pattern.endswith("b")

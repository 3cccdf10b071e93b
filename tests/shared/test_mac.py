"""How texts are encoded and framed before a MAC covers them."""

from __future__ import annotations

import base64

from hypothesis import example, given
from hypothesis import strategies as st

from shared.auth.mac import base32, base64url, frame

PARTS = st.lists(st.text(max_size=8) | st.binary(max_size=8), max_size=4)


@given(st.binary(max_size=40))
@example(b"\x00\x00\x17")  # ends in X
def test_base64_is_url_safe_without_padding(data: bytes) -> None:
    text = base64url(data)
    assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == data
    assert "=" not in text


@given(st.binary(max_size=40).filter(lambda data: len(data) % 5 == 0))
def test_base32_is_lower_case(data: bytes) -> None:
    assert base64.b32decode(base32(data).upper()) == data
    assert base32(data) == base32(data).lower()


def _bytes(parts: list[str | bytes]) -> list[bytes]:
    return [
        part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts
    ]


@given(PARTS, PARTS)
@example(["a", "b"], ["ab"])
@example(["a", ""], ["", "a"])
def test_different_parts_have_different_frames(
    one: list[str | bytes], other: list[str | bytes]
) -> None:
    assert (frame(*one) == frame(*other)) == (_bytes(one) == _bytes(other))


def test_a_frame_has_the_length_of_each_part_in_four_bytes() -> None:
    assert frame("ab", b"\xff") == b"\x00\x00\x00\x02ab\x00\x00\x00\x01\xff"

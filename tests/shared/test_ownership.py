"""The mark in the ReferenceId of a video: one owner, one spelling, and not guessable."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.auth import ownership as owner
from shared.auth.mac import canonical, sign
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.uploads import declaration as declarations
from shared.uploads.declaration import Declaration

SETTINGS = Settings(issuer_alias="main", owner_keys=(OwnerKey("k1", b"a" * 32),))
ALICE = Owner("main", "alice")
SUBJECTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda text: len(text.encode()) <= 128
)


@given(SUBJECTS, SUBJECTS)
def test_a_mark_belongs_to_its_owner_only(subject: str, stranger: str) -> None:
    mark = owner.new_mark(SETTINGS, Owner("main", subject))

    assert owner.owns(SETTINGS, Owner("main", subject), mark)
    assert owner.owns(SETTINGS, Owner("main", stranger), mark) == (subject == stranger)
    assert not owner.owns(SETTINGS, Owner("other", subject), mark)


def test_a_mark_fits_into_a_reference_id() -> None:
    mark = owner.new_mark(SETTINGS, ALICE)

    assert len(mark) == 60
    assert mark == mark.lower()
    assert mark.isalnum()


def test_the_parts_of_a_mark_cannot_be_confused() -> None:
    mark = owner.new_mark(SETTINGS, Owner("ma", "inalice"))

    assert not owner.owns(SETTINGS, Owner("mai", "nalice"), mark)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda mark: mark[:-1],
        lambda mark: mark + "=",
        lambda mark: "v2" + mark[2:],
        lambda mark: "vé" + mark[2:],
        lambda mark: mark[:2] + "k9" + mark[4:],
        lambda mark: mark[:4] + ("b" if mark[4] == "a" else "a") + mark[5:],
        lambda mark: mark[:-1] + ("b" if mark[-1] == "a" else "a"),
        lambda mark: " " + mark[1:],
        lambda mark: mark[:20] + "é" + mark[21:],
        lambda mark: mark[:4] + base64.b32encode(bytes(35)).decode().lower(),
        lambda mark: mark[:0],
    ],
)
def test_another_spelling_of_a_mark_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    assert not owner.owns(SETTINGS, ALICE, change(owner.new_mark(SETTINGS, ALICE)))


def test_a_video_without_a_mark_has_no_owner() -> None:
    assert not owner.owns(SETTINGS, ALICE, None)


def test_old_keys_verify_and_the_first_one_signs() -> None:
    old_mark = owner.new_mark(SETTINGS, ALICE)
    rotated = Settings(
        issuer_alias="main", owner_keys=(OwnerKey("k2", b"b" * 32), OwnerKey("k1", b"a" * 32))
    )

    assert owner.owns(rotated, ALICE, old_mark)
    assert owner.new_mark(rotated, ALICE)[2:4] == "k2"
    assert not owner.owns(SETTINGS, ALICE, owner.new_mark(rotated, ALICE))


def test_an_idempotency_key_gives_each_caller_one_mark() -> None:
    mark = next(owner.marks_for_idempotency_key(SETTINGS, ALICE, "order-1"))

    assert mark == next(owner.marks_for_idempotency_key(SETTINGS, ALICE, "order-1"))
    assert mark != next(owner.marks_for_idempotency_key(SETTINGS, ALICE, "order-2"))
    assert mark != next(owner.marks_for_idempotency_key(SETTINGS, Owner("main", "bob"), "order-1"))
    assert owner.owns(SETTINGS, ALICE, mark)


@given(
    SUBJECTS,
    st.from_regex(r"\A[A-Za-z0-9_-]{0,64}\Z"),
    st.integers(1, 48_800_000_000_000),
    st.none() | st.integers(3000, 2_592_000),
)
@example('"' * 128, "k" * 64, 48_800_000_000_000, 2_592_000)
@example("\\" * 128, "k" * 64, 48_800_000_000_000, 2_592_000)
@example("\u2028" * 42, "k" * 64, 48_800_000_000_000, 2_592_000)
def test_extend_reads_back_as_written_and_fits_the_limit_of_vod(
    subject: str, key: str, size: int, window: int | None
) -> None:
    digest = declarations.request_digest({"FileName": "a.mp4"})
    extend = Declaration(subject, key, digest, size, "mjpeg", window)
    mark = owner.new_mark(SETTINGS, Owner("main", subject))

    sealed = declarations.seal(SETTINGS, mark, extend)
    text = json.dumps(sealed, ensure_ascii=False, separators=(",", ":"))

    assert len(text.encode()) <= 512
    assert declarations.unseal(SETTINGS, mark, json.dumps({"Extend": sealed})) == extend
    assert declarations.unseal(SETTINGS, mark, json.dumps({"Extend": text})) == extend


@pytest.mark.parametrize("member", ["s", "k", "d", "n", "t", "w", "m"])
@pytest.mark.parametrize("window", [86400, None])
def test_a_changed_extend_is_refused(member: str, window: int | None) -> None:
    mark = owner.new_mark(SETTINGS, ALICE)
    sealed = declarations.seal(SETTINGS, mark, Declaration("alice", "", "digest", 5, "mp4", window))
    sealed[member] = 6 if member in "nw" else "x"

    assert declarations.unseal(SETTINGS, mark, json.dumps({"Extend": sealed})) is None


def test_an_extend_without_its_window_is_refused() -> None:
    mark = owner.new_mark(SETTINGS, ALICE)
    sealed = declarations.seal(SETTINGS, mark, Declaration("alice", "", "digest", 5, "mp4", 3000))
    del sealed["w"]

    assert declarations.unseal(SETTINGS, mark, json.dumps({"Extend": sealed})) is None


def test_a_repeat_is_recognized_whatever_the_window() -> None:
    """The setting may change between a request and its repeat."""
    first = Declaration("alice", "key", "digest", 5, "mp4")
    assert first.same_request(replace(first, window=3000))
    assert replace(first, window=86400).same_request(replace(first, window=3000))
    assert not first.same_request(replace(first, digest="another"))
    assert not first.same_request(None)


def test_an_extend_is_refused_on_another_video() -> None:
    extend = Declaration("alice", "", "digest", 5, "mp4")
    sealed = declarations.seal(SETTINGS, owner.new_mark(SETTINGS, ALICE), extend)

    other = owner.new_mark(SETTINGS, ALICE)
    assert declarations.unseal(SETTINGS, other, json.dumps({"Extend": sealed})) is None


@pytest.mark.parametrize(
    "user_data", [None, "", "[]", "{}", '{"Extend": 5}', '{"Extend": "["}', '{"Extend": {"m": 1}}']
)
def test_foreign_user_data_is_refused(user_data: str | None) -> None:
    assert declarations.unseal(SETTINGS, owner.new_mark(SETTINGS, ALICE), user_data) is None


def test_the_repr_shows_no_keys() -> None:
    assert "aaaa" not in repr(SETTINGS)


@pytest.mark.parametrize("character", ["0", "1", "8", "9", "!", "-", "="])
def test_a_mark_that_is_no_base32_belongs_to_nobody(character: str) -> None:
    mark = owner.new_mark(SETTINGS, ALICE)
    for position in (4, 30, 59):
        changed = mark[:position] + character + mark[position + 1 :]
        assert not owner.owns(SETTINGS, ALICE, changed)


def test_an_extend_that_names_another_owner_than_the_mark_does_not_verify() -> None:
    mark = owner.new_mark(SETTINGS, ALICE)
    extend = Declaration("bob", "", "digest", None, "mp4")
    data = json.dumps({"Extend": declarations.seal(SETTINGS, mark, extend)})
    assert declarations.unseal(SETTINGS, mark, data) == extend
    assert declarations.verified(SETTINGS, mark, data) is None


@pytest.mark.parametrize("more", [{"x": 1}, {"w": None}])
def test_an_extend_with_a_member_that_is_not_read_is_not_believed(more: dict[str, object]) -> None:
    """Whoever sealed it may have meant a limit."""
    mark = owner.new_mark(SETTINGS, ALICE)
    values = {"s": "alice", "k": "", "d": "digest", "n": None, "t": "mp4"}
    for covered, believed in ((values, True), ({**values, **more}, False)):
        sealed = {**covered, "m": sign(SETTINGS.owner_keys[0], "extend", mark, canonical(covered))}
        found = declarations.unseal(SETTINGS, mark, json.dumps({"Extend": sealed}))
        assert (found is not None) is believed

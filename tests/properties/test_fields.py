"""What our validators accept, VOD's fake accepts. What they refuse names a field, and calls nobody.

The fake checks by its own rules: it shares no code with the validators.
"""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.config.settings import Settings
from shared.errors import InvalidRequest
from shared.uploads import fields as media
from shared.web import fields
from tests.support.house import House

EXAMPLES = 150

steady = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def house(running_house: House) -> House:
    running_house.cloud.reset()
    return running_house


@pytest.fixture(scope="module")
def alice(house: House) -> str:
    return house.issuer.token("alice")


ODD = st.characters(codec="utf-8", exclude_characters="\x00")
TEXTS = st.one_of(
    st.text(ODD, max_size=30),
    st.text("äöü漢字🎬😀 \u200d\u202e\t\n", max_size=12),
    st.integers(1, 200).map(lambda n: "é" * n),
    st.sampled_from([127, 128, 129, 140, 1023, 1024, 1025]).map(lambda n: "x" * n),
    st.sampled_from([42, 43, 64, 65, 341, 342]).map(lambda n: "漢" * n),
    st.sampled_from(["", " ", "a", "\ud800", "untitled", "null"]),
)
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.just([]),
    st.just({}),
    st.floats(allow_nan=False, allow_infinity=False),
)
EXTENSIONS = st.sampled_from([*sorted(media.VIDEO_EXTENSIONS), "MP4", "exe", "png", "", "mp4 "])
NAMES = st.builds(lambda stem, ending: f"{stem}.{ending}", TEXTS, EXTENSIONS)
SIZES = st.one_of(
    st.integers(-1, 2), st.just(48_800_000_000_000), st.just(48_800_000_000_001), WRONG
)
TAGS = st.one_of(
    st.lists(TEXTS, max_size=18),
    TEXTS,
    st.lists(st.text(string.ascii_letters, min_size=1), max_size=3),
)
URLS = st.one_of(
    st.builds(
        lambda scheme, host, path: f"{scheme}://{host}/{path}",
        st.sampled_from(["http", "https", "ftp", ""]),
        st.sampled_from(["cdn.example.com", "a@b.example.com", "127.0.0.1", "", "例え.example"]),
        st.text(string.printable, max_size=20),
    ),
    TEXTS,
)


def bodies(**own: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies with some of the fields, each valid or not, and now and then an unknown one."""
    common = {"Title": TEXTS, "Description": TEXTS, "Tags": TAGS, "FileSize": SIZES}
    known = {name: st.one_of(strategy, WRONG) for name, strategy in {**common, **own}.items()}
    unknown = {"UserData": TEXTS, "fileName": TEXTS}
    return st.fixed_dictionaries({}, optional=known | unknown)


VIDEOS = bodies(FileName=NAMES, CoverURL=URLS)
ODD_FIELDS = {
    "FileName": NAMES,
    "Title": TEXTS,
    "Description": TEXTS,
    "Tags": TAGS,
    "FileSize": SIZES,
    "CoverURL": URLS,
}


def one_odd(base: dict[str, Any], names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A sound body, in which one field is anything: so that field alone decides."""
    fields_of = st.sampled_from(names)
    return fields_of.flatmap(lambda name: ODD_FIELDS[name].map(lambda odd: {**base, name: odd}))


LIKELY = one_odd({"FileName": "a.mp4"}, list(ODD_FIELDS))
IMAGES = st.one_of(
    one_odd({"MediaType": "image", "ImageType": "cover"}, ["Title", "Description", "Tags"]),
    bodies(
        FileName=NAMES,
        ImageType=st.sampled_from([*media.IMAGE_TYPES, "other"]),
        ImageExt=st.sampled_from([*media.IMAGE_EXTENSIONS, "PNG", "mp4"]),
    ).map(lambda body: {"MediaType": "image", **body}),
)
SUBTITLE = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}
ATTACHED = st.one_of(
    one_odd(SUBTITLE, ["Title", "Description", "Tags", "FileSize"]),
    bodies(
        FileName=NAMES,
        BusinessType=st.sampled_from([*media.ATTACHED_EXTENSIONS, "other"]),
        MediaExt=st.sampled_from(["srt", "png", "mp4", "SRT", "exe"]),
    ).map(lambda body: {"MediaType": "attached", **body}),
)

KINDS = {
    "video": (media.video_fields, frozenset({"FileName"})),
    "image": (media.image_fields, frozenset({"ImageType"})),
    "attached": (media.attached_fields, frozenset({"BusinessType"})),
}


def accepted(body: dict[str, Any]) -> bool:
    """What the validators alone say."""
    given = dict(body)
    allowed, required = KINDS[given.pop("MediaType", "video")]
    try:
        fields.check(given, allowed(Settings()), required)
    except InvalidRequest as refusal:
        errors = refusal.errors
    else:
        return True
    wrong = {error.pointer.removeprefix("/") for error in errors}
    assert wrong, "a refusal names a field"
    assert wrong <= given.keys() | required
    assert all(error.reason for error in errors)
    return False


def judged(house: House, alice: str, body: dict[str, Any]) -> None:
    house.cloud.calls.reset()
    reply = house.post("/upload", alice, body)
    if accepted(body):
        if reply.status != 200:
            # Only one thing is left: an extension that does not fit another field.
            assert reply.refusal == (400, "InvalidRequest"), (body, reply.body)
            assert reply.pointers() in (["/FileName"], ["/MediaExt"]), reply.body
            assert body.get("MediaType") in ("image", "attached")
            assert house.calls() == {}
            return
        assert sum(house.calls().values()) == 1
        return
    assert reply.refusal == (400, "InvalidRequest"), (body, reply.body)
    assert house.calls() == {}


@steady
@given(body=st.one_of(LIKELY, LIKELY, VIDEOS))
def test_a_video(house: House, alice: str, body: dict[str, Any]) -> None:
    judged(house, alice, body)


@steady
@given(body=IMAGES)
def test_an_image(house: House, alice: str, body: dict[str, Any]) -> None:
    judged(house, alice, body)


@steady
@given(body=ATTACHED)
def test_attached_media(house: House, alice: str, body: dict[str, Any]) -> None:
    judged(house, alice, body)


@steady
@given(
    seconds=st.one_of(st.integers(-1, 4000), st.sampled_from([99, 100, 3000, 3001]), WRONG),
    ids=st.one_of(
        st.lists(st.from_regex(r"\A[0-9a-f]{32}\Z"), max_size=22),
        WRONG,
        st.lists(TEXTS, max_size=2),
    ),
)
@example(seconds=200.0, ids=["0" * 32])  # 200, as in JSON Schema
def test_a_batch_of_plays(house: House, alice: str, seconds: Any, ids: Any) -> None:
    reply = house.post("/play", alice, {"VideoIds": ids, "AuthInfoTimeout": seconds})
    whole = isinstance(seconds, int) or (isinstance(seconds, float) and seconds.is_integer())
    sound = whole and not isinstance(seconds, bool) and 100 <= seconds <= 3000
    listed = isinstance(ids, list) and 1 <= len(ids) <= 20 and len(set(map(str, ids))) == len(ids)
    if reply.status == 200:
        assert sound
        assert listed
        assert [item["Code"] for item in reply.json()["Items"]] == ["VideoNotFound"] * len(ids)
    else:
        assert reply.refusal == (400, "InvalidRequest")
        wrong = set(reply.pointers())
        assert wrong <= {"/VideoIds", "/AuthInfoTimeout"}
        assert wrong
        assert ("/AuthInfoTimeout" in wrong) != sound

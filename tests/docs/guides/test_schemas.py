"""The schemas of `docs/schemas/`: they accept every sample body, and refuse wrong ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.docs.guides import guide
from tests.docs.guides.test_bodies import BODIES, shown
from tests.support import event_schemas

SAMPLES = sorted(path.stem for path in BODIES.iterdir())

Body = dict[str, Any]
Change = Callable[[Body], object]


def names_in(schema: Any, key: str) -> set[str]:
    """Every text under `key`, anywhere in a schema."""
    if isinstance(schema, list):
        return set().union(*(names_in(item, key) for item in schema), set())
    if not isinstance(schema, dict):
        return set()
    own = {schema[key]} if isinstance(schema.get(key), str) else set()
    return own.union(*(names_in(value, key) for value in schema.values()))


def test_there_is_one_schema_for_each_event_and_one_for_the_envelope() -> None:
    types = {guide.coded(row[0])[0] for row in guide.rows("The events")}
    assert event_schemas.schemas().keys() == types | {"envelope"}
    assert set(event_schemas.schemas()["envelope"]["properties"]["type"]["enum"]) == types


@pytest.mark.parametrize(("name", "schema"), event_schemas.named(), ids=lambda one: str(one)[:20])
def test_a_schema_is_valid_and_names_its_type(name: str, schema: Body) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    if name != "envelope":
        assert schema["title"] == schema["properties"]["type"]["const"] == name
        assert schema["$ref"] == "envelope.json"
    for target in names_in(schema, "$ref"):
        assert target.partition("#")[0] in ("", "envelope.json")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str) -> None:
    assert event_schemas.faults(shown(name)) == []


def without(*path: str) -> Change:
    def change(body: Body) -> None:
        for step in path[:-1]:
            body = body[step]
        del body[path[-1]]

    return change


def with_(value: Any, *path: str) -> Change:
    def change(body: Body) -> None:
        for step in path[:-1]:
            body = body[step]
        body[path[-1]] = value

    return change


@pytest.mark.parametrize("name", SAMPLES)
def test_a_body_without_one_of_its_members_is_refused(name: str) -> None:
    """But for the members that the guide calls optional."""
    optional = {"CoverURL"}
    if name.startswith(("upload_", "video_")):
        optional.add("unverified")
    body = shown(name)
    paths: list[tuple[str, ...]] = [(member,) for member in body]
    paths += [("data", member) for member in body["data"] or ()]
    for path in paths:
        wrong = copy.deepcopy(body)
        without(*path)(wrong)
        assert bool(event_schemas.faults(wrong)) == (path[-1] not in optional), path


@pytest.mark.parametrize("name", SAMPLES)
def test_a_body_with_an_unknown_member_is_refused(name: str) -> None:
    body = shown(name)
    assert event_schemas.faults({**body, "extra": 1})
    if body["data"] is not None:
        assert event_schemas.faults({**body, "data": {**body["data"], "extra": 1}})


@pytest.mark.parametrize("name", SAMPLES)
def test_a_body_under_another_type_is_refused(name: str) -> None:
    body = shown(name)
    video_event = body["data"] and "VideoId" in body["data"]
    for other in event_schemas.schemas().keys() - {"envelope", body["type"]}:
        # The state of a video in one of these events is also the content of a vod.event.
        if other == "vod.event" and video_event and "unverified" in body:
            continue
        if (name, other) == ("media_completed", "vod.event"):
            continue
        assert event_schemas.faults({**body, "type": other}), other


WRONG: list[tuple[str, Change]] = [
    ("upload_completed", with_("0.3", "specversion")),
    ("upload_completed", with_("vp_short", "id")),
    ("upload_completed", with_("/somewhere/local", "source")),
    ("upload_completed", with_("upload.done", "type")),
    ("upload_completed", with_(None, "type")),
    ("upload_completed", with_("text/plain", "datacontenttype")),
    ("upload_completed", with_("film", "subject")),
    ("upload_completed", with_("0" * 32, "subject")),
    ("upload_completed", with_("2026-11-24", "time")),
    ("upload_completed", with_("2026-13-24T13:05:41Z", "time")),
    ("upload_completed", with_({"Status": "success"}, "unverified")),
    ("upload_completed", with_(None, "data")),
    ("upload_completed", with_([], "data")),
    ("upload_completed", with_("4448", "data", "Size")),
    ("upload_completed", with_(0, "data", "Size")),
    ("upload_completed", with_(None, "data", "Title")),
    ("upload_completed", with_("", "data", "owner")),
    ("upload_completed", with_("a b", "data", "IdempotencyKey")),
    ("upload_completed", with_(0, "data", "DeclaredFileSize")),
    ("upload_completed", with_("71A41C85249CEE830CCFC3B2A1C6F0A0", "data", "FileMD5")),
    ("upload_completed", with_(1_800_000_000, "data", "SettlesAt")),
    ("upload_rejected", with_([], "data", "Reasons")),
    ("upload_rejected", with_(["FileSize", "FileSize"], "data", "Reasons")),
    ("upload_rejected", with_(["Colour"], "data", "Reasons")),
    ("upload_changed", with_(None, "data", "Previous")),
    ("upload_changed", without("data", "Previous", "Size")),
    ("upload_changed", with_("{}", "unverified")),
    ("upload_expiring", with_("Normal", "data", "Status")),
    ("upload_expiring", with_("{}", "unverified")),
    ("upload_refreshed", with_(3600, "data", "ExpiresIn")),
    ("upload_refreshed", with_("", "data", "UploadAuth")),
    ("upload_abandoned", with_("Normal", "data", "Status")),
    ("video_ready", with_("Blocked", "data", "Status")),
    ("video_ready", with_("12.5", "data", "Duration")),
    ("video_ready", with_(-1, "data", "Duration")),
    ("video_ready", with_(None, "data", "CoverURL")),
    ("video_ready", with_("javascript:alert(1)", "data", "CoverURL")),
    ("video_failed", with_("Normal", "data", "Status")),
    ("video_blocked", with_("Normal", "data", "Status")),
    ("media_completed", with_("0" * 32, "data", "MediaId")),
    ("media_deleted", with_("stream", "data", "MediaType")),
    ("media_deleted", with_("2026-11-24T13:05:41Z", "time")),
    ("vod_event", with_(None, "data")),
    ("vod_event_of_an_unknown_type", with_("0" * 32, "subject")),
    ("vod_event_of_an_unknown_type", with_("2026-11-24T13:05:41Z", "time")),
    ("vod_event_of_an_unknown_type", with_({}, "data")),
]


@pytest.mark.parametrize(("name", "change"), WRONG)
def test_a_wrong_body_is_refused(name: str, change: Change) -> None:
    body = shown(name)
    change(body)
    assert event_schemas.faults(body)


@pytest.mark.parametrize("body", [None, 5, "text", [], {}, {"type": "envelope"}, {"type": []}])
def test_what_is_no_event_is_refused(body: Any) -> None:
    assert event_schemas.faults(body)

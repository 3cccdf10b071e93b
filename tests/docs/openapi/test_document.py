"""`openapi.yaml` is valid, complete, and agrees with the code and the sample events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from shared import errors
from shared.alibaba import sts
from shared.config import settings
from shared.config.uses import USES
from shared.playback import batch, credential
from shared.uploads import fields as media
from shared.web import fields
from tests.docs.openapi.document import (
    DOCUMENT,
    OPERATIONS,
    PROJECT,
    body_validator,
    codes,
    deref,
    operation,
    path_of,
    validator,
)

EVENTS = PROJECT / "tests" / "events"
FUNCTIONS = sorted(OPERATIONS)


def refusals(kind: type[errors.Refusal] = errors.Refusal) -> Iterator[type[errors.Refusal]]:
    """Every refusal that a caller can get, with a Code of its own."""
    for refusal in kind.__subclasses__():
        if "code" in vars(refusal) and refusal is not errors.InvalidCallback:
            yield refusal
        yield from refusals(refusal)


REFUSALS = {refusal.code: refusal for refusal in refusals()}


def test_is_valid_openapi_3_1() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_every_operation_is_in_one_group_that_is_described() -> None:
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    operations = [one for path in DOCUMENT["paths"].values() for one in path.values()]
    assert all(len(one["tags"]) == 1 for one in operations)
    assert {one["tags"][0] for one in operations} == described


def test_describes_each_call_that_carries_a_users_token() -> None:
    assert set(DOCUMENT["paths"]) == {path_of(name) for name in OPERATIONS}
    with_callers = {name for name, uses in USES.items() if "VODPASS_JWT_KEYS" in uses}
    assert {path_of(name)[1:] for name in OPERATIONS} == with_callers
    for path, described in DOCUMENT["paths"].items():
        listed = {(path_of(name), method) for name, method in OPERATIONS.items()}
        assert {(path, method) for method in described} - listed == {(path, "options")}
    assert DOCUMENT["security"] == [{"token": []}]
    for name in FUNCTIONS:
        assert "security" not in operation(name)


def test_every_refusal_is_described_with_its_status() -> None:
    described: dict[str, int] = {}
    for name in FUNCTIONS:
        for status, named in codes(name).items():
            described |= dict.fromkeys(named, status)
    assert described == {code: refusal.status for code, refusal in REFUSALS.items()}
    assert set(DOCUMENT["components"]["schemas"]["Problem"]["properties"]["Code"]["enum"]) == set(
        REFUSALS
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_call_can_be_refused_as_every_call_can(function: str) -> None:
    always = ["InvalidRequest", "InvalidToken", "Forbidden", "MethodNotAllowed", "PayloadTooLarge"]
    upstream = {refusal.code for refusal in refusals(errors.Upstream)}
    named = set().union(*codes(function).values())
    if function == "playMany":
        # VOD's faults are those of its items. The keys of the tokens may be unavailable.
        item = DOCUMENT["components"]["schemas"]["RefusedPlayItem"]["properties"]["Code"]["enum"]
        assert upstream <= set(item) <= set(REFUSALS)
        assert named & upstream == {"Misconfigured", "Unavailable"}
    else:
        assert named >= upstream
    assert named >= set(always)
    assert ("UnsupportedMediaType" in named) == (OPERATIONS[function] == "post")


def examples(
    node: Any, way: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The place of a schema and an example, for every example of the document."""
    if isinstance(node, dict):
        if "schema" in node and "examples" in node:
            for example in node["examples"].values():
                yield (*way, "schema"), example["value"]
        for key, child in node.items():
            yield from examples(child, (*way, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from examples(child, (*way, index))


EXAMPLES = list(examples(DOCUMENT))


def test_every_example_is_valid_by_its_own_schema() -> None:
    assert len(EXAMPLES) > 30
    for way, value in EXAMPLES:
        found = [error.message for error in validator(*way).iter_errors(value)]
        assert found == [], way


def test_the_example_of_a_problem_is_what_the_code_says() -> None:
    for way, value in EXAMPLES:
        if "application/problem+json" not in way:
            continue
        refusal = REFUSALS[value["Code"]]
        assert (value["title"], value["status"]) == (refusal.title, refusal.status)
        assert value["type"] == f"urn:vodpass:problem:{refusal.code}"
    fixed = (
        errors.VideoNotFound,
        errors.UploadFinished,
        errors.UploadWindowClosed,
        errors.IdempotencyConflict,
        errors.IdempotencyKeySpent,
    )
    shown = {
        value["Code"]: value["detail"]
        for way, value in EXAMPLES
        if "application/problem+json" in way
    }
    for kind in fixed:
        assert shown[kind.code] == kind().detail


@pytest.mark.parametrize("function", FUNCTIONS)
def test_requests_are_shown_as_the_events_of_the_tests_have_them(function: str) -> None:
    """An example named after a sample event equals that event's request."""
    described = operation(function)
    shown: dict[str, Any] = {}
    for content in described.get("requestBody", {}).get("content", {}).values():
        shown = {name: example["value"] for name, example in content["examples"].items()}
    names = {path.stem for path in EVENTS.glob("*.json")}
    for name in names & set(shown):
        event = json.loads((EVENTS / f"{name}.json").read_text())
        filled = event["body"].replace("${VideoId}", "7d2f9a106b1c4f0e9a530d6a5b0c1e22")
        assert json.loads(filled) == shown[name]
    for parameter in described.get("parameters", []):
        for name, example in parameter["examples"].items():
            event = json.loads((EVENTS / f"{name}.json").read_text())
            place = "queryParameters" if parameter["in"] == "query" else "headers"
            given = event[place][parameter["name"]]
            assert given in (str(example["value"]), "${VideoId}")


def test_fields_and_limits_are_those_of_the_code() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    defaults = settings.Settings()
    largest = defaults.max_file_size
    for name, allowed in (
        ("VideoUpload", media.video_fields(defaults)),
        ("ImageUpload", media.image_fields(defaults)),
        ("AttachedMediaUpload", media.attached_fields(defaults)),
    ):
        assert set(schemas[name]["properties"]) == {"MediaType", *allowed}
        assert schemas[name]["additionalProperties"] is False
    assert schemas["FileSize"]["maximum"] == largest
    assert schemas["Title"]["maxLength"] == media.MAX_TITLE
    assert schemas["Description"]["maxLength"] == media.MAX_DESCRIPTION
    assert schemas["Tag"]["maxLength"] == media.MAX_TAG
    assert deref(schemas["Tags"])["oneOf"][0]["maxItems"] == media.MAX_TAGS
    assert schemas["VideoUpload"]["properties"]["FileName"]["maxLength"] == media.MAX_FILE_NAME
    every = {ext for exts in media.ATTACHED_EXTENSIONS.values() for ext in exts}
    of_image = schemas["ImageUpload"]["properties"]["ImageExt"]
    of_attached = schemas["AttachedMediaUpload"]["properties"]["MediaExt"]
    for schema, listed in ((of_image, set(media.IMAGE_EXTENSIONS)), (of_attached, every)):
        # Letters in either case: [pP][nN][gG].
        shown = re.sub(r"\[(.).\]", r"\1", schema["pattern"].strip("^()$")).split("|")
        assert set(shown) == listed
        for extension in listed:
            assert re.search(schema["pattern"], extension.upper())
            assert not re.search(schema["pattern"], f"{extension}x")
    # The document names the fields that a caller may not set.
    owned = fields.SERVER_OWNED - {"CateIds"}
    assert all(f"`{name}`" in operation("upload")["description"] for name in owned)
    many = operation("playMany")["requestBody"]["content"]["application/json"]["schema"]
    assert many["properties"]["VideoIds"]["maxItems"] == batch.LARGEST
    assert many["properties"]["AuthInfoTimeout"]["minimum"] == credential.SHORTEST
    assert many["properties"]["AuthInfoTimeout"]["maximum"] == settings.Settings().play_max_timeout
    assert schemas["PlayMethod"]["enum"] == [credential.PLAY_AUTH, credential.JWT_PLAY_AUTH]
    either, play = schemas["TokenRequest"]["oneOf"]
    purposes = {*either["properties"]["Purpose"]["enum"], play["properties"]["Purpose"]["const"]}
    assert purposes == set(sts.PURPOSES)
    assert either["properties"]["DurationSeconds"]["minimum"] == sts.SHORTEST
    assert either["properties"]["DurationSeconds"]["maximum"] == sts.LONGEST


@pytest.mark.parametrize("extension", sorted(media.VIDEO_EXTENSIONS))
def test_a_video_has_an_extension_that_vod_takes(extension: str) -> None:
    body = body_validator("upload")
    for name in (f"film.{extension}", f"film.{extension.upper()}", f"a/b.{extension}"):
        assert body.is_valid({"FileName": name})
    for name in (f"film.{extension}x", extension, f"film.\n.{extension}"):
        assert not body.is_valid({"FileName": name})

"""`openapi.yaml`, read once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

PROJECT = Path(__file__).resolve().parents[3]
PATH = PROJECT / "openapi.yaml"


class _Strict(yaml.SafeLoader):
    """Refuses a key twice, which PyYAML accepts and the tools of apps refuse."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice[0]} stands there twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


DOCUMENT: dict[str, Any] = yaml.load(PATH.read_text("utf-8"), _Strict)  # noqa: S506
OPERATIONS = {
    "upload": "post",
    "refresh": "post",
    "play": "get",
    "playMany": "post",
    "sts": "post",
}
"""The method of each call, by its operationId."""

_URI = "urn:vodpass:openapi"
_REGISTRY: Registry[Any] = Registry().with_resource(_URI, DRAFT202012.create_resource(DOCUMENT))


def path_of(call: str) -> str:
    """The path of a call."""
    return "/play" if call == "playMany" else f"/{call}"


def operation(function: str) -> dict[str, Any]:
    """The document's description of a function's call."""
    described: dict[str, Any] = DOCUMENT["paths"][path_of(function)][OPERATIONS[function]]
    return described


def deref(node: dict[str, Any]) -> dict[str, Any]:
    """A node of the document, or the one that it refers to."""
    while "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def validator(*way: str | int) -> Draft202012Validator:
    """A validator for the schema at this place of the document. It checks formats too."""
    pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in way)
    return Draft202012Validator(
        {"$ref": f"{_URI}#/{pointer}"},
        registry=_REGISTRY,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def body_validator(function: str) -> Draft202012Validator:
    """A validator for a function's request body."""
    way = ("paths", path_of(function), OPERATIONS[function], "requestBody", "content")
    return validator(*way, "application/json", "schema")


def codes(function: str) -> dict[int, set[str]]:
    """The problems that a function's call may answer: status → `Code`."""
    found: dict[int, set[str]] = {}
    for status, response in operation(function)["responses"].items():
        for media_type, content in deref(response).get("content", {}).items():
            if media_type == "application/problem+json":
                narrowed = content["schema"]["allOf"][1]["properties"]
                assert narrowed["status"] == {"const": int(status)}, json.dumps(narrowed)
                found[int(status)] = set(narrowed["Code"]["enum"])
    return found

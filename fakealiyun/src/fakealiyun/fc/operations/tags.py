"""Tags of functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.settings import read_tags
from fakealiyun.fc.state import Function
from fakealiyun.fc.wire import FcAnswer, FcCall

_TAGS = "/2023-03-30/tags-v2"
_MOST = 50  # resources that one call may name


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Tags(context)
    every = "functions/*"
    return [
        FcOperation("ListTagResources", "GET", _TAGS, at.list_tags, lambda _call: every),
        FcOperation("TagResources", "POST", _TAGS, at.tag, lambda _call: every, writes=True),
        FcOperation("UntagResources", "DELETE", _TAGS, at.untag, lambda _call: every, writes=True),
    ]


class _Tags:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list_tags(self, call: FcCall) -> FcAnswer:
        """Return the tags of functions."""
        if call.query.get("NextToken") or call.query.get("Tag"):
            raise errors.not_faked("ListTagResources with NextToken or Tag")
        _check_kind(call.query.get("ResourceType"))
        resources = [
            {
                "ResourceId": self._account.function_arn(function.name),
                "ResourceType": "function",
                "TagKey": tag["Key"],
                "TagValue": tag["Value"],
            }
            for function in self._named(_list_in(call.query, "ResourceId"))
            for tag in function.settings["tags"]
        ]
        return FcAnswer(body={"RequestId": call.request_id, "TagResources": resources})

    async def tag(self, call: FcCall) -> FcAnswer:
        """Add tags to functions, or change them."""
        fields = Fields(call.json(), _either("ResourceId", "ResourceType", "Tag"))
        _check_kind(fields.get("ResourceType") or fields.get("resourceType"))
        ids = fields.sequence("ResourceId", _MOST) or fields.sequence("resourceId", _MOST)
        added = read_tags(fields.sequence("Tag") or fields.sequence("tag"))
        changes = {tag["Key"]: tag for tag in added}
        for function in self._named(ids):
            kept = [tag for tag in function.settings["tags"] if tag["Key"] not in changes]
            self._set(function, read_tags([*kept, *added]))
        return FcAnswer(204)

    async def untag(self, call: FcCall) -> FcAnswer:
        """Remove tags from functions."""
        _check_kind(call.query.get("ResourceType"))
        keys = set(_list_in(call.query, "TagKey"))
        every = call.query.get("All") == "true"
        for function in self._named(_list_in(call.query, "ResourceId")):
            tags = function.settings["tags"]
            self._set(function, [tag for tag in tags if not every and tag["Key"] not in keys])
        return FcAnswer(204)

    def _named(self, ids: list[Any]) -> list[Function]:
        prefix = self._account.function_arn("")
        if not ids or not all(isinstance(item, str) for item in ids):
            raise errors.invalid_argument(f"ResourceId must be a list of ARNs {prefix}<name>")
        return [self._account.function(item.removeprefix(prefix)) for item in ids]

    def _set(self, function: Function, tags: list[dict[str, str]]) -> None:
        settings = {**function.settings, "tags": tags}
        self._account.functions[function.name] = replace(function, settings=settings)


def _either(*names: str) -> list[str]:
    return [*names, *(name[0].lower() + name[1:] for name in names)]


def _check_kind(kind: Any) -> None:
    if not isinstance(kind, str) or kind.lower() != "function":
        raise errors.invalid_argument("ResourceType must be function")


def _list_in(query: Mapping[str, str], name: str) -> list[str]:
    """A list in the query. The SDK sends it as JSON. Raises ApiError."""
    try:
        value = json.loads(query.get(name) or "[]")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or len(value) > _MOST:
        raise errors.invalid_argument(f"{name} must be a JSON list of at most {_MOST}")
    return value

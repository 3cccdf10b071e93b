"""Fails until it was called as often as the query says; every call leaves a line in a file."""

import json
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    query = json.loads(event)["queryParameters"]
    with open(query["trace"], "a") as trace:
        trace.write(context.request_id + "\n")
    with open(query["trace"]) as trace:
        calls = len(trace.readlines())
    if calls < int(query["until"]):
        raise RuntimeError("not yet")
    return "at last"

"""Calls of the functions that a test makes itself, without the browser."""

from __future__ import annotations

import json
import urllib.request

from local.stack import Stack


def token(stack: Stack, sub: str, **more: object) -> str:
    """A development token."""
    asked = urllib.request.Request(
        f"{stack.url}/_local/token",
        data=json.dumps({"sub": sub, **more}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        return str(json.load(answer)["token"])


def call(
    stack: Stack, method: str, target: str, bearer: str, body: object = None
) -> dict[str, str]:
    """The response of a function, which must have status 200."""
    asked = urllib.request.Request(
        f"{stack.url}{target}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"},
    )
    with urllib.request.urlopen(asked) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found

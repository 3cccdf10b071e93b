"""The parts of an upload: those that the page has sent, and what the cloud stored."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, Request, Route

from local.stack import Stack

PART = re.compile(r"[?&]partNumber=(\d+)")


def parts_sent(requests: list[Request]) -> list[int]:
    """The numbers of the parts in PUT requests, in their order."""
    urls = [request.url for request in requests if request.method == "PUT"]
    return [int(found[1]) for url in urls if (found := PART.search(url))]


def stored(stack: Stack) -> bytes:
    """The bytes of the only object that VOD has."""
    return stored_file(stack).read_bytes()


def stored_file(stack: Stack) -> Path:
    """The file of the only object that VOD has."""
    found = [
        one
        for bucket in stack.cloud.storage.buckets()
        for one in stack.cloud.storage.objects(bucket.name)
    ]
    assert len(found) == 1
    return found[0].path


def hold_parts(page: Page, after: int) -> list[Route]:
    """Let `after` parts pass, and hold every further one. Returns the held ones as they come."""
    held: list[Route] = []
    passed = 0

    def decide(route: Route) -> None:
        nonlocal passed
        if passed < after:
            passed += 1
            route.continue_()
        else:
            held.append(route)

    page.route(PART, decide)
    return held

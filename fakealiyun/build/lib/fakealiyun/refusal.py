"""Why a request reaches no service. Each service words it in the form of its own errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Refusal:
    """Status, code and message of an answer. The texts do not quote the request."""

    status: int
    code: str
    message: str


Refuse = Callable[[web.BaseRequest, Refusal], web.Response]

"""The order of work of every function with an HTTP trigger.

First size and method, then the caller, and only then the body and the calls to VOD or STS: a
stranger's request must not load the SDK. Every outcome is one response and one log line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shared.alibaba.session import Session
from shared.config.settings import Settings
from shared.errors import InvalidCallback, InvalidToken, MethodNotAllowed, Misconfigured, Refusal
from shared.runtime import log
from shared.runtime.instance import Instance, deadline
from shared.web.request import Request, read_event
from shared.web.response import Response, preflight, problem, render

if TYPE_CHECKING:
    from shared.limits.limiter import Limiter

LONGEST = 8.0  # seconds for a whole request, below the function's timeout

Who = TypeVar("Who")


@dataclass
class Call(Generic[Who]):
    """One call of the HTTP interface: a request whose caller is known.

    ``for_log`` collects what the log line says about it.
    """

    request: Request = field(repr=False)
    request_id: str
    caller: Who
    settings: Settings
    session: Session
    limits: Limiter | None = None
    for_log: dict[str, Any] = field(default_factory=dict)


Action = Callable[[Call[Who]], Mapping[str, Any]]
"""What a function does for one method. Returns the answer's members. Raises a Refusal."""

Admit = Callable[[Request], Who]
"""Returns the caller that a request proves. Raises a Refusal."""


class Endpoint(Generic[Who]):
    """The one HTTP endpoint of a function.

    ``admission``: returns, for the settings, the Admit that each request has to pass. ``actions``:
    the Action for each HTTP method. ``longest``: seconds that a request may take.
    """

    def __init__(
        self,
        instance: Instance,
        admission: Callable[[Settings], Admit[Who]],
        actions: Mapping[str, Action[Who]],
        *,
        longest: float = LONGEST,
    ) -> None:
        self._instance = instance
        self._methods = tuple(actions)
        self._actions = actions
        self._longest = longest
        settings = instance.settings
        self._admit: Admit[Who] | None = admission(settings) if settings is not None else None

    def answer(self, event: bytes, context: Any) -> dict[str, Any]:
        """The response object for the event of an HTTP trigger. Raises nothing."""
        begin = time.monotonic()
        due = deadline(context, self._longest)
        self._instance.begin(context)
        line: dict[str, Any] = {}
        origin: str | None = None
        request_id = str(getattr(context, "request_id", "") or "")
        try:
            request = read_event(event)
            origin = request.origin
            if request.method == "OPTIONS":
                return self._render(preflight(self._methods), origin, self._methods)
            content = self._act(request, request_id, due, line)
            response = Response(200, content)
            line.update(decision="issued", code="OK")
        except Refusal as refusal:
            response = problem(refusal, request_id)
            line.update(decision=_decision(refusal), code=refusal.code)
            if isinstance(refusal, (InvalidToken, InvalidCallback)):
                line["reason"] = refusal.reason
            line["limit"] = refusal.members.get("Limit")
        except Exception as fault:  # noqa: BLE001  else FC shows the caller a stack
            response = problem(Misconfigured("The function failed."), request_id)
            line.update(decision="failed", code="Misconfigured", fault=type(fault).__name__)
        milliseconds = round((time.monotonic() - begin) * 1000, 1)
        log.write(
            function=self._instance.name,
            **line,
            status=response.status,
            request_id=request_id,
            ms=milliseconds,
            cold=self._instance.was_cold(),
        )
        return self._render(response, origin)

    def _act(
        self, request: Request, request_id: str, due: float, line: dict[str, Any]
    ) -> Mapping[str, Any]:
        """Finds the caller and does the work. Adds to ``line``, the log line. Raises a Refusal."""
        if request.method not in self._methods:
            raise MethodNotAllowed((*self._methods, "OPTIONS"))
        settings = self._instance.require_settings()
        if self._admit is None:
            raise Misconfigured("A setting of the function is missing or wrong.")
        caller = self._admit(request)
        line["subject"] = getattr(caller, "subject", None)
        session = self._instance.session(due)
        limits = self._instance.limits()
        call = Call(request, request_id, caller, settings, session, limits)
        try:
            return self._actions[request.method](call)
        finally:
            line.update(call.for_log)
            line["cloud_request_ids"] = session.request_ids or None
            line["limits_away"] = self._instance.limits_away

    def _render(
        self, response: Response, origin: str | None, preflighted: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        settings = self._instance.settings
        allowed = settings.cors_origins if settings is not None else frozenset[str]()
        return render(
            response, origin=origin, allowed_origins=allowed, preflight_methods=preflighted
        )


def _decision(refusal: Refusal) -> str:
    """For the log: ``refused`` blames the request, ``failed`` blames us or the cloud."""
    if "Limit" in refusal.members:
        return "refused"  # the caller's own limit, not a rate limit of VOD
    return "failed" if refusal.status >= 500 or refusal.status == 429 else "refused"

"""The order of work of every function with an HTTP trigger.

First size and method, then the caller, and only then the body and the calls to VOD or STS: a
stranger's request must not load the SDK. Every request ends in one response and one log line.
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
from shared.runtime.instance import Instance, deadline_of
from shared.web.request import Request, read_event
from shared.web.response import Response, preflight, problem, render

if TYPE_CHECKING:
    from shared.limits.limiter import Limiter

MAX_SECONDS = 8.0  # for a whole request, below the function's timeout

Who = TypeVar("Who")
"""The user of a token is a Caller. VOD, which sends callbacks, is None."""


@dataclass
class Call(Generic[Who]):
    """A request whose caller is known, and what a function needs to serve it.

    ``session``: calls VOD or STS within the request's deadline. ``limiter`` is None if the
    deployment sets no limits. ``log_line`` collects the members of the request's log line.
    """

    request: Request = field(repr=False)
    request_id: str
    caller: Who
    settings: Settings
    session: Session
    limiter: Limiter | None = None
    log_line: dict[str, Any] = field(default_factory=dict)


Action = Callable[[Call[Who]], Mapping[str, Any]]
"""What a function does for one HTTP method. Returns the members of the JSON answer. Raises a
Refusal."""

Authenticate = Callable[[Request], Who]
"""Returns the caller that a request proves. Raises a Refusal."""


class Endpoint(Generic[Who]):
    """The one HTTP endpoint of a function.

    ``authentication`` takes the settings, once in an instance. It returns the Authenticate that
    every request has to pass. ``actions``: the Action for each HTTP method. ``max_seconds``: how
    long a request may take.
    """

    def __init__(
        self,
        instance: Instance,
        authentication: Callable[[Settings], Authenticate[Who]],
        actions: Mapping[str, Action[Who]],
        *,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self._instance = instance
        self._actions = actions
        self._methods = tuple(actions)
        self._max_seconds = max_seconds
        self._authenticate: Authenticate[Who] | None = None
        if instance.settings is not None:
            self._authenticate = authentication(instance.settings)

    def answer(self, event: bytes, context: Any) -> dict[str, Any]:
        """The response object for the event of an HTTP trigger. Raises nothing.

        ``context``: what FC says about the invocation.
        """
        started = time.monotonic()
        deadline = deadline_of(context, self._max_seconds)
        self._instance.begin_invocation(context)
        request_id = str(getattr(context, "request_id", "") or "")
        origin: str | None = None
        log_line: dict[str, Any] = {}
        try:
            request = read_event(event)
            origin = request.origin
            if request.method == "OPTIONS":
                return self._render(preflight(self._methods), origin, self._methods)
            content = self._act(request, request_id, deadline, log_line)
            response = Response(200, content)
            log_line.update(decision="issued", code="OK")
        except Refusal as refusal:
            response = problem(refusal, request_id)
            log_line.update(_log_members(refusal))
        except Exception as fault:  # noqa: BLE001  else FC shows the caller a stack
            response = problem(Misconfigured("The function failed."), request_id)
            log_line.update(decision="failed", code="Misconfigured", fault=type(fault).__name__)
        log.write(
            function=self._instance.name,
            **log_line,
            status=response.status,
            request_id=request_id,
            ms=round((time.monotonic() - started) * 1000, 1),
            cold=self._instance.was_cold(),
        )
        return self._render(response, origin)

    def _act(
        self, request: Request, request_id: str, deadline: float, log_line: dict[str, Any]
    ) -> Mapping[str, Any]:
        """Authenticates the caller and runs the action. Returns the members of the JSON answer.

        Adds to ``log_line``. Raises a Refusal.
        """
        if request.method not in self._methods:
            raise MethodNotAllowed((*self._methods, "OPTIONS"))
        settings = self._instance.require_settings()
        if self._authenticate is None:  # never: it is made as soon as there are settings
            raise Misconfigured("A setting of the function is missing or wrong.")
        caller = self._authenticate(request)
        log_line["subject"] = getattr(caller, "subject", None)
        session = self._instance.session(deadline)
        limiter = self._instance.limiter()
        call = Call(request, request_id, caller, settings, session, limiter, log_line)
        try:
            return self._actions[request.method](call)
        finally:
            log_line["cloud_request_ids"] = session.request_ids or None
            log_line["limits_away"] = self._instance.store_fault

    def _render(
        self, response: Response, origin: str | None, preflighted: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        """The response object. ``preflighted``: the methods that a preflight allows."""
        settings = self._instance.settings
        allowed = settings.cors_origins if settings is not None else frozenset[str]()
        return render(
            response, origin=origin, allowed_origins=allowed, preflight_methods=preflighted
        )


def _log_members(refusal: Refusal) -> dict[str, Any]:
    """What the log line says about a refusal."""
    members = {
        "decision": _decision(refusal),
        "code": refusal.code,
        "limit": refusal.members.get("Limit"),
    }
    if isinstance(refusal, (InvalidToken, InvalidCallback)):
        members["reason"] = refusal.reason
    return members


def _decision(refusal: Refusal) -> str:
    """For the log: ``refused`` blames the request, ``failed`` blames us or the cloud."""
    if "Limit" in refusal.members:
        return "refused"  # the caller's own limit, not a rate limit of VOD
    return "failed" if refusal.status >= 500 or refusal.status == 429 else "refused"

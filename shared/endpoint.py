"""The order of work that every function with an HTTP trigger keeps.

Size, method, who asks, and only then the body and the cloud: a stranger must not cost a cold SDK.
Every way out, foreseen or not, is a response of ours and one line in the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared import audit
from shared.cloud import Client, Service, Session
from shared.credentials import FunctionRole
from shared.errors import InvalidToken, MethodNotAllowed, Misconfigured, Refusal
from shared.http import Request, Response, preflight, problem, read_event, render
from shared.settings import USES, Settings, SettingsError, load

DEADLINE = 8.0  # seconds for the whole call, below the function's timeout
_SHARE_OF_TIMEOUT = 0.8


Who = TypeVar("Who")


@dataclass
class Call(Generic[Who]):
    """One admitted request. ``asked`` collects what the log line says of it."""

    request: Request = field(repr=False)
    request_id: str
    caller: Who
    settings: Settings
    cloud: Session
    asked: dict[str, Any] = field(default_factory=dict)


Action = Callable[[Call[Who]], Mapping[str, Any]]
"""What a function does with a call: the answer's members. Raises a Refusal."""

Admit = Callable[[Request], Who]
"""Tells who asks. Raises a Refusal."""


class Endpoint(Generic[Who]):
    """A function's one HTTP endpoint; made once an instance.

    ``admission`` makes, from the settings, what tells who asks. ``deadline`` is in seconds, for
    the whole call.
    """

    def __init__(
        self,
        name: str,
        method: str,
        admission: Callable[[Settings], Admit[Who]],
        service: Service,
        action: Action[Who],
        *,
        deadline: float = DEADLINE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._name = name
        self._methods = (method,)
        self._action = action
        self._longest = deadline
        self._cold = True
        self.role = FunctionRole(environ)
        self.settings = settings_of(name, environ)
        self._client: Client | None = None
        self._admit: Admit[Who] | None = None
        if self.settings is not None:
            self._client = Client(service, self.settings, self.role)
            self._admit = admission(self.settings)

    def answer(self, event: bytes, context: Any) -> dict[str, Any]:
        """FC's event in, its response object out. Raises nothing."""
        begin = time.monotonic()
        self.role.use(context)
        line: dict[str, Any] = {}
        origin: str | None = None
        request_id = str(getattr(context, "request_id", "") or "")
        try:
            request = read_event(event)
            origin = request.origin
            if request.method == "OPTIONS":
                return self._render(preflight(self._methods), origin, self._methods)
            content = self._act(request, request_id, begin + self._allowed(context), line)
            response = Response(200, content)
            line.update(decision="issued", code="OK")
        except Refusal as refusal:
            response = problem(refusal, request_id)
            line.update(decision=_decision(refusal), code=refusal.code)
            if isinstance(refusal, InvalidToken):
                line["reason"] = refusal.reason
        except Exception as fault:  # noqa: BLE001  FC would show the caller its stack
            response = problem(Misconfigured("The function failed."), request_id)
            line.update(decision="failed", code="Misconfigured", fault=type(fault).__name__)
        milliseconds = round((time.monotonic() - begin) * 1000, 1)
        audit.write(
            function=self._name,
            **line,
            status=response.status,
            request_id=request_id,
            ms=milliseconds,
            cold=self._cold,
        )
        self._cold = False
        return self._render(response, origin)

    def _act(
        self, request: Request, request_id: str, deadline: float, line: dict[str, Any]
    ) -> Mapping[str, Any]:
        if request.method not in self._methods:
            raise MethodNotAllowed((*self._methods, "OPTIONS"))
        if self.settings is None or self._client is None or self._admit is None:
            raise Misconfigured("A setting of the function is missing or wrong.")
        caller = self._admit(request)
        line["subject"] = getattr(caller, "subject", None)
        session = Session(self._client, deadline)
        call = Call(request, request_id, caller, self.settings, session)
        try:
            return self._action(call)
        finally:
            line.update(call.asked)
            line["cloud_request_ids"] = session.request_ids or None

    def _allowed(self, context: Any) -> float:
        """Seconds this call may take: less than the function's timeout, however low it is set."""
        timeout = getattr(getattr(context, "function", None), "timeout", None)
        if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout > 0:
            return min(self._longest, timeout * _SHARE_OF_TIMEOUT)
        return self._longest

    def _render(
        self, response: Response, origin: str | None, preflighted: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        allowed = self.settings.cors_origins if self.settings is not None else frozenset[str]()
        return render(
            response, origin=origin, allowed_origins=allowed, preflight_methods=preflighted
        )


def settings_of(name: str, environ: Mapping[str, str]) -> Settings | None:
    """A function's settings; None, with a line in the log, where they are missing or wrong."""
    try:
        settings = load(environ, USES[name])
    except SettingsError as fault:
        audit.write(function=name, level="error", message=str(fault))
        return None
    for warning in settings.warnings:
        audit.write(function=name, level="warning", message=warning)
    return settings


def _decision(refusal: Refusal) -> str:
    return "failed" if refusal.status >= 500 or refusal.status == 429 else "refused"

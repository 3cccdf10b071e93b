"""The order of work that every function keeps.

Size, method, token, and only then the body and VOD: a stranger must not cost a cold SDK. Every
way out, foreseen or not, is a response of ours and one line in the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared import audit
from shared.caller import Caller, authenticate
from shared.cloud import Client, Service, Session
from shared.credentials import FunctionRole
from shared.errors import InvalidToken, MethodNotAllowed, Misconfigured, Refusal
from shared.http import Request, Response, preflight, problem, read_event, render
from shared.keys import KeySource
from shared.settings import USES, Settings, SettingsError, load

DEADLINE = 8.0  # seconds for the whole call, below the function's timeout
_SHARE_OF_TIMEOUT = 0.8


@dataclass
class Call:
    """One authenticated request. ``asked`` collects what the log line says of it."""

    request: Request = field(repr=False)
    request_id: str
    caller: Caller
    settings: Settings
    cloud: Session
    asked: dict[str, Any] = field(default_factory=dict)


Action = Callable[[Call], Mapping[str, Any]]
"""What a function does with a call: the answer's members. Raises a Refusal."""


class Endpoint:
    """A function's one HTTP endpoint; made once an instance."""

    def __init__(
        self,
        name: str,
        method: str,
        service: Service,
        action: Action,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._name = name
        self._methods = (method,)
        self._action = action
        self._role = FunctionRole(environ)
        self._settings: Settings | None = None
        self._client: Client | None = None
        self._keys: KeySource | None = None
        self._cold = True
        try:
            self._settings = load(environ, USES[name])
        except SettingsError as fault:
            audit.write(function=name, level="error", message=str(fault))
        else:
            self._client = Client(service, self._settings, self._role)
            self._keys = _key_source(self._settings)
            for warning in self._settings.warnings:
                audit.write(function=name, level="warning", message=warning)

    def answer(self, event: bytes, context: Any) -> dict[str, Any]:
        """FC's event in, its response object out. Raises nothing."""
        begin = time.monotonic()
        self._role.use(context)
        if self._role.spent:
            # Nothing here can sign any more. FC replaces an instance that ends.
            os._exit(1)
        line: dict[str, Any] = {}
        origin: str | None = None
        request_id = str(getattr(context, "request_id", "") or "")
        try:
            request = read_event(event)
            origin = request.origin
            if request.method == "OPTIONS":
                return self._render(preflight(self._methods), origin, self._methods)
            content = self._act(request, request_id, _deadline(begin, context), line)
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
        if self._settings is None or self._client is None or self._keys is None:
            raise Misconfigured("A setting of the function is missing or wrong.")
        caller = authenticate(request.headers.get("authorization"), self._settings, self._keys)
        line["subject"] = caller.subject
        session = Session(self._client, deadline)
        call = Call(request, request_id, caller, self._settings, session)
        try:
            return self._action(call)
        finally:
            line.update(call.asked)
            line["cloud_request_ids"] = session.request_ids or None

    def _render(
        self, response: Response, origin: str | None, preflighted: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        allowed = self._settings.cors_origins if self._settings is not None else frozenset[str]()
        return render(
            response, origin=origin, allowed_origins=allowed, preflight_methods=preflighted
        )


def _key_source(settings: Settings) -> KeySource:
    if settings.jwt_keys is not None:
        return settings.jwt_keys
    from shared.jwks import PublishedKeys

    return PublishedKeys(settings.jwt_jwks_url)


def _deadline(begin: float, context: Any) -> float:
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout > 0:
        return begin + min(DEADLINE, timeout * _SHARE_OF_TIMEOUT)
    return begin + DEADLINE


def _decision(refusal: Refusal) -> str:
    return "failed" if refusal.status >= 500 or refusal.status == 429 else "refused"

"""What an instance of a function keeps between invocations: settings, role credential, client."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.alibaba.client import Client, Service
from shared.alibaba.credentials import FunctionRole
from shared.alibaba.session import RETRIES, Session
from shared.config.settings import Settings, SettingsError, load
from shared.config.uses import USES
from shared.errors import Misconfigured
from shared.runtime import log

if TYPE_CHECKING:
    from shared.limits.limiter import Limiter

_SHARE_OF_TIMEOUT = 0.8  # for the work; the rest is for the answer, before FC ends the function


class Instance:
    """One instance of a function, made when FC loads the function.

    If a setting is wrong, the log names it, and every invocation is refused.
    """

    def __init__(
        self, name: str, service: Service, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.name = name
        self.settings = _settings(name, environ)
        self._service = service
        self._role = FunctionRole(environ)
        self._account_id = environ.get("FC_ACCOUNT_ID", "")
        self._client: Client | None = None
        self._limiter: Limiter | None = None
        self._cold = True

    @property
    def account_id(self) -> str:
        """The id of the account, from the environment that FC sets. Raises Misconfigured."""
        if not re.fullmatch(r"[0-9]{5,20}", self._account_id, re.ASCII):
            raise Misconfigured("The function does not know its account.")
        return self._account_id

    @property
    def role(self) -> FunctionRole:
        """Provides the role credential of this invocation."""
        return self._role

    def begin_invocation(self, context: Any) -> None:
        """Takes the role credential of this invocation. Ends the process if it has expired."""
        self._role.use(context)

    def session(self, deadline: float, *, retries: int = RETRIES) -> Session:
        """A session that ends at ``deadline`` (monotonic seconds). Raises Misconfigured.

        ``retries``: how many its calls have together.
        """
        settings = self.require_settings()
        if self._client is None:
            self._client = Client(self._service, settings, self._role)
        return Session(self._client, deadline, retries=retries)

    def limiter(self) -> Limiter | None:
        """The limiter, with its whole budget for a new request.

        None if the deployment sets no limits.
        """
        if self.settings is None or self.settings.limits is None:
            return None
        if self._limiter is None:
            from shared.limits.limiter import Limiter

            self._limiter = Limiter(self.settings)
        self._limiter.begin_request()
        return self._limiter

    @property
    def store_fault(self) -> str | None:
        """Why the store of the limits was not asked since the last `limiter()`.

        A word for the log. None if the store was asked, or if there is none.
        """
        if self._limiter is None:
            return None
        return self._limiter.store_fault or None

    def require_settings(self) -> Settings:
        """The settings. Raises Misconfigured if one is missing or wrong."""
        if self.settings is None:
            raise Misconfigured("A setting of the function is missing or wrong.")
        return self.settings

    def was_cold(self) -> bool:
        """True at the first invocation of the instance, else False."""
        cold, self._cold = self._cold, False
        return cold


def deadline_of(context: Any, max_seconds: float) -> float:
    """When the work of an invocation must end, in monotonic seconds.

    That is ``max_seconds`` from now, or earlier: well within the timeout that FC sets for the
    function, which ``context`` names.
    """
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout > 0:
        max_seconds = min(max_seconds, timeout * _SHARE_OF_TIMEOUT)
    return time.monotonic() + max_seconds


def _settings(name: str, environ: Mapping[str, str]) -> Settings | None:
    """The settings of a function. None if one is missing or wrong, which the log then names."""
    try:
        settings = load(environ, USES[name])
    except SettingsError as fault:
        log.write(function=name, level="error", message=str(fault))
        return None
    for warning in settings.warnings:
        log.write(function=name, level="warning", message=warning)
    return settings

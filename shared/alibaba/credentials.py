"""The function role's own key, as the SDK asks for it.

The SDK's default chain reads the environment once, at import; FC's key changes. So the key is
taken from each invocation's context where the runtime has it there (Python 3.10), else from the
environment, which is fixed when the instance starts (Python 3.12). Either lives 36 hours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Misconfigured

_ENVIRONMENT = "ALIBABA_CLOUD_"


@dataclass(frozen=True)
class RoleKey:
    """A temporary key in the form of the SDK's credential model."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)
    provider_name: str = "vodpass"
    type: str = "sts"


class FunctionRole:
    """The credential the SDK's clients are given; ``use`` renews it for each invocation."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._key: RoleKey | None = None
        self._expired: str | None = None

    def use(self, context: Any) -> None:
        """Take the newest key there is for this invocation.

        Where the last one has expired and there is no newer, the process ends: nothing here can
        sign any more, and FC replaces an instance that ends.
        """
        self._key = _from_context(context) or _from_environment(self._environ)
        if self.spent:
            os._exit(1)

    def get_credential(self) -> RoleKey:
        """The key to sign with. Raises Misconfigured where the function has no role."""
        if self._key is None:
            raise Misconfigured("The function has no role to act in.")
        return self._key

    def mark_expired(self) -> None:
        """VOD said that the key has expired."""
        self._expired = None if self._key is None else self._key.access_key_id

    @property
    def spent(self) -> bool:
        """Whether the key has expired and this instance was given no other."""
        return self._key is not None and self._key.access_key_id == self._expired


def _from_context(context: Any) -> RoleKey | None:
    credentials = getattr(context, "credentials", None)
    return _key(
        getattr(credentials, "access_key_id", None),
        getattr(credentials, "access_key_secret", None),
        getattr(credentials, "security_token", None),
    )


def _from_environment(environ: Mapping[str, str]) -> RoleKey | None:
    return _key(
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_ID"),
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_SECRET"),
        environ.get(f"{_ENVIRONMENT}SECURITY_TOKEN"),
    )


def _key(access_key_id: Any, access_key_secret: Any, security_token: Any) -> RoleKey | None:
    # A key without a token would be a long-term AccessKey, which vodpass never runs on.
    if not access_key_id or not access_key_secret or not security_token:
        return None
    return RoleKey(str(access_key_id), str(access_key_secret), str(security_token))

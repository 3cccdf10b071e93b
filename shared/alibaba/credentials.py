"""The role credential: the temporary AccessKey of the function's role.

The SDK's default provider reads the environment once, at import, but FC renews the credential. So
it comes from the context of each invocation if the runtime puts it there (Python 3.10), else from
the environment, which is fixed when the instance starts (Python 3.12). Each lives 36 hours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Misconfigured

_ENVIRONMENT = "ALIBABA_CLOUD_"


@dataclass(frozen=True)
class RoleCredential:
    """A temporary AccessKey, in the form of the SDK's credential model."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)
    provider_name: str = "vodpass"
    type: str = "sts"


class FunctionRole:
    """Provides the role credential to SDK clients. ``use`` renews it for each invocation."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._key: RoleCredential | None = None
        self._expired: str | None = None

    def use(self, context: Any) -> None:
        """Takes the newest credential for this invocation.

        If the last one has expired and there is no newer one, the process ends: it can sign
        nothing any more, and FC starts a new instance.
        """
        self._key = _from_context(context) or _from_environment(self._environ)
        if self.spent:
            os._exit(1)

    def get_credential(self) -> RoleCredential:
        """The credential to sign with. Raises Misconfigured if the function has no role."""
        if self._key is None:
            raise Misconfigured("The function has no role to act in.")
        return self._key

    def mark_expired(self) -> None:
        """Remembers that the cloud reported this credential as expired."""
        self._expired = None if self._key is None else self._key.access_key_id

    @property
    def spent(self) -> bool:
        """Whether the credential has expired and the instance has no newer one."""
        return self._key is not None and self._key.access_key_id == self._expired


def _from_context(context: Any) -> RoleCredential | None:
    credentials = getattr(context, "credentials", None)
    return _key(
        getattr(credentials, "access_key_id", None),
        getattr(credentials, "access_key_secret", None),
        getattr(credentials, "security_token", None),
    )


def _from_environment(environ: Mapping[str, str]) -> RoleCredential | None:
    return _key(
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_ID"),
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_SECRET"),
        environ.get(f"{_ENVIRONMENT}SECURITY_TOKEN"),
    )


def _key(access_key_id: Any, access_key_secret: Any, security_token: Any) -> RoleCredential | None:
    # Without a token it would be a long-term AccessKey, which vodpass never uses.
    if not access_key_id or not access_key_secret or not security_token:
        return None
    return RoleCredential(str(access_key_id), str(access_key_secret), str(security_token))

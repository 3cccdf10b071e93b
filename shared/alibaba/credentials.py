"""The role credential: the temporary AccessKey of the function's role. It lives 36 hours.

FC renews it, but the SDK's default provider reads the environment only once. So it comes from the
context of each invocation if the runtime puts it there (Python 3.10). Else it comes from the
environment, which is fixed when the instance starts (Python 3.12).
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
        self._credential: RoleCredential | None = None
        self._expired_key_id: str | None = None

    def use(self, context: Any) -> None:
        """Takes the newest credential for this invocation.

        If it is still the expired one, the process ends: it can sign nothing any more, and FC
        starts a new instance.
        """
        self._credential = _from_context(context) or _from_environment(self._environ)
        if self.credential_expired:
            os._exit(1)

    def get_credential(self) -> RoleCredential:
        """The credential to sign with. Raises Misconfigured if the function has no role."""
        if self._credential is None:
            raise Misconfigured("The function has no role to act in.")
        return self._credential

    def mark_expired(self) -> None:
        """Remembers that the cloud reported this credential as expired."""
        self._expired_key_id = None if self._credential is None else self._credential.access_key_id

    @property
    def credential_expired(self) -> bool:
        """Whether the credential has expired and the instance has no newer one."""
        return (
            self._credential is not None and self._credential.access_key_id == self._expired_key_id
        )


def _from_context(context: Any) -> RoleCredential | None:
    """The role credential that FC puts into the context of an invocation; None without one."""
    credentials = getattr(context, "credentials", None)
    return _role_credential(
        getattr(credentials, "access_key_id", None),
        getattr(credentials, "access_key_secret", None),
        getattr(credentials, "security_token", None),
    )


def _from_environment(environ: Mapping[str, str]) -> RoleCredential | None:
    """The role credential that FC sets when the instance starts; None without one."""
    return _role_credential(
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_ID"),
        environ.get(f"{_ENVIRONMENT}ACCESS_KEY_SECRET"),
        environ.get(f"{_ENVIRONMENT}SECURITY_TOKEN"),
    )


def _role_credential(
    access_key_id: Any, access_key_secret: Any, security_token: Any
) -> RoleCredential | None:
    """The role credential; None if a part is missing.

    Without a token it would be a long-term AccessKey, which vodpass never uses.
    """
    if not access_key_id or not access_key_secret or not security_token:
        return None
    return RoleCredential(str(access_key_id), str(access_key_secret), str(security_token))

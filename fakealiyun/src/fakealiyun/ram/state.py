"""The users and roles of the one account the fake cloud has."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities, Principal, new_access_key
from fakealiyun.ram.evaluation import AccessRequest, evaluate_trust, utc_text
from fakealiyun.ram.files import read_role
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import account, assumed_role, cloud_service, ram_user

ACCOUNT_ID = "1234567890123456"
ADMIN_ACCESS_KEY_ID = "LTAIlocaladmin"
ADMIN_ACCESS_KEY_SECRET = "local-admin-secret"  # noqa: S105 - opens nothing but this fake

DEFAULT_SESSION_DURATION = 3600
"""Seconds; also the least MaxSessionDuration."""
LONGEST_SESSION_DURATION = 43200

_ALLOW_ALL = Policy.parse(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
_ROLE_NAME = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_USER_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}", re.ASCII)

Document = Policy | str | Mapping[str, Any]


class UnknownRole(LookupError):
    """There is no role of that name."""


class NotTrusted(PermissionError):
    """The role's trust policy does not let this principal in."""


@dataclass(frozen=True)
class User:
    """A RAM user."""

    name: str
    user_id: str
    arn: str
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class Role:
    """A role. `max_session_duration` in seconds."""

    name: str
    role_id: str
    arn: str
    trust: Policy
    policies: tuple[Policy, ...]
    max_session_duration: int = DEFAULT_SESSION_DURATION


class Ram:
    """RAM's state. A change of policies takes effect at once, on sessions in use as well."""

    def __init__(
        self, identities: Identities, clock: Clock, *, account_id: str = ACCOUNT_ID
    ) -> None:
        self.account_id = account_id
        self._identities = identities
        self._clock = clock
        self._lock = threading.RLock()
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}
        self._keys: set[str] = set()
        self._loaded: dict[str, tuple[Policy, Policy]] = {}
        self._add_admin()

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles by name, as they are now."""
        with self._lock:
            return dict(self._roles)

    @property
    def users(self) -> Mapping[str, User]:
        """The users by name, as they are now."""
        with self._lock:
            return dict(self._users)

    def put_role(
        self,
        name: str,
        *,
        trust: Document,
        policies: tuple[Document, ...] = (),
        max_session_duration: int = DEFAULT_SESSION_DURATION,
    ) -> Role:
        """Create a role, or replace the one of that name.

        Raises PolicyGrammarError for a document, ValueError for a name that is not 1 to 64 of
        letters, digits, `.` and `-`, or a duration that is not 3600 to 43200 seconds.
        """
        if not _ROLE_NAME.fullmatch(name):
            raise ValueError("role name: 1 to 64 letters, digits, dots and hyphens are allowed")
        if not DEFAULT_SESSION_DURATION <= max_session_duration <= LONGEST_SESSION_DURATION:
            raise ValueError("max_session_duration: 3600 to 43200 seconds are allowed")
        role = Role(
            name,
            role_id=self._id("3", f"role/{name}"),
            arn=f"acs:ram::{self.account_id}:role/{name}",
            trust=trust if isinstance(trust, Policy) else Policy.parse_trust(trust),
            policies=_parsed(policies),
            max_session_duration=max_session_duration,
        )
        with self._lock:
            self._roles[name] = role
            self._identities.apply_policies(role.role_id, role.policies)
        return role

    def set_role_policies(self, name: str, *policies: Document) -> None:
        """Attach these policies to a role in place of what it had. Raises UnknownRole."""
        with self._lock:
            role = replace(self.role(name), policies=_parsed(policies))
            self._roles[name] = role
            self._identities.apply_policies(role.role_id, role.policies)

    def role(self, name: str) -> Role:
        """The role of that name. Raises UnknownRole."""
        with self._lock:
            if name not in self._roles:
                raise UnknownRole(name)
            return self._roles[name]

    def add_user(self, name: str, *policies: Document) -> Credential:
        """Create a user, or replace the one of that name; answers a new AccessKey of theirs."""
        return self._add_user(name, policies, *new_access_key())

    def set_user_policies(self, name: str, *policies: Document) -> None:
        """Attach these policies to a user in place of what they had. Raises KeyError."""
        with self._lock:
            user = replace(self._users[name], policies=_parsed(policies))
            self._users[name] = user
            self._identities.apply_policies(user.user_id, user.policies)

    def add_root_key(self) -> Credential:
        """A new AccessKey of the account itself, which nobody should have in earnest."""
        return self._add_key(account(self.account_id), (), *new_access_key())

    def load(self, folder: Path, values: Mapping[str, str] | None = None) -> None:
        """Create the roles a folder describes: `<role>/policy.json` and `<role>/trust.json`.

        `values` stand for the placeholders in the files, besides `${AccountId}`. Raises
        RoleFileError, which names file and reason.
        """
        given = {**(values or {}), "AccountId": self.account_id}
        found = {
            path.name: read_role(path, given) for path in sorted(folder.iterdir()) if path.is_dir()
        }
        with self._lock:
            self._loaded.update(found)
            self._put_loaded()

    def service_session(
        self, service: str, role_name: str, session_name: str, lifetime: float
    ) -> Credential:
        """Keys of a role for a service, as Function Compute gets them for a function.

        `lifetime` in seconds is the service's own choice and not bound to the role's
        MaxSessionDuration (Function Compute: 36 hours). Raises UnknownRole, NotTrusted, and
        ValueError for a session name that is not 2 to 64 of the characters STS allows.
        """
        check_session_name(session_name)
        role = self.role(role_name)
        context = {"acs:CurrentTime": utc_text(self._clock.now())}
        request = AccessRequest("sts:AssumeRole", role.arn, context)
        if not evaluate_trust(role.trust, cloud_service(service, self.account_id), request).allowed:
            raise NotTrusted(f"the trust policy of {role_name} does not name {service}")
        principal = self.session_principal(role, session_name)
        return self._identities.issue(principal, role.policies, lifetime, held_by=service)

    def session_principal(self, role: Role, session_name: str) -> Principal:
        """The identity of a session of a role."""
        return assumed_role(self.account_id, role.name, role.role_id, session_name)

    def reset(self) -> None:
        """Go back to the administrator and the roles as they were loaded from files.

        Sessions are for Identities.reset to forget.
        """
        with self._lock:
            for access_key_id in self._keys:
                self._identities.remove_access_key(access_key_id)
            self._keys.clear()
            self._users.clear()
            self._roles.clear()
            self._add_admin()
            self._put_loaded()

    def _put_loaded(self) -> None:
        for name, (policy, trust) in self._loaded.items():
            self.put_role(name, trust=trust, policies=(policy,))

    def _add_admin(self) -> None:
        self._add_user("admin", (_ALLOW_ALL,), ADMIN_ACCESS_KEY_ID, ADMIN_ACCESS_KEY_SECRET)

    def _add_user(
        self, name: str, policies: tuple[Document, ...], access_key_id: str, secret: str
    ) -> Credential:
        if not _USER_NAME.fullmatch(name):
            raise ValueError("user name: 1 to 64 letters, digits, '.', '-' and '_' are allowed")
        user_id = self._id("2", f"user/{name}")
        principal = ram_user(self.account_id, name, user_id)
        user = User(name, user_id, principal.arn, _parsed(policies))
        with self._lock:
            self._users[name] = user
            self._identities.apply_policies(user_id, user.policies)
        return self._add_key(principal, user.policies, access_key_id, secret)

    def _add_key(
        self, principal: Principal, policies: tuple[Policy, ...], access_key_id: str, secret: str
    ) -> Credential:
        credential = Credential(access_key_id, secret, principal, policies)
        with self._lock:
            self._keys.add(access_key_id)
            self._identities.add_access_key(credential)
        return credential

    def _id(self, first_digit: str, entity: str) -> str:
        """18 digits, as RAM's ids are, and the same at every start."""
        digest = hashlib.sha256(f"{self.account_id}:{entity}".encode()).digest()
        return first_digit + str(int.from_bytes(digest[:8], "big") % 10**17).zfill(17)


def check_session_name(name: str) -> None:
    """Raises ValueError unless the name is one STS allows for a role session."""
    if not _SESSION_NAME.fullmatch(name):
        raise ValueError("session name: 2 to 64 of letters, digits, '.', '@', '-', '_' are allowed")


def _parsed(documents: tuple[Document, ...]) -> tuple[Policy, ...]:
    return tuple(d if isinstance(d, Policy) else Policy.parse(d) for d in documents)

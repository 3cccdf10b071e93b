"""The users and roles of the account."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fakealiyun.clock import Clock, utc
from fakealiyun.identity import Credential, Identities, Principal, new_access_key
from fakealiyun.ram.evaluation import AccessRequest, evaluate_trust
from fakealiyun.ram.files import read_role
from fakealiyun.ram.managed import ManagedPolicy, PolicyKind, free_names, new_policy
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import account, assumed_role, cloud_service, ram_user
from fakealiyun.ram.system_policies import (
    ADMINISTRATOR_ACCESS,
    SYSTEM_POLICIES,
    LinkedRole,
)

ACCOUNT_ID = "1234567890123456"
ADMIN_ACCESS_KEY_ID = "LTAIlocaladmin"
ADMIN_ACCESS_KEY_SECRET = "local-admin-secret"  # noqa: S105 - opens nothing but this fake
"""The account and its administrator's AccessKey, unless `FakeCloud` gets others."""

DEFAULT_SESSION_DURATION = 3600
"""Seconds. Also the shortest MaxSessionDuration that a role may have."""
LONGEST_SESSION_DURATION = 43200
"""Seconds."""

_ACCOUNT_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_ACCESS_KEY_ID = re.compile(r"(?!STS\.)[A-Za-z0-9._-]{1,128}", re.ASCII)
_ROLE_NAME = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_USER_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}", re.ASCII)

Document = Policy | str | Mapping[str, Any]


class UnknownRole(LookupError):
    """No role has that name."""


class NotTrusted(PermissionError):
    """The role's trust policy does not allow this principal to assume the role."""


@dataclass(frozen=True)
class User:
    """A RAM user."""

    name: str
    user_id: str
    arn: str
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class Attachment:
    """A managed policy that a role has."""

    kind: PolicyKind
    policy_name: str
    attached_at: float


@dataclass(frozen=True)
class Role:
    """A role. `max_session_duration` in seconds."""

    name: str
    role_id: str
    arn: str
    trust: Policy
    policies: tuple[Policy, ...]
    """What the attached policies say now."""
    max_session_duration: int = DEFAULT_SESSION_DURATION
    attached: tuple[Attachment, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: float = 0
    updated: float = 0
    linked_to: str = ""
    """The cloud service of a service-linked role, or empty."""

    def has(self, kind: PolicyKind, policy_name: str) -> bool:
        """Whether a policy is attached."""
        return any((one.kind, one.policy_name) == (kind, policy_name) for one in self.attached)


class Ram:
    """The state of RAM. A change of policies takes effect at once, also on existing sessions."""

    def __init__(
        self,
        identities: Identities,
        clock: Clock,
        *,
        account_id: str = ACCOUNT_ID,
        admin_access_key_id: str = ADMIN_ACCESS_KEY_ID,
        admin_access_key_secret: str = ADMIN_ACCESS_KEY_SECRET,
    ) -> None:
        """Raises ValueError for an account id or AccessKey of the wrong form."""
        if not _ACCOUNT_ID.fullmatch(account_id):
            raise ValueError("account_id: 1 to 20 digits are allowed")
        if not _ACCESS_KEY_ID.fullmatch(admin_access_key_id):
            raise ValueError(
                "admin_access_key_id: 1 to 128 letters, digits, '.', '-' and '_' are allowed,"
                " but not a name that begins with STS."
            )
        if not admin_access_key_secret or not admin_access_key_secret.isprintable():
            raise ValueError("admin_access_key_secret: printable text is expected")
        self.account_id = account_id
        self.admin_access_key_id = admin_access_key_id
        self._admin_access_key_secret = admin_access_key_secret
        self._identities = identities
        self._clock = clock
        self._lock = threading.RLock()
        self._users: dict[str, User] = {}
        self._roles: dict[str, Role] = {}
        self._policies: dict[tuple[PolicyKind, str], ManagedPolicy] = {}
        self._generations: dict[str, int] = {}
        self._keys: set[str] = set()
        self._loaded: dict[str, tuple[Policy, Policy]] = {}
        self._add_admin()
        self._add_system_policies()

    @property
    def policies(self) -> Mapping[tuple[PolicyKind, str], ManagedPolicy]:
        """A copy of the managed policies, by kind and name."""
        with self._lock:
            return dict(self._policies)

    @property
    def roles(self) -> Mapping[str, Role]:
        """A copy of the roles, by name."""
        with self._lock:
            return dict(self._roles)

    @property
    def users(self) -> Mapping[str, User]:
        """A copy of the users, by name."""
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
        """Create a role, or replace the role that has this name.

        Raises PolicyGrammarError for an invalid document. Raises ValueError for a name that is not
        1 to 64 letters, digits, `.` and `-`, or a duration that is not 3600 to 43200 seconds.
        """
        if not _ROLE_NAME.fullmatch(name):
            raise ValueError("role name: 1 to 64 letters, digits, dots and hyphens are allowed")
        if not DEFAULT_SESSION_DURATION <= max_session_duration <= LONGEST_SESSION_DURATION:
            raise ValueError("max_session_duration: 3600 to 43200 seconds are allowed")
        parsed = trust if isinstance(trust, Policy) else Policy.parse_trust(trust)
        documents = _parsed(policies)
        with self._lock:
            known = self._roles.get(name)
            now = self._clock.now()
            role = known or self.new_role(name, parsed)
            role = replace(
                role, trust=parsed, max_session_duration=max_session_duration, updated=now
            )
            self._roles[name] = role
            self._make_policies(name, documents)
            return self._roles[name]

    def set_role_policies(self, name: str, *policies: Document) -> None:
        """Replace the policies of a role. Raises UnknownRole."""
        with self._lock:
            self.role(name)
            self._make_policies(name, _parsed(policies))

    def new_role(self, name: str, trust: Policy) -> Role:
        """A role that is not in the account yet. Its id is another one than that of a role of this
        name that was deleted."""
        generation = self._generations.get(name, 0)
        entity = f"role/{name}" if not generation else f"role/{name}/{generation}"
        now = self._clock.now()
        return Role(
            name,
            role_id=self._id("3", entity),
            arn=f"acs:ram::{self.account_id}:role/{name}",
            trust=trust,
            policies=(),
            created=now,
            updated=now,
        )

    def save_role(self, role: Role) -> Role:
        """Add or replace a role. What it may do follows at once, also for existing sessions."""
        with self._lock:
            documents = tuple(
                self._policies[one.kind, one.policy_name].current.policy for one in role.attached
            )
            saved = replace(role, policies=documents)
            self._roles[role.name] = saved
            self._identities.apply_policies(saved.role_id, documents)
            return saved

    def remove_role(self, name: str) -> None:
        """Delete a role. Its sessions may do nothing any more. Raises UnknownRole."""
        with self._lock:
            role = self.role(name)
            del self._roles[name]
            self._generations[name] = self._generations.get(name, 0) + 1
            self._identities.apply_policies(role.role_id, ())

    def save_policy(self, policy: ManagedPolicy) -> None:
        """Add or replace a managed policy. It takes effect at once in every role that has it."""
        with self._lock:
            self._policies[policy.key] = policy
            for role in self.roles_with(policy):
                self.save_role(role)

    def remove_policy(self, policy: ManagedPolicy) -> None:
        """Delete a managed policy that no role has."""
        with self._lock:
            del self._policies[policy.key]

    def roles_with(self, policy: ManagedPolicy) -> list[Role]:
        """The roles that have a policy."""
        with self._lock:
            return [role for role in self._roles.values() if role.has(*policy.key)]

    def add_linked_role(self, linked: LinkedRole, description: str = "") -> Role:
        """Create a service-linked role with its policy."""
        now = self._clock.now()
        with self._lock:
            self.save_policy(new_policy(linked.policy_name, linked.policy, now, kind="System"))
            role = replace(
                self.new_role(linked.role, linked.trust),
                attached=(Attachment("System", linked.policy_name, now),),
                description=description,
                linked_to=linked.service,
            )
            return self.save_role(role)

    def _make_policies(self, name: str, documents: tuple[Policy, ...]) -> None:
        """Give a role exactly these policies, each as a custom policy that is named after it."""
        before = self._roles[name]
        self._roles[name] = replace(before, attached=())
        for one in before.attached:
            policy = self._policies[one.kind, one.policy_name]
            if policy.made_for == name and not self.roles_with(policy):
                self.remove_policy(policy)
        now = self._clock.now()
        names = free_names(name)
        attached = []
        for document in documents:
            free = next(one for one in names if ("Custom", one) not in self._policies)
            policy = new_policy(free, document, now, made_for=name)
            self._policies[policy.key] = policy
            attached.append(Attachment("Custom", free, now))
        self.save_role(replace(self._roles[name], attached=tuple(attached)))

    def role(self, name: str) -> Role:
        """The role of that name. Raises UnknownRole."""
        with self._lock:
            if name not in self._roles:
                raise UnknownRole(name)
            return self._roles[name]

    def add_user(self, name: str, *policies: Document) -> Credential:
        """Create a user, or replace the user that has this name. Returns a new AccessKey of it."""
        return self._add_user(name, policies, *new_access_key())

    def set_user_policies(self, name: str, *policies: Document) -> None:
        """Replace the policies of a user. Raises KeyError if there is no such user."""
        with self._lock:
            user = replace(self._users[name], policies=_parsed(policies))
            self._users[name] = user
            self._identities.apply_policies(user.user_id, user.policies)

    def add_root_key(self) -> Credential:
        """Create an AccessKey of the account itself. In a real account nobody should have one."""
        return self._add_key(account(self.account_id), (), *new_access_key())

    def load(self, folder: Path, values: Mapping[str, str] | None = None) -> None:
        """Create the roles of a folder: `<role>/policy.json` and `<role>/trust.json`.

        `values` fills the placeholders in the files; `${AccountId}` is always filled. Raises
        RoleFileError, which names the file and the reason.
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
        """Issue a role credential to a service, as Function Compute gets one for a function.

        The service chooses the `lifetime` in seconds. The role's MaxSessionDuration does not limit
        it (Function Compute: 36 hours). Raises UnknownRole, NotTrusted, and ValueError for a
        session name that is not 2 to 64 of the characters that STS allows.
        """
        check_session_name(session_name)
        role = self.role(role_name)
        context = {"acs:CurrentTime": utc(self._clock.now())}
        request = AccessRequest("sts:AssumeRole", role.arn, context)
        if not evaluate_trust(role.trust, cloud_service(service, self.account_id), request).allowed:
            raise NotTrusted(f"the trust policy of {role_name} does not name {service}")
        principal = self.session_principal(role, session_name)
        return self._identities.issue(principal, role.policies, lifetime, held_by=service)

    def session_principal(self, role: Role, session_name: str) -> Principal:
        """The principal of a session of a role."""
        return assumed_role(self.account_id, role.name, role.role_id, session_name)

    def reset(self) -> None:
        """Go back to the administrator and to the roles that were loaded from files.

        `Identities.reset` forgets the sessions.
        """
        with self._lock:
            for access_key_id in self._keys:
                self._identities.remove_access_key(access_key_id)
            self._keys.clear()
            self._users.clear()
            self._roles.clear()
            self._policies.clear()
            self._generations.clear()
            self._add_admin()
            self._add_system_policies()
            self._put_loaded()

    def _put_loaded(self) -> None:
        for name, (policy, trust) in self._loaded.items():
            self.put_role(name, trust=trust, policies=(policy,))

    def _add_system_policies(self) -> None:
        for name, policy in SYSTEM_POLICIES.items():
            self.save_policy(new_policy(name, policy, self._clock.now(), kind="System"))

    def _add_admin(self) -> None:
        self._add_user(
            "admin",
            (ADMINISTRATOR_ACCESS,),
            self.admin_access_key_id,
            self._admin_access_key_secret,
        )

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
        """An id of 18 digits, like the ids of RAM. It is the same at every start."""
        digest = hashlib.sha256(f"{self.account_id}:{entity}".encode()).digest()
        return first_digit + str(int.from_bytes(digest[:8], "big") % 10**17).zfill(17)


def check_session_name(name: str) -> None:
    """Raises ValueError unless STS allows the name for a role session."""
    if not _SESSION_NAME.fullmatch(name):
        raise ValueError("session name: 2 to 64 of letters, digits, '.', '@', '-', '_' are allowed")


def _parsed(documents: tuple[Document, ...]) -> tuple[Policy, ...]:
    return tuple(d if isinstance(d, Policy) else Policy.parse(d) for d in documents)

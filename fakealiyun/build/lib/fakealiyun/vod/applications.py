"""The applications of the account, and which identities may use them.

RAM decides whether an identity may call an operation at all. Where the account has opened multiple
applications, the identity also needs a policy of the application that the call is about. Every
identity has VODAppFullAccess on the default application until an administrator detaches it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from fakealiyun.clock import Clock
from fakealiyun.identity import Principal
from fakealiyun.vod import errors
from fakealiyun.vod.settings import DEFAULT_APP, VodSettings

ADMINISTRATOR = "VODAppAdministratorAccess"
FULL = "VODAppFullAccess"
READ_ONLY = "VODAppReadOnlyAccess"
POLICIES = (ADMINISTRATOR, FULL, READ_ONLY)
IDENTITY_TYPES = ("RamUser", "RamRole")
MOST_APPLICATIONS = 10
"""How many applications an account can create, and on how many an identity can have policies."""
ALL_APPLICATIONS = ""
"""The application of an attachment of VODAppAdministratorAccess, which counts for all."""


class Identity(NamedTuple):
    """A RAM user by its id, or a role by its name."""

    type: str
    name: str


@dataclass(frozen=True)
class Application:
    """One application. Times are epoch seconds of cloud time."""

    app_id: str
    name: str
    created: float
    modified: float
    description: str = ""
    status: Literal["Normal", "Disable"] = "Normal"

    @property
    def type(self) -> str:
        """`System` for the default application, else `Custom`."""
        return "System" if self.app_id == DEFAULT_APP else "Custom"


@dataclass(frozen=True)
class Attachment:
    """A policy of an application that an identity has, and since when."""

    app_id: str
    policy: str
    since: float


class Applications:
    """The applications of one account and their permissions. Thread-safe.

    `administrator` may do everything from the start, as the account itself may.
    """

    def __init__(
        self, settings: Callable[[], VodSettings], clock: Clock, administrator: Identity
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._administrator = administrator
        self._lock = threading.RLock()
        self._known: dict[str, Application] = {}
        self._attached: dict[Identity, dict[tuple[str, str], Attachment]] = {}
        self._detached: set[Identity] = set()
        self.reset()

    def reset(self) -> None:
        """Go back to the applications of the settings, and to the permissions of the start."""
        with self._lock:
            self._known.clear()
            self._attached.clear()
            self._detached.clear()
            for app_id in (DEFAULT_APP, *sorted(self._settings().apps - {DEFAULT_APP})):
                self._add(app_id, "default" if app_id == DEFAULT_APP else app_id)
            self._attach(self._administrator, ALL_APPLICATIONS, ADMINISTRATOR)

    # -- what there is

    def all(self) -> list[Application]:
        """All applications, oldest first."""
        with self._lock:
            return list(self._known.values())

    def get(self, app_id: str) -> Application | None:
        """The application of that id, or None."""
        return self._known.get(app_id)

    def create(self, name: str, description: str) -> Application:
        """Add an application. Raises ApiError."""
        with self._lock:
            self._require_free(name)
            if len(self._known) > MOST_APPLICATIONS:  # the default one does not count
                raise errors.too_many_applications(MOST_APPLICATIONS)
            number = secrets.randbelow(8_999_999) + 1_000_001
            while f"app-{number}" in self._known:
                number += 1
            return self._add(f"app-{number}", name, description)

    def change(self, app_id: str, **changes: Any) -> None:
        """Change `name`, `description` or `status`. Raises ApiError."""
        with self._lock:
            known = self._known[app_id]
            if changes.get("name", known.name) != known.name:
                self._require_free(changes["name"])
            self._known[app_id] = replace(known, modified=self._clock.now(), **changes)

    def remove(self, app_id: str) -> None:
        """Remove an application and every permission on it."""
        with self._lock:
            self._known.pop(app_id, None)
            for held in self._attached.values():
                for key in [key for key in held if key[0] == app_id]:
                    held.pop(key)

    def _add(self, app_id: str, name: str, description: str = "") -> Application:
        now = self._clock.now()
        self._known[app_id] = Application(app_id, name, now, now, description)
        return self._known[app_id]

    def _require_free(self, name: str) -> None:
        if any(one.name == name for one in self._known.values()):
            raise errors.application_name_taken()

    # -- who may use it

    def attach(self, identity: Identity, app_id: str, policy: str) -> bool:
        """Give an identity a policy. False if it has policies of too many applications already."""
        app_id = ALL_APPLICATIONS if policy == ADMINISTRATOR else app_id
        with self._lock:
            apps = {one for one, _ in self._attached.get(identity, {})} - {ALL_APPLICATIONS}
            if app_id not in {ALL_APPLICATIONS, *apps} and len(apps) >= MOST_APPLICATIONS:
                return False
            self._attach(identity, app_id, policy)
            return True

    def detach(self, identity: Identity, app_id: str, policy: str) -> bool:
        """Take a policy away. False if the identity does not have it."""
        app_id = ALL_APPLICATIONS if policy == ADMINISTRATOR else app_id
        with self._lock:
            taken = self._attached.get(identity, {}).pop((app_id, policy), None)
            if (app_id, policy) == (DEFAULT_APP, FULL) and identity not in self._detached:
                self._detached.add(identity)
                return True
            return taken is not None

    def policies_of(self, identity: Identity, app_id: str) -> list[Attachment]:
        """The policies that an identity has on an application."""
        with self._lock:
            held = self._attached.get(identity, {}).values()
            found = [one for one in held if one.app_id in (app_id, ALL_APPLICATIONS)]
            has_full = any(one.policy == FULL for one in found)
            if app_id == DEFAULT_APP and identity not in self._detached and not has_full:
                found.append(Attachment(app_id, FULL, self._known[DEFAULT_APP].created))
            return found

    def administers(self, principal: Principal) -> bool:
        """Whether a caller may manage all applications."""
        identity = identity_of(principal)
        return identity is None or (ALL_APPLICATIONS, ADMINISTRATOR) in self._attached.get(
            identity, {}
        )

    def may(self, principal: Principal, app_id: str, *, write: bool) -> bool:
        """Whether a caller may read or change what belongs to an application."""
        identity = identity_of(principal)
        if identity is None or not self._settings().multiple_apps:
            return True
        enough = {ADMINISTRATOR, FULL} if write else set(POLICIES)
        return any(one.policy in enough for one in self.policies_of(identity, app_id))

    def attached(self) -> dict[str, Collection[str]]:
        """Who has which policies, without the first administrator: `RamRole/NAME`, `APP POLICY`."""
        with self._lock:
            return {
                f"{who.type}/{who.name}": sorted(f"{app or '*'} {policy}" for app, policy in held)
                for who, held in self._attached.items()
                if held and who != self._administrator
            }

    def _attach(self, identity: Identity, app_id: str, policy: str) -> None:
        held = self._attached.setdefault(identity, {})
        held.setdefault((app_id, policy), Attachment(app_id, policy, self._clock.now()))
        if (app_id, policy) == (DEFAULT_APP, FULL):
            self._detached.discard(identity)


def identity_of(principal: Principal) -> Identity | None:
    """Whom policies are attached to. None for the account itself and for Alibaba Cloud's services.

    A session has what its role has.
    """
    if principal.kind == "RAMUser":
        return Identity("RamUser", principal.owner_id)
    if principal.kind == "AssumedRoleUser":
        return Identity("RamRole", principal.name)
    return None

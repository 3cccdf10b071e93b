"""Reads what is there: one call each, with None for a thing that does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ops.account.answers import NotAnswered, ServiceAnswer, ServiceRefused
from ops.account.calls import Account
from ops.account.plan import TAG, Thing


class Reader:
    """The account as it is now. `name` is the deployment's."""

    def __init__(self, account: Account, name: str) -> None:
        self.account = account
        self.name = name
        self._tagged: dict[str, frozenset[str]] = {}

    def role(self, name: str) -> Mapping[str, Any] | None:
        """A role, or None."""
        answer = absent("EntityNotExist.Role", lambda: self._ram("GetRole", role_name=name))
        return None if answer is None else answer.body["Role"]

    def attached(self, role: str) -> set[tuple[str, str]]:
        """The policies of a role, each as type and name."""
        answer = absent(
            "EntityNotExist.Role", lambda: self._ram("ListPoliciesForRole", role_name=role)
        )
        listed = [] if answer is None else answer.body["Policies"]["Policy"]
        return {(one["PolicyType"], one["PolicyName"]) for one in listed}

    def policy(self, name: str) -> Any:
        """The document of a custom policy's default version, or None."""
        answer = absent(
            "EntityNotExist.Policy",
            lambda: self._ram("GetPolicy", policy_type="Custom", policy_name=name),
        )
        if answer is None:
            return None
        return document(answer.body["DefaultPolicyVersion"]["PolicyDocument"])

    def tagged(self, kind: str) -> frozenset[str]:
        """The names of all roles (`Role`) or policies (`Policy`) that are ours."""
        if kind not in self._tagged:
            found: set[str] = set()
            more: dict[str, Any] = {}
            plural = "Roles" if kind == "Role" else "Policies"
            while True:
                tag = {TAG: self.name}
                body = self._ram(f"List{plural}", max_items=1000, tag=tag, **more).body
                found.update(one[f"{kind}Name"] for one in body[plural][kind])
                if not body.get("IsTruncated"):
                    break
                more = {"marker": body["Marker"]}
            self._tagged[kind] = frozenset(found)
        return self._tagged[kind]

    def owner(self, kind: str, name: str) -> str:
        """The deployment that a role or policy (`role`, `policy`) is marked for, or empty."""
        given = {"resource_type": kind, "resource_names": [name]}
        listed = self._ram("ListTagResources", **given).body.get("TagResources") or ()
        return next((str(one["TagValue"]) for one in listed if one["TagKey"] == TAG), "")

    def queue(self, name: str) -> Mapping[str, Any] | None:
        """A queue's attributes with its tags, or None."""
        answer = absent(
            "QueueNotExist", lambda: self.account.mns("GetQueueAttributes", queue_name=name)
        )
        return None if answer is None else answer.body["Data"]

    def project(self, name: str) -> Mapping[str, Any] | None:
        """A log project, or None."""
        answer = absent("ProjectNotExist", lambda: self.account.sls("GetProject", name))
        return None if answer is None else answer.body

    def store(self, project: str, name: str) -> bool:
        """Whether a log store exists."""
        call = absent("LogStoreNotExist", lambda: self.account.sls("GetLogStore", project, name))
        return call is not None

    def index(self, project: str, store: str) -> bool:
        """Whether a log store has an index."""
        call = absent("IndexConfigNotExist", lambda: self.account.sls("GetIndex", project, store))
        return call is not None

    def application(self, role: str, app_id: str) -> set[str]:
        """The policies of a VOD application that a role has."""
        fields = {"identity_type": "RamRole", "identity_name": role, "app_id": app_id}
        listed = self.account.vod("ListAppPoliciesForIdentity", **fields).body.get("AppPolicyList")
        return {str(one["PolicyName"]) for one in listed or ()}

    def _ram(self, operation: str, **fields: Any) -> ServiceAnswer:
        return self.account.ram(operation, **fields)


def absent(code: str, call: Callable[[], ServiceAnswer]) -> ServiceAnswer | None:
    """The answer, or None if the service says by this code that the thing does not exist."""
    try:
        return call()
    except ServiceRefused as refusal:
        if refusal.code == code:
            return None
        raise


def document(text: object) -> Any:
    """A policy document as JSON; None if it is none, which equals no document of ours."""
    try:
        return json.loads(str(text))
    except ValueError:
        return None


def readable(kind: str, name: str, read: Callable[[], list[Thing]]) -> list[Thing]:
    """The things that `read` finds, or one that could not be read, with the reason."""
    try:
        return read()
    except ServiceRefused as refusal:
        why = "this key may not read it" if refusal.for_permission else "refused"
        return [Thing(kind, name, "unknown", f"{why}: {refusal}")]
    except NotAnswered as fault:
        return [Thing(kind, name, "unknown", f"no answer ({fault})")]
    except (KeyError, TypeError):
        return [Thing(kind, name, "unknown", "the answer cannot be read")]

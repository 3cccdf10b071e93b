"""Roles: create, read, list, update and delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.openapi import Call, Operation
from fakealiyun.ram import answers, errors, parameters
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.state import (
    DEFAULT_SESSION_DURATION,
    LONGEST_SESSION_DURATION,
    Ram,
    Role,
    UnknownRole,
)
from fakealiyun.ram.system_policies import LINKED_ROLES

MOST_ROLES = 1000
_OWN = re.compile(r"acs:ram::([0-9]+):(role|user)/(.+)", re.ASCII)


class RoleOperations:
    """What an operator does with roles."""

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        self._clock = clock

    def operations(self) -> dict[str, Operation]:
        """The operations by name."""
        handlers = {
            "CreateRole": self.create_role,
            "GetRole": self.get_role,
            "UpdateRole": self.update_role,
            "DeleteRole": self.delete_role,
        }
        every = {
            "ListRoles": self.list_roles,
            "CreateServiceLinkedRole": self.create_service_linked_role,
        }
        linked = {"DeleteServiceLinkedRole": self.delete_service_linked_role}
        return {
            **{
                name: Operation(handler, resource=self._resource, denied=errors.NOT_AUTHORIZED)
                for name, handler in {**handlers, **linked}.items()
            },
            **{
                name: Operation(handler, resource=self._all, denied=errors.NOT_AUTHORIZED)
                for name, handler in every.items()
            },
        }

    def create_role(self, call: Call) -> Mapping[str, Any]:
        """CreateRole: a role without policies. Its trust policy may name existing roles only."""
        given = call.parameters
        parameters.only(
            given,
            "RoleName",
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "Tag",
        )
        name = parameters.role_name(given)
        role = replace(
            self._ram.new_role(name, self._trust(given, "AssumeRolePolicyDocument")),
            description=parameters.description(given),
            max_session_duration=self._duration(given, "MaxSessionDuration"),
            tags=parameters.tags(given),
        )
        if name in self._ram.roles:
            raise errors.role_exists()
        if len(self._ram.roles) >= MOST_ROLES:
            raise errors.limit("Role", "roles")
        saved = self._ram.save_role(role)
        shown = answers.role_of(saved)
        del shown["UpdateDate"], shown["IsServiceLinkedRole"]
        return {"Role": shown}

    def get_role(self, call: Call) -> Mapping[str, Any]:
        """GetRole: a role with its trust policy. The answer has no tags."""
        parameters.only(call.parameters, "RoleName")
        return {"Role": answers.role_of(self._named(call))}

    def list_roles(self, call: Call) -> Mapping[str, Any]:
        """ListRoles: by name, in parts of at most 1000 (100 by default), filtered by tags."""
        given = call.parameters
        parameters.only(given, "Marker", "MaxItems", "Tag")
        wanted = parameters.tags(given).items()
        found = sorted(
            (role for role in self._ram.roles.values() if wanted <= role.tags.items()),
            key=lambda role: role.name,
        )
        most = parameters.integer(given, "MaxItems", 1, 1000, 100)
        part, end = answers.page(found, given.get("Marker", ""), most)
        listed = [
            {**answers.role_of(role, whole=False), "Tags": answers.tags_of(role.tags)}
            for role in part
        ]
        return {"Roles": {"Role": listed}, **end}

    def update_role(self, call: Call) -> Mapping[str, Any]:
        """UpdateRole: another trust policy, description or session duration."""
        given = call.parameters
        parameters.only(
            given,
            "RoleName",
            "NewAssumeRolePolicyDocument",
            "NewDescription",
            "NewMaxSessionDuration",
        )
        role = self._changeable(call)
        if "NewAssumeRolePolicyDocument" in given:
            role = replace(role, trust=self._trust(given, "NewAssumeRolePolicyDocument"))
        if "NewDescription" in given:
            role = replace(role, description=parameters.description(given, "NewDescription"))
        if "NewMaxSessionDuration" in given:
            longest = self._duration(given, "NewMaxSessionDuration")
            role = replace(role, max_session_duration=longest)
        saved = self._ram.save_role(replace(role, updated=self._clock.now()))
        return {"Role": answers.role_of(saved)}

    def delete_role(self, call: Call) -> Mapping[str, Any]:
        """DeleteRole: a role without attached policies."""
        parameters.only(call.parameters, "RoleName")
        role = self._changeable(call)
        if role.attached:
            raise errors.role_has_policies()
        self._ram.remove_role(role.name)
        return {}

    def create_service_linked_role(self, call: Call) -> Mapping[str, Any]:
        """CreateServiceLinkedRole: the role of a cloud service that has one."""
        given = call.parameters
        parameters.only(given, "ServiceName", "Description")
        linked = LINKED_ROLES.get(parameters.required(given, "ServiceName"))
        if linked is None:
            raise errors.incorrect("ServiceName")
        if linked.role in self._ram.roles:
            raise errors.role_exists()
        role = self._ram.add_linked_role(linked)
        shown = answers.role_of(role)
        del shown["UpdateDate"], shown["MaxSessionDuration"]
        return {"Role": shown}

    def delete_service_linked_role(self, call: Call) -> Mapping[str, Any]:
        """DeleteServiceLinkedRole: the role is gone at once; the real RAM deletes it by a task."""
        parameters.only(call.parameters, "RoleName")
        role = self._named(call)
        if not role.linked_to:
            raise errors.absent_role()
        attached = role.attached
        self._ram.remove_role(role.name)
        for one in attached:
            self._ram.remove_policy(self._ram.policies[one.kind, one.policy_name])
        task = f"task/aliyun-service-role/{role.linked_to}/{role.name}/{call.request_id.lower()}"
        return {"DeletionTaskId": task}

    def _named(self, call: Call) -> Role:
        name = parameters.role_name(call.parameters)
        try:
            return self._ram.role(name)
        except UnknownRole:
            raise errors.absent_role() from None

    def _changeable(self, call: Call) -> Role:
        role = self._named(call)
        if role.linked_to:
            raise errors.linked_role()
        return role

    def _trust(self, given: Mapping[str, str], name: str) -> Policy:
        policy = parameters.trust(given, name)
        roles, users = self._ram.roles, self._ram.users
        for statement in policy.statements:
            for principal in (statement.principals or {}).get("RAM", ()):
                found = _OWN.fullmatch(principal)
                if found is None or found[1] != self._ram.account_id:
                    continue
                if found[3] not in (roles if found[2] == "role" else users):
                    raise errors.malformed("a principal of the trust policy does not exist")
        return policy

    def _duration(self, given: Mapping[str, str], name: str) -> int:
        return parameters.integer(
            given,
            name,
            DEFAULT_SESSION_DURATION,
            LONGEST_SESSION_DURATION,
            DEFAULT_SESSION_DURATION,
        )

    def _resource(self, call: Call) -> str:
        return f"acs:ram::{self._ram.account_id}:role/{call.parameters.get('RoleName', '')}"

    def _all(self, _call: Call) -> str:
        return f"acs:ram::{self._ram.account_id}:role/*"

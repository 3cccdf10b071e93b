"""Managed policies and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import Clock, utc
from fakealiyun.openapi import Call, Operation
from fakealiyun.openapi.errors import invalid
from fakealiyun.ram import answers, errors, parameters
from fakealiyun.ram.managed import (
    MOST_POLICIES,
    ManagedPolicy,
    PolicyKind,
    PolicyVersion,
    TooManyVersions,
    new_policy,
)
from fakealiyun.ram.state import Ram

_ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


class PolicyOperations:
    """What an operator does with policies."""

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        self._clock = clock

    def operations(self) -> dict[str, Operation]:
        """The operations by name."""
        one = {
            "CreatePolicy": self.create_policy,
            "GetPolicy": self.get_policy,
            "UpdatePolicyDescription": self.update_policy_description,
            "DeletePolicy": self.delete_policy,
            "CreatePolicyVersion": self.create_policy_version,
            "GetPolicyVersion": self.get_policy_version,
            "ListPolicyVersions": self.list_policy_versions,
            "SetDefaultPolicyVersion": self.set_default_policy_version,
            "DeletePolicyVersion": self.delete_policy_version,
            "ListEntitiesForPolicy": self.list_entities_for_policy,
        }
        found = {
            name: Operation(handler, resource=self._resource, denied=errors.NOT_AUTHORIZED)
            for name, handler in one.items()
        }
        found["ListPolicies"] = Operation(
            self.list_policies, resource=self._all, denied=errors.NOT_AUTHORIZED
        )
        return found

    def create_policy(self, call: Call) -> Mapping[str, Any]:
        """CreatePolicy: a custom policy with the version v1."""
        given = call.parameters
        parameters.only(given, "PolicyName", "PolicyDocument", "Description", "Tag")
        name = parameters.policy_name(given)
        policy = new_policy(
            name,
            parameters.policy(given),
            self._clock.now(),
            description=parameters.description(given),
            tags=parameters.tags(given),
        )
        known = self._ram.policies
        # A name is unique among both types: a system policy's name cannot be used again.
        if ("Custom", name) in known or ("System", name) in known:
            raise errors.policy_exists()
        if sum(kind == "Custom" for kind, _ in known) >= MOST_POLICIES:
            raise errors.limit("Policy", "policy")
        self._ram.save_policy(policy)
        shown = answers.policy_of(policy, 0)
        del shown["AttachmentCount"], shown["UpdateDate"]
        return {"Policy": shown}

    def get_policy(self, call: Call) -> Mapping[str, Any]:
        """GetPolicy: a policy and the document of its default version."""
        parameters.only(call.parameters, "PolicyName", "PolicyType")
        policy = self._named(call, parameters.policy_kind(call.parameters))
        return {
            "Policy": answers.policy_of(policy, len(self._ram.roles_with(policy))),
            "DefaultPolicyVersion": answers.version_of(policy, policy.current),
        }

    def list_policies(self, call: Call) -> Mapping[str, Any]:
        """ListPolicies: by name, in parts of at most 1000 (100 by default), filtered by tags."""
        given = call.parameters
        parameters.only(given, "PolicyType", "Marker", "MaxItems", "Tag")
        kind = parameters.policy_kind(given) if given.get("PolicyType") else None
        wanted = parameters.tags(given).items()
        found = sorted(
            (
                one
                for one in self._ram.policies.values()
                if kind in (None, one.kind) and wanted <= one.tags.items()
            ),
            key=lambda one: (one.name, one.kind),
        )
        most = parameters.integer(given, "MaxItems", 1, 1000, 100)
        part, end = answers.page(found, given.get("Marker", ""), most)
        listed = [
            {
                **answers.policy_of(one, len(self._ram.roles_with(one))),
                "Tags": answers.tags_of(one.tags),
            }
            for one in part
        ]
        return {"Policies": {"Policy": listed}, **end}

    def update_policy_description(self, call: Call) -> Mapping[str, Any]:
        """UpdatePolicyDescription: another description of a custom policy."""
        given = call.parameters
        parameters.only(given, "PolicyName", "NewDescription")
        text = parameters.description(given, "NewDescription")
        policy = replace(self._named(call), description=text, updated=self._clock.now())
        self._ram.save_policy(policy)
        shown = answers.policy_of(policy, 0)
        del shown["AttachmentCount"]
        return {"Policy": shown}

    def delete_policy(self, call: Call) -> Mapping[str, Any]:
        """DeletePolicy: a custom policy that no role has, and that has one version."""
        parameters.only(call.parameters, "PolicyName")
        policy = self._named(call)
        if self._ram.roles_with(policy):
            raise errors.policy_has_roles()
        if len(policy.versions) > 1:
            raise errors.policy_has_versions()
        self._ram.remove_policy(policy)
        return {}

    def create_policy_version(self, call: Call) -> Mapping[str, Any]:
        """CreatePolicyVersion: at most 5 versions; RotateStrategy can drop the oldest."""
        given = call.parameters
        parameters.only(given, "PolicyName", "PolicyDocument", "SetAsDefault", "RotateStrategy")
        rotate = given.get("RotateStrategy") or "None"
        if rotate not in ("None", _ROTATE):
            raise invalid("RotateStrategy", f"None or {_ROTATE}")
        document = parameters.policy(given)
        try:
            changed = self._named(call).with_version(
                document,
                self._clock.now(),
                as_default=parameters.boolean(given, "SetAsDefault"),
                rotate=rotate == _ROTATE,
            )
        except TooManyVersions:
            raise errors.limit("Policy.Version", "policy version") from None
        self._ram.save_policy(changed)
        return {"PolicyVersion": answers.version_of(changed, changed.versions[-1])}

    def get_policy_version(self, call: Call) -> Mapping[str, Any]:
        """GetPolicyVersion: one version with its document."""
        given = call.parameters
        parameters.only(given, "PolicyName", "PolicyType", "VersionId")
        policy = self._named(call, parameters.policy_kind(given))
        return {"PolicyVersion": answers.version_of(policy, self._version(policy, call))}

    def list_policy_versions(self, call: Call) -> Mapping[str, Any]:
        """ListPolicyVersions: every version with its document."""
        given = call.parameters
        parameters.only(given, "PolicyName", "PolicyType")
        policy = self._named(call, parameters.policy_kind(given))
        listed = [answers.version_of(policy, one) for one in policy.versions]
        return {"PolicyVersions": {"PolicyVersion": listed}}

    def set_default_policy_version(self, call: Call) -> Mapping[str, Any]:
        """SetDefaultPolicyVersion: the version that counts from now on."""
        parameters.only(call.parameters, "PolicyName", "VersionId")
        policy = self._named(call)
        version = self._version(policy, call)
        changed = replace(policy, default=version.version_id, updated=self._clock.now())
        self._ram.save_policy(changed)
        return {}

    def delete_policy_version(self, call: Call) -> Mapping[str, Any]:
        """DeletePolicyVersion: any version except the default."""
        parameters.only(call.parameters, "PolicyName", "VersionId")
        policy = self._named(call)
        version = self._version(policy, call)
        if version.version_id == policy.default:
            raise errors.default_version()
        self._ram.save_policy(policy.without_version(version.version_id, self._clock.now()))
        return {}

    def list_entities_for_policy(self, call: Call) -> Mapping[str, Any]:
        """ListEntitiesForPolicy: the roles that have a policy. Users and groups have none here."""
        given = call.parameters
        parameters.only(given, "PolicyName", "PolicyType")
        policy = self._named(call, parameters.policy_kind(given))
        roles = [
            {
                "RoleId": role.role_id,
                "RoleName": role.name,
                "Arn": role.arn,
                "Description": role.description,
                "AttachDate": utc(
                    next(
                        one.attached_at
                        for one in role.attached
                        if (one.kind, one.policy_name) == policy.key
                    )
                ),
            }
            for role in self._ram.roles_with(policy)
        ]
        return {"Groups": {"Group": []}, "Users": {"User": []}, "Roles": {"Role": roles}}

    def _named(self, call: Call, kind: PolicyKind = "Custom") -> ManagedPolicy:
        name = parameters.policy_name(call.parameters)
        policy = self._ram.policies.get((kind, name))
        if policy is None:
            raise errors.absent_policy()
        return policy

    def _version(self, policy: ManagedPolicy, call: Call) -> PolicyVersion:
        found = policy.version(parameters.version_id(call.parameters))
        if found is None:
            raise errors.absent_version()
        return found

    def _resource(self, call: Call) -> str:
        return f"acs:ram::{self._ram.account_id}:policy/{call.parameters.get('PolicyName', '')}"

    def _all(self, _call: Call) -> str:
        return f"acs:ram::{self._ram.account_id}:policy/*"

"""Which role has which policy, and tags of roles and policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import Clock, utc
from fakealiyun.openapi import Call, Operation
from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.ram import answers, errors, parameters
from fakealiyun.ram.managed import ManagedPolicy
from fakealiyun.ram.state import Attachment, Ram, Role, UnknownRole

MOST_OF_A_ROLE = {"Custom": 10, "System": 20}
_TYPES = ("role", "policy")


class AttachmentOperations:
    """Attachments, and tags."""

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        self._clock = clock

    def operations(self) -> dict[str, Operation]:
        """The operations by name."""
        denied = errors.NOT_AUTHORIZED
        return {
            "AttachPolicyToRole": Operation(
                self.attach_policy_to_role, resource=self._both, denied=denied
            ),
            "DetachPolicyFromRole": Operation(
                self.detach_policy_from_role, resource=self._both, denied=denied
            ),
            "ListPoliciesForRole": Operation(
                self.list_policies_for_role, resource=self._role_resource, denied=denied
            ),
            "TagResources": Operation(self.tag_resources, resource=self._tagged, denied=denied),
            "UntagResources": Operation(self.untag_resources, resource=self._tagged, denied=denied),
            "ListTagResources": Operation(
                self.list_tag_resources, resource=self._tagged, denied=denied
            ),
        }

    def attach_policy_to_role(self, call: Call) -> Mapping[str, Any]:
        """AttachPolicyToRole: at most 10 custom and 20 system policies. It takes effect at once."""
        role, policy = self._pair(call)
        if role.has(*policy.key):
            raise errors.attached_already()
        same = sum(one.kind == policy.kind for one in role.attached)
        if same >= MOST_OF_A_ROLE[policy.kind]:
            raise errors.limit("Role.Policy", "policies of the role")
        added = Attachment(policy.kind, policy.name, self._clock.now())
        self._ram.save_role(replace(role, attached=(*role.attached, added)))
        return {}

    def detach_policy_from_role(self, call: Call) -> Mapping[str, Any]:
        """DetachPolicyFromRole: it takes effect at once, also on sessions that exist."""
        role, policy = self._pair(call)
        if not role.has(*policy.key):
            raise errors.not_attached()
        kept = tuple(one for one in role.attached if (one.kind, one.policy_name) != policy.key)
        self._ram.save_role(replace(role, attached=kept))
        return {}

    def list_policies_for_role(self, call: Call) -> Mapping[str, Any]:
        """ListPoliciesForRole: the attached policies, without their documents."""
        parameters.only(call.parameters, "RoleName")
        role = self._role(call)
        listed = []
        for one in role.attached:
            policy = self._ram.policies[one.kind, one.policy_name]
            listed.append(
                {
                    "PolicyName": policy.name,
                    "PolicyType": policy.kind,
                    "Description": policy.description,
                    "DefaultVersion": policy.default,
                    "AttachDate": utc(one.attached_at),
                }
            )
        return {"Policies": {"Policy": listed}}

    def tag_resources(self, call: Call) -> Mapping[str, Any]:
        """TagResources: tags for roles or policies, at most 20 each."""
        parameters.only(call.parameters, "ResourceType", "ResourceNames", "Tag")
        tags = parameters.tags(call.parameters)
        if not tags:
            raise missing("Tag")
        named = self._resources(call)
        for one in named:
            if len({**one.tags, **tags}) > parameters.MOST_TAGS:
                raise errors.limit("Tag", "tags")
        for one in named:
            self._save(one, {**one.tags, **tags})
        return {}

    def untag_resources(self, call: Call) -> Mapping[str, Any]:
        """UntagResources: without some of the tags, or without all."""
        given = call.parameters
        parameters.only(given, "ResourceType", "ResourceNames", "TagKeys", "All")
        keys = parameters.texts(given, "TagKeys", parameters.MOST_TAGS)
        everything = parameters.boolean(given, "All")
        if not keys and not everything:
            raise missing("TagKeys")
        for one in self._resources(call):
            kept = {key: text for key, text in one.tags.items() if key not in keys}
            self._save(one, {} if everything and not keys else kept)
        return {}

    def list_tag_resources(self, call: Call) -> Mapping[str, Any]:
        """ListTagResources: the tags of roles or policies, by names, by tags, or all."""
        given = call.parameters
        parameters.only(given, "ResourceType", "ResourceNames", "Tag", "NextToken", "PageSize")
        kind, wanted = self._type(call), parameters.tags(given).items()
        named = self._resources(call) if given.get("ResourceNames") else self._every(kind)
        rows = [
            {"ResourceName": one.name, "ResourceType": kind, "TagKey": key, "TagValue": value}
            for one in named
            if wanted <= one.tags.items()
            for key, value in one.tags.items()
        ]
        most = parameters.integer(given, "PageSize", 1, 100, 100)
        part, end = answers.page(rows, given.get("NextToken", ""), most)
        following = {"NextToken": end["Marker"]} if "Marker" in end else {}
        return {"TagResources": list(part), **following}

    def _pair(self, call: Call) -> tuple[Role, ManagedPolicy]:
        given = call.parameters
        parameters.only(given, "PolicyType", "PolicyName", "RoleName")
        kind, name = parameters.policy_kind(given), parameters.policy_name(given)
        role = self._role(call)
        policy = self._ram.policies.get((kind, name))
        if policy is None:
            raise errors.absent_policy()
        if role.linked_to:
            raise errors.linked_role()
        return role, policy

    def _role(self, call: Call) -> Role:
        name = parameters.role_name(call.parameters)
        try:
            return self._ram.role(name)
        except UnknownRole:
            raise errors.absent_role() from None

    def _type(self, call: Call) -> str:
        kind = parameters.required(call.parameters, "ResourceType")
        if kind not in _TYPES:
            raise invalid("ResourceType", "role or policy")
        return kind

    def _every(self, kind: str) -> list[Role | ManagedPolicy]:
        if kind == "role":
            return list(self._ram.roles.values())
        return [one for one in self._ram.policies.values() if one.kind == "Custom"]

    def _resources(self, call: Call) -> list[Role | ManagedPolicy]:
        kind = self._type(call)
        names = parameters.texts(call.parameters, "ResourceNames", parameters.MOST_NAMES)
        if not names:
            raise missing("ResourceNames")
        known = {one.name: one for one in self._every(kind)}
        if not set(names) <= set(known):
            raise errors.absent_role() if kind == "role" else errors.absent_policy()
        return [known[name] for name in names]

    def _save(self, one: Role | ManagedPolicy, tags: Mapping[str, str]) -> None:
        if isinstance(one, Role):
            self._ram.save_role(replace(one, tags=tags))
        else:
            self._ram.save_policy(replace(one, tags=tags))

    def _arn(self, relative: str) -> str:
        return f"acs:ram::{self._ram.account_id}:{relative}"

    def _role_resource(self, call: Call) -> str:
        return self._arn(f"role/{call.parameters.get('RoleName', '')}")

    def _both(self, call: Call) -> tuple[str, ...]:
        policy = self._arn(f"policy/{call.parameters.get('PolicyName', '')}")
        return (self._role_resource(call), policy)

    def _tagged(self, call: Call) -> tuple[str, ...]:
        """Every resource that a call names, or all of its type."""
        kind = call.parameters.get("ResourceType", "")
        if not call.parameters.get("ResourceNames"):
            return (self._arn(f"{kind}/*"),)
        names = parameters.texts(call.parameters, "ResourceNames", parameters.MOST_NAMES)
        return tuple(self._arn(f"{kind}/{name}") for name in names) or (self._arn(f"{kind}/*"),)

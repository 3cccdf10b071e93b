"""The objects in RAM's answers, with the members and the order of the vendor's examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fakealiyun.clock import utc
from fakealiyun.ram.managed import ManagedPolicy, PolicyVersion
from fakealiyun.ram.state import Role

Item = TypeVar("Item")


def role_of(role: Role, *, whole: bool = True) -> dict[str, Any]:
    """A role. A list has no trust policies in it."""
    found: dict[str, Any] = {
        "RoleId": role.role_id,
        "RoleName": role.name,
        "Arn": role.arn,
        "Description": role.description,
        "CreateDate": utc(role.created),
        "UpdateDate": utc(role.updated),
        "MaxSessionDuration": role.max_session_duration,
    }
    if whole:
        found["AssumeRolePolicyDocument"] = role.trust.document
        found["IsServiceLinkedRole"] = bool(role.linked_to)
    return found


def policy_of(policy: ManagedPolicy, attached: int) -> dict[str, Any]:
    """A policy, without its document."""
    return {
        "PolicyType": policy.kind,
        "PolicyName": policy.name,
        "Description": policy.description,
        "DefaultVersion": policy.default,
        "AttachmentCount": attached,
        "CreateDate": utc(policy.created),
        "UpdateDate": utc(policy.updated),
    }


def version_of(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, Any]:
    """A version, with its document."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default,
        "PolicyDocument": version.policy.document,
        "CreateDate": utc(version.created),
    }


def tags_of(tags: Mapping[str, str]) -> dict[str, Any]:
    """Tags as lists show them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def page(found: Sequence[Item], marker: str, most: int) -> tuple[Sequence[Item], dict[str, Any]]:
    """A part of a list, and the members that say where the next part begins."""
    start = int(marker) if marker.isascii() and marker.isdigit() and len(marker) < 10 else 0
    part, rest = found[start : start + most], start + most < len(found)
    return part, {"IsTruncated": rest, **({"Marker": str(start + most)} if rest else {})}

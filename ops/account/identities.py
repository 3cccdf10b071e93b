"""Plans roles, policies and their attachments."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from ops.account.needs import Needs, PolicyNeed, RoleNeed
from ops.account.plan import TAG, Step, Thing
from ops.account.reading import Reader, document, readable

_ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
_LINKED = "service-linked role"
_LEFT = "; it stays as it is without --adopt "

EVENT_BRIDGE: Mapping[str, str] = {
    "AliyunServiceRoleForEventBridgeSendToFC": "sendevent-fc.eventbridge.aliyuncs.com",
    "AliyunServiceRoleForEventBridgeSendToMNS": "sendevent-mns.eventbridge.aliyuncs.com",
}
"""EventBridge's own roles to call functions and to use queues, each with the name of its service.
`s deploy` would make them too. They belong to EventBridge, not to us."""


def things(reader: Reader, needs: Needs, adopted: Collection[str]) -> list[Thing]:
    """Every role with its policies, in the order in which they can be made."""
    found: list[Thing] = []
    for role in needs.roles:
        found += readable("role", role.name, partial(_of_role, reader, role, adopted))
    found += [Thing("role", name, "not ours", why) for name, why in needs.others.items()]
    if needs.event_bridge:
        for name, service in EVENT_BRIDGE.items():
            found += readable(_LINKED, name, partial(_linked, reader, name, service))
    return found


def _of_role(reader: Reader, need: RoleNeed, adopted: Collection[str]) -> list[Thing]:
    there = reader.role(need.name)
    ours = need.name in reader.tagged("Role")
    role = _role(reader, need, there, ours, f"role/{need.name}" in adopted)
    mine = role.state != "not ours"
    attached = reader.attached(need.name) if there is not None else set()
    found = [role]
    for policy in need.policies:
        made = _policy(reader, policy, adopted)
        found += [made, _attachment(reader, need, policy, made, attached, mine)]
    wanted = {("Custom", policy.name) for policy in need.policies}
    for kind, name in sorted(attached - wanted):
        found.append(
            Thing("attachment", f"{name}@{need.name}", "not ours", f"a further {kind} policy")
        )
    return found


def _role(
    reader: Reader, need: RoleNeed, there: Mapping[str, Any] | None, ours: bool, adopt: bool
) -> Thing:
    ram, name = reader.account.ram, need.name
    trust = _text(need.trust)
    if there is None:
        create = Step(
            f"CreateRole {name}",
            lambda: ram(
                "CreateRole",
                role_name=name,
                assume_role_policy_document=trust,
                description="A role of vodpass, made by ops.account",
                tag={TAG: reader.name},
            ),
        )
        return Thing("role", name, "create", steps=(create,))
    differs = document(there["AssumeRolePolicyDocument"]) != need.trust
    what = "another trust policy" if differs else ""
    owner = "" if ours else reader.owner("role", name)
    if owner or not (ours or adopt):
        return _left("role", name, what, owner)
    steps = [] if ours else [_tag(reader, "role", name)]
    if differs:
        steps.append(
            Step(
                f"UpdateRole {name}",
                lambda: ram("UpdateRole", role_name=name, new_assume_role_policy_document=trust),
            )
        )
    return _changed("role", name, what, steps)


def _policy(reader: Reader, need: PolicyNeed, adopted: Collection[str]) -> Thing:
    ram, name, text = reader.account.ram, need.name, _text(need.document)
    there = reader.policy(name)
    if there is None:
        create = Step(
            f"CreatePolicy {name}",
            lambda: ram(
                "CreatePolicy",
                policy_name=name,
                policy_document=text,
                description="A policy of vodpass, made by ops.account",
                tag={TAG: reader.name},
            ),
        )
        return Thing("policy", name, "create", steps=(create,))
    what = "another document" if there != need.document else ""
    ours = name in reader.tagged("Policy")
    owner = "" if ours else reader.owner("policy", name)
    if owner or not (ours or f"policy/{name}" in adopted):
        return _left("policy", name, what, owner)
    steps = [] if ours else [_tag(reader, "policy", name)]
    if what:
        steps.append(
            Step(
                f"CreatePolicyVersion {name}",
                lambda: ram(
                    "CreatePolicyVersion",
                    policy_name=name,
                    policy_document=text,
                    set_as_default=True,
                    rotate_strategy=_ROTATE,
                ),
            )
        )
    return _changed("policy", name, what, steps)


def _attachment(
    reader: Reader,
    role: RoleNeed,
    policy: PolicyNeed,
    made: Thing,
    attached: set[tuple[str, str]],
    mine: bool,
) -> Thing:
    name = f"{policy.name}@{role.name}"
    if ("Custom", policy.name) in attached:
        return Thing("attachment", name, "nothing")
    if not mine:
        return Thing("attachment", name, "not ours", f"missing{_LEFT}role/{role.name}")
    if made.state == "not ours" and made.what.startswith("another"):
        return Thing("attachment", name, "not ours", f"missing{_LEFT}policy/{policy.name}")
    attach = Step(
        f"AttachPolicyToRole {policy.name} to {role.name}",
        lambda: reader.account.ram(
            "AttachPolicyToRole",
            policy_type="Custom",
            policy_name=policy.name,
            role_name=role.name,
        ),
    )
    needs = (f"role/{role.name}", f"policy/{policy.name}")
    return Thing("attachment", name, "create", steps=(attach,), needs=needs)


def _linked(reader: Reader, name: str, service: str) -> list[Thing]:
    if reader.role(name) is not None:
        return [Thing(_LINKED, name, "nothing")]
    create = Step(
        f"CreateServiceLinkedRole {service}",
        lambda: reader.account.ram("CreateServiceLinkedRole", service_name=service),
    )
    return [Thing(_LINKED, name, "create", steps=(create,))]


def _tag(reader: Reader, kind: str, name: str) -> Step:
    return Step(
        f"TagResources {kind} {name}",
        lambda: reader.account.ram(
            "TagResources", resource_type=kind, resource_names=[name], tag={TAG: reader.name}
        ),
    )


def _left(kind: str, name: str, what: str, owner: str) -> Thing:
    if owner:
        said = f"{what or 'as it should be'}; it belongs to the deployment {owner}"
    else:
        said = f"{what}{_LEFT}{kind}/{name}" if what else "as it should be"
    return Thing(kind, name, "not ours", said)


def _changed(kind: str, name: str, what: str, steps: list[Step]) -> Thing:
    if not steps:
        return Thing(kind, name, "nothing")
    return Thing(kind, name, "change", what or "to be marked as ours", tuple(steps))


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

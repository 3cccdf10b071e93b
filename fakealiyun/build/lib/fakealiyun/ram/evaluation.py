"""RAM's policy evaluation for one account: whether a request is allowed.

The order is the vendor's. An explicit deny anywhere refuses the request. Then the session policy,
if there is one, must allow the request. Then an identity policy must allow it. So a session may
never do more than its role, and never more than its session policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fakealiyun.clock import utc
from fakealiyun.identity import Credential, Principal
from fakealiyun.ram.policy import Policy, Statement

NoPermissionType = Literal["ImplicitDeny", "ExplicitDeny"]
PolicyType = Literal["AccountLevelIdentityBasedPolicy", "SessionPolicy", "AssumeRolePolicy"]


@dataclass(frozen=True)
class AccessRequest:
    """A request to decide on: `vod:GetVideoInfo` on `acs:vod:cn-shanghai:<account>:*`.

    `context` has the condition keys of the request: those of `request_context`, and those of the
    service (`oss:Prefix`, `sts:ExternalId`).
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and if not, why.

    `no_permission_type` and `policy_type` are the fields `NoPermissionType` and `PolicyType` of an
    AccessDeniedDetail. They say whether a Deny refused the request, and in which kind of policy.
    """

    allowed: bool
    no_permission_type: NoPermissionType | None = None
    policy_type: PolicyType | None = None


ALLOWED = Decision(allowed=True)


def request_context(*, source_ip: str, secure: bool, now: float) -> dict[str, str]:
    """The condition keys that every request has. `now` is cloud time in epoch seconds."""
    return {
        "acs:SourceIp": source_ip,
        "acs:SecureTransport": "true" if secure else "false",
        "acs:CurrentTime": utc(now),
    }


def evaluate(credential: Credential, request: AccessRequest) -> Decision:
    """Decide on a request. The credential must have been authenticated before."""
    layers: list[tuple[PolicyType, Iterable[Policy]]] = []
    if credential.session_policy is not None:
        layers.append(("SessionPolicy", (credential.session_policy,)))
    # The account itself owns everything, so it has no policies. It cannot have sessions.
    if credential.principal.kind != "Account":
        layers.append(("AccountLevelIdentityBasedPolicy", credential.policies))

    effects = [
        (kind, {s.effect for p in policies for s in p.statements if _covers(s, request)})
        for kind, policies in layers
    ]
    for kind, found in effects:
        if "Deny" in found:
            return Decision(False, "ExplicitDeny", kind)
    for kind, found in effects:
        if "Allow" not in found:
            return Decision(False, "ImplicitDeny", kind)
    return ALLOWED


def evaluate_trust(trust: Policy, principal: Principal, request: AccessRequest) -> Decision:
    """Decide whether a role's trust policy allows this principal to assume the role."""
    found = {
        statement.effect
        for statement in trust.statements
        if _names(statement, principal) and _covers(statement, request)
    }
    if "Deny" in found:
        return Decision(False, "ExplicitDeny", "AssumeRolePolicy")
    if "Allow" not in found:
        return Decision(False, "ImplicitDeny", "AssumeRolePolicy")
    return ALLOWED


def _covers(statement: Statement, request: AccessRequest) -> bool:
    return statement.covers(request.action, request.resource, request.context)


def _names(statement: Statement, principal: Principal) -> bool:
    principals = statement.principals or {}
    if principal.kind == "Service":
        return principal.name in principals.get("Service", ())
    named = principals.get("RAM", ())
    # In a trust policy, the root of an account stands for every user and role of the account.
    return f"acs:ram::{principal.account_id}:root" in named or principal.trusted_as in named

"""Whether a request is allowed: RAM's policy evaluation for one account.

Order of the vendor's evaluation process: an explicit deny anywhere ends it; then the session
policy, if there is one, must allow; then an identity policy must allow. A session thus never
holds more than its role, nor more than its session policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from fakealiyun.identity import Credential, Principal
from fakealiyun.ram.policy import Policy, Statement

NoPermissionType = Literal["ImplicitDeny", "ExplicitDeny"]
PolicyType = Literal["AccountLevelIdentityBasedPolicy", "SessionPolicy", "AssumeRolePolicy"]


@dataclass(frozen=True)
class AccessRequest:
    """What is asked: `vod:GetVideoInfo` on `acs:vod:cn-shanghai:<account>:*`, and from where.

    `context` holds the condition keys of the request, as `request_context` makes them and a
    service's own (`oss:Prefix`, `sts:ExternalId`).
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The outcome. A refusal says which kind of policy refused, and whether by a Deny.

    The two are the `NoPermissionType` and `PolicyType` of an AccessDeniedDetail.
    """

    allowed: bool
    no_permission_type: NoPermissionType | None = None
    policy_type: PolicyType | None = None


ALLOWED = Decision(allowed=True)


def request_context(*, source_ip: str, secure: bool, now: float) -> dict[str, str]:
    """The condition keys every request has. `now` is cloud time, in epoch seconds."""
    return {
        "acs:SourceIp": source_ip,
        "acs:SecureTransport": "true" if secure else "false",
        "acs:CurrentTime": utc_text(now),
    }


def utc_text(moment: float) -> str:
    """Epoch seconds as `YYYY-MM-DDThh:mm:ssZ`."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def evaluate(credential: Credential, request: AccessRequest) -> Decision:
    """Decide on a request made with a credential that is already authenticated."""
    layers: list[tuple[PolicyType, Iterable[Policy]]] = []
    if credential.session_policy is not None:
        layers.append(("SessionPolicy", (credential.session_policy,)))
    # The account itself owns everything and has no policies; its sessions do not exist.
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
    """Decide whether a role's trust policy lets this principal in."""
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
    # The account's root in a trust policy stands for every user and role of that account.
    return f"acs:ram::{principal.account_id}:root" in named or principal.trusted_as in named

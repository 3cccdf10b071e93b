"""The `AccessDeniedDetail` that goes with a refusal."""

from __future__ import annotations

from fakealiyun.identity import Principal
from fakealiyun.ram.evaluation import Decision

# RAM has names of its own here. "SubUser" is the one of SDK documentation, the other a guess.
_PRINCIPAL_TYPES = {"RAMUser": "SubUser", "Account": "RootUser"}


def access_denied_detail(principal: Principal, action: str, decision: Decision) -> dict[str, str]:
    """Who was refused what, and by which kind of policy.

    The real one also carries an EncodedDiagnosticMessage, an opaque text that only RAM can
    decode; there is none here.
    """
    return {
        "AuthAction": action,
        "AuthPrincipalDisplayName": principal.principal_id,
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalType": _PRINCIPAL_TYPES.get(principal.kind, principal.kind),
        "NoPermissionType": decision.no_permission_type or "",
        "PolicyType": decision.policy_type or "",
    }

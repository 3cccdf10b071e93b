"""The `AccessDeniedDetail` of a refusal."""

from __future__ import annotations

from fakealiyun.identity import Principal
from fakealiyun.ram.evaluation import Decision

# RAM uses other names here. "SubUser" is in the documentation of the SDK; "RootUser" is a guess.
_PRINCIPAL_TYPES = {"RAMUser": "SubUser", "Account": "RootUser"}


def access_denied_detail(principal: Principal, action: str, decision: Decision) -> dict[str, str]:
    """Who was refused which action, and by which kind of policy.

    The real service adds an EncodedDiagnosticMessage, which only RAM can decode. The fake does
    not.
    """
    return {
        "AuthAction": action,
        "AuthPrincipalDisplayName": principal.principal_id,
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalType": _PRINCIPAL_TYPES.get(principal.kind, principal.kind),
        "NoPermissionType": decision.no_permission_type or "",
        "PolicyType": decision.policy_type or "",
    }

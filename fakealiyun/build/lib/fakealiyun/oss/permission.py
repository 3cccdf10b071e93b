"""Checks permissions: RAM policies are evaluated for every operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fakealiyun.identity import Credential
from fakealiyun.oss.errors import OssError
from fakealiyun.ram.evaluation import AccessRequest, Decision, evaluate


def authorize(
    credential: Credential,
    actions: Sequence[str],
    *,
    account_id: str,
    bucket: str,
    key: str,
    context: Mapping[str, str],
) -> None:
    """Raises OssError AccessDenied unless the credential's policies allow one of the actions.

    A denied action refuses the request.

    The region in the requested resource is `*`. So a policy that names a region does not match.
    """
    resource = f"acs:oss:*:{account_id}:{bucket}" + (f"/{key}" if key else "")
    decisions = [
        evaluate(credential, AccessRequest(action, resource, context)) for action in actions
    ]
    denied = next((d for d in decisions if d.no_permission_type == "ExplicitDeny"), None)
    if denied is None and any(decision.allowed for decision in decisions):
        return
    raise _refusal(denied or decisions[0])


def anonymous() -> OssError:
    """The error for a request without a signature: no bucket here is public."""
    return OssError(
        "AccessDenied", "You have no right to access this object because of bucket acl."
    )


def _refusal(decision: Decision) -> OssError:
    if decision.policy_type == "SessionPolicy":
        message = "You have no right to access this object: the session policy does not allow it."
        return OssError("AccessDenied", message, ec="0003-00000301")
    return OssError("AccessDenied")

"""Whether a caller may: RAM's evaluation, and what Function Compute may do with a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import (
    AccessRequest,
    evaluate,
    evaluate_trust,
    request_context,
    utc_text,
)
from fakealiyun.ram.principal import cloud_service
from fakealiyun.ram.state import Ram, UnknownRole

if TYPE_CHECKING:
    from fakealiyun.identity import Credential
    from fakealiyun.openapi.wire import RawRequest

SERVICE = "fc.aliyuncs.com"


class Access:
    """The permissions of callers in one account."""

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        self._clock = clock

    def require(self, caller: Credential, raw: RawRequest, action: str, resource: str) -> None:
        """Raises ApiError AccessDenied unless the caller may do `action` on `resource`."""
        context = request_context(source_ip=raw.source_ip, secure=raw.secure, now=self._clock.now())
        decision = evaluate(caller, AccessRequest(action, resource, context))
        if not decision.allowed:
            detail = access_denied_detail(caller.principal, action, decision)
            raise errors.access_denied(action, resource, {"AccessDeniedDetail": detail})

    def check_role(self, caller: Credential, raw: RawRequest, role_arn: str) -> None:
        """Whether the caller may give a function this role, and whether Function Compute could
        take it on. Raises ApiError.

        When the real service finds out that a role is unusable, at the deployment or at the first
        invocation, is not documented.
        """
        self.require(caller, raw, "ram:PassRole", role_arn)
        account, _, name = role_arn.removeprefix("acs:ram::").partition(":role/")
        try:
            role = self._ram.role(name)
        except UnknownRole:
            role = None
        if role is None or account != self._ram.account_id:
            raise errors.invalid_argument(f"role '{role_arn}' does not exist")
        request = AccessRequest(
            "sts:AssumeRole", role.arn, {"acs:CurrentTime": utc_text(self._clock.now())}
        )
        service = cloud_service(SERVICE, self._ram.account_id)
        if not evaluate_trust(role.trust, service, request).allowed:
            raise errors.invalid_argument(f"role '{role_arn}' does not trust {SERVICE}")

"""Checks the permissions of callers, and whether Function Compute can use a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakealiyun.clock import Clock, utc
from fakealiyun.fc import errors
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import (
    AccessRequest,
    evaluate,
    evaluate_trust,
    request_context,
)
from fakealiyun.ram.principal import cloud_service
from fakealiyun.ram.state import Ram, UnknownRole

if TYPE_CHECKING:
    from fakealiyun.identity import Credential
    from fakealiyun.openapi.wire import RawRequest

SERVICE = "fc.aliyuncs.com"


class FcPermission:
    """Checks permissions in one account."""

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        self._clock = clock

    def require(self, caller: Credential, raw: RawRequest, action: str, resource: str) -> None:
        """Raise ApiError AccessDenied unless the caller may do `action` on `resource`."""
        context = request_context(source_ip=raw.source_ip, secure=raw.secure, now=self._clock.now())
        decision = evaluate(caller, AccessRequest(action, resource, context))
        if not decision.allowed:
            detail = access_denied_detail(caller.principal, action, decision)
            raise errors.access_denied(action, resource, {"AccessDeniedDetail": detail})

    def check_role(self, caller: Credential, raw: RawRequest, role_arn: str) -> None:
        """Raise ApiError unless the caller may pass this role and Function Compute can assume it.

        The documentation does not say when the real service rejects an unusable role: at the
        deployment or at the first invocation.
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
            "sts:AssumeRole", role.arn, {"acs:CurrentTime": utc(self._clock.now())}
        )
        service = cloud_service(SERVICE, self._ram.account_id)
        if not evaluate_trust(role.trust, service, request).allowed:
            raise errors.invalid_argument(f"role '{role_arn}' does not trust {SERVICE}")

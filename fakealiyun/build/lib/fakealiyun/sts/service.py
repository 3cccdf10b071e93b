"""The API of STS, version 2015-04-01. It runs behind the OpenAPI gateway."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakealiyun.clock import Clock, utc
from fakealiyun.identity import Credential, Identities
from fakealiyun.openapi import Call, Operation
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import AccessRequest, evaluate_trust, request_context
from fakealiyun.ram.state import Ram, Role
from fakealiyun.sts import errors
from fakealiyun.sts.parameters import AssumeRoleParameters, read, read_role_arn

LONGEST_CHAINED_SESSION = 3600
"""The longest DurationSeconds if a role session assumes another role."""


class StsService:
    """The operations of STS. The OpenAPI gateway has authenticated the caller before."""

    name = "sts"
    version = "2015-04-01"

    def __init__(self, ram: Ram, identities: Identities, clock: Clock) -> None:
        self._ram = ram
        self._identities = identities
        self._clock = clock
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                "AssumeRole": Operation(
                    self.assume_role,
                    resource=lambda call: read_role_arn(call.parameters).text,
                    denied=errors.NOT_AUTHORIZED,
                ),
                "GetCallerIdentity": Operation(
                    self.get_caller_identity,
                    needs_permission=False,
                ),
            }
        )

    def assume_role(self, call: Call) -> Mapping[str, Any]:
        """Issue a credential of a role.

        The gateway has checked the caller's own permission. Here the role must exist, trust the
        caller and allow the duration. Raises ApiError.
        """
        caller = call.caller
        if caller.principal.kind == "Account":
            raise errors.root_refused()
        wanted = read(call.parameters)
        role = self._find(wanted)
        source_identity = caller.source_identity or wanted.source_identity
        if wanted.source_identity not in (None, source_identity):
            raise errors.not_authorized()
        self._check_trust(role, wanted, call)
        self._check_duration(role, wanted.duration, caller)
        principal = self._ram.session_principal(role, wanted.session_name)
        session = self._identities.issue(
            principal,
            role.policies,
            wanted.duration,
            session_policy=wanted.policy,
            source_identity=source_identity,
        )
        answer: dict[str, Any] = {
            "AssumedRoleUser": {
                "Arn": f"{role.arn}/{wanted.session_name}",
                "AssumedRoleId": principal.principal_id,
            },
            "Credentials": {
                "SecurityToken": session.security_token,
                "AccessKeyId": session.access_key_id,
                "AccessKeySecret": session.access_key_secret,
                "Expiration": utc(session.expires_at or 0),
            },
        }
        if source_identity is not None:
            answer["SourceIdentity"] = source_identity
        return answer

    def get_caller_identity(self, call: Call) -> Mapping[str, Any]:
        """Say who the caller is. Every identity may call this. Keys of a service are refused."""
        principal = call.caller.principal
        if principal.kind == "Service":
            raise errors.not_authorized()
        owner = "RoleId" if principal.kind == "AssumedRoleUser" else "UserId"
        return {
            "IdentityType": principal.kind,
            "AccountId": principal.account_id,
            "RequestId": call.request_id,
            "PrincipalId": principal.principal_id,
            "Arn": principal.arn,
            owner: principal.owner_id,
        }

    def _find(self, wanted: AssumeRoleParameters) -> Role:
        role = self._ram.roles.get(wanted.role_arn.role_name)
        if role is None or wanted.role_arn.account_id != self._ram.account_id:
            raise errors.role_not_found()
        return role

    def _check_trust(self, role: Role, wanted: AssumeRoleParameters, call: Call) -> None:
        context = request_context(
            source_ip=call.source_ip, secure=call.secure, now=self._clock.now()
        )
        if wanted.external_id is not None:
            context["sts:ExternalId"] = wanted.external_id
        request = AccessRequest("sts:AssumeRole", role.arn, context)
        decision = evaluate_trust(role.trust, call.caller.principal, request)
        if not decision.allowed:
            raise errors.not_authorized(
                access_denied_detail(call.caller.principal, request.action, decision)
            )

    def _check_duration(self, role: Role, seconds: int, caller: Credential) -> None:
        longest = role.max_session_duration
        if caller.principal.kind == "AssumedRoleUser":
            longest = min(longest, LONGEST_CHAINED_SESSION)
        if seconds > longest:
            raise errors.duration()

"""STS 2015-04-01 behind the OpenAPI layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.identity import Credential, Identities
from fakealiyun.openapi import Call, Operation
from fakealiyun.ram.denial import access_denied_detail
from fakealiyun.ram.evaluation import AccessRequest, evaluate_trust, request_context, utc_text
from fakealiyun.ram.state import Ram, Role
from fakealiyun.sts import errors
from fakealiyun.sts.parameters import AssumeRoleParameters, read, read_role_arn

LONGEST_CHAINED_SESSION = 3600
"""Seconds that a role session may ask for when it assumes another role."""


class StsService:
    """The operations of STS. The OpenAPI layer has authenticated the caller of each."""

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
                    source="AssumeRole, API reference of STS (2025)",
                    doubts=(
                        "The order of the checks is not documented: RoleArn's shape, permission, "
                        "the other parameters, the role's existence, trust, duration.",
                        "A role session that assumes a role gets 3600 seconds at most; no vendor "
                        "text says so, none says more.",
                        "A child session does not end with its parent's credential.",
                        "Policy is limited to 2048 bytes; the pages say characters and bytes.",
                        "A SourceIdentity that differs from the caller's session's is refused "
                        "with NoPermission; the code is not documented.",
                    ),
                ),
                "GetCallerIdentity": Operation(
                    self.get_caller_identity,
                    needs_permission=False,
                    source="GetCallerIdentity, API reference of STS (2025)",
                    doubts=(
                        "Keys that a service issued in its own name (inside an UploadAuth or a "
                        "PlayAuth) are refused: what they are to STS is not documented.",
                    ),
                ),
            }
        )

    def assume_role(self, call: Call) -> Mapping[str, Any]:
        """Issue temporary keys of a role.

        The caller's own permission has been checked; here the role must exist, trust the
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
                "AccessKeyId": session.access_key_id,
                "AccessKeySecret": session.access_key_secret,
                "SecurityToken": session.security_token,
                "Expiration": utc_text(session.expires_at or 0),
            },
        }
        if source_identity is not None:
            answer["SourceIdentity"] = source_identity
        return answer

    def get_caller_identity(self, call: Call) -> Mapping[str, Any]:
        """Say who the caller is. Every identity may ask; a service's own keys are none."""
        principal = call.caller.principal
        if principal.kind == "Service":
            raise errors.not_authorized()
        owner = "RoleId" if principal.kind == "AssumedRoleUser" else "UserId"
        return {
            "IdentityType": principal.kind,
            "AccountId": principal.account_id,
            "PrincipalId": principal.principal_id,
            owner: principal.owner_id,
            "Arn": principal.arn,
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

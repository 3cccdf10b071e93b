"""The policies and the service-linked roles that RAM itself has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fakealiyun.ram.policy import Policy

ADMINISTRATOR_ACCESS = Policy.parse(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)

SYSTEM_POLICIES: Mapping[str, Policy] = {"AdministratorAccess": ADMINISTRATOR_ACCESS}


@dataclass(frozen=True)
class LinkedRole:
    """A role that RAM makes for one cloud service, with its system policy."""

    service: str
    role: str
    policy_name: str
    actions: tuple[str, ...]

    @property
    def policy(self) -> Policy:
        """What the service may do by the role."""
        allow = {"Effect": "Allow", "Action": list(self.actions), "Resource": "*"}
        return Policy.parse({"Version": "1", "Statement": [allow]})

    @property
    def trust(self) -> Policy:
        """A trust policy that names the service alone."""
        statement = {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": [self.service]},
        }
        return Policy.parse_trust(json.dumps({"Statement": [statement], "Version": "1"}))


LINKED_ROLES: Mapping[str, LinkedRole] = {
    one.service: one
    for one in (
        LinkedRole(
            "sendevent-fc.eventbridge.aliyuncs.com",
            "AliyunServiceRoleForEventBridgeSendToFC",
            "AliyunServiceRolePolicyForEventBridgeSendToFC",
            ("fc:GetFunction", "fc:InvokeFunction", "fc:ListFunctions"),
        ),
        LinkedRole(
            "sendevent-mns.eventbridge.aliyuncs.com",
            "AliyunServiceRoleForEventBridgeSendToMNS",
            "AliyunServiceRolePolicyForEventBridgeSendToMNS",
            ("mns:SendMessage", "mns:PublishMessage", "mns:GetQueueAttributes"),
        ),
    )
}
"""By the service's name. The real RAM knows many more."""

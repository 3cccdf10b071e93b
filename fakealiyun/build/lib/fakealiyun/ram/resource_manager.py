"""What the deployment tool asks of ResourceManager (2020-03-31): the roles of cloud services."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.openapi import Call, Operation
from fakealiyun.ram import errors, parameters
from fakealiyun.ram.operations.roles import RoleOperations
from fakealiyun.ram.state import Ram
from fakealiyun.ram.system_policies import LINKED_ROLES


class ResourceManagerApi:
    """Two operations. Their RAM code is `ram`, as the roles are RAM's."""

    name = "ram"
    version = "2020-03-31"

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self._ram = ram
        denied = errors.NOT_AUTHORIZED
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                "CheckServiceLinkedRoleExistence": Operation(
                    self.check_service_linked_role_existence, denied=denied
                ),
                "CreateServiceLinkedRole": Operation(
                    RoleOperations(ram, clock).create_service_linked_role, denied=denied
                ),
            }
        )

    def check_service_linked_role_existence(self, call: Call) -> Mapping[str, Any]:
        """CheckServiceLinkedRoleExistence: whether the role of a service is in the account."""
        parameters.only(call.parameters, "ServiceName")
        linked = LINKED_ROLES.get(parameters.required(call.parameters, "ServiceName"))
        if linked is None:
            raise errors.incorrect("ServiceName")
        return {"Exists": linked.role in self._ram.roles}

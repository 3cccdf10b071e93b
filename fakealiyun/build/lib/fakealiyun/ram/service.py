"""The API of RAM, version 2015-05-01. It runs behind the OpenAPI gateway."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fakealiyun.clock import Clock
from fakealiyun.openapi import Operation
from fakealiyun.ram.operations.attachments import AttachmentOperations
from fakealiyun.ram.operations.policies import PolicyOperations
from fakealiyun.ram.operations.roles import RoleOperations
from fakealiyun.ram.state import Ram


class RamService:
    """The operations of RAM. The OpenAPI gateway has authenticated the caller before."""

    name = "ram"
    version = "2015-05-01"

    def __init__(self, ram: Ram, clock: Clock) -> None:
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                **RoleOperations(ram, clock).operations(),
                **PolicyOperations(ram, clock).operations(),
                **AttachmentOperations(ram, clock).operations(),
            }
        )

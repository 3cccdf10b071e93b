"""The principals that RAM knows: the account, its users, sessions of roles, and cloud services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["Account", "RAMUser", "AssumedRoleUser", "Service"]


@dataclass(frozen=True)
class Principal:
    """The identity behind a credential. GetCallerIdentity and trust policies use these names.

    `owner_id` is the id of the account, user or role that policies are attached to. `name` is the
    name of the user or role, or the host name of the service (`fc.aliyuncs.com`).
    """

    kind: Kind
    account_id: str
    arn: str
    principal_id: str
    owner_id: str = ""
    name: str = ""
    session_name: str = ""

    @property
    def trusted_as(self) -> str:
        """The name of this principal in a trust policy."""
        if self.kind == "AssumedRoleUser":
            return f"acs:ram::{self.account_id}:role/{self.name}"
        return self.arn


def account(account_id: str) -> Principal:
    """The Alibaba Cloud account itself."""
    return Principal(
        "Account", account_id, f"acs:ram::{account_id}:root", account_id, owner_id=account_id
    )


def ram_user(account_id: str, name: str, user_id: str) -> Principal:
    """A RAM user."""
    arn = f"acs:ram::{account_id}:user/{name}"
    return Principal("RAMUser", account_id, arn, user_id, owner_id=user_id, name=name)


def assumed_role(account_id: str, role: str, role_id: str, session_name: str) -> Principal:
    """A session of a role."""
    return Principal(
        "AssumedRoleUser",
        account_id,
        f"acs:ram::{account_id}:assumed-role/{role}/{session_name}",
        f"{role_id}:{session_name}",
        owner_id=role_id,
        name=role,
        session_name=session_name,
    )


def cloud_service(host: str, account_id: str) -> Principal:
    """A cloud service that acts in its own name, for example `fc.aliyuncs.com`."""
    return Principal("Service", account_id, host, host, owner_id=host, name=host)

"""What the files of `ram/` grant: a list of single actions on single resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from fakealiyun import FakeCloud
from local.roles import LOCAL_VALUES

RAM_FOLDER = Path(__file__).resolve().parents[3] / "ram"
ROLES = sorted(path.name for path in RAM_FOLDER.iterdir() if path.is_dir())
CLIENT_ROLES = [role for role in ROLES if role.startswith("vodpass-client-")]
FUNCTION_ROLES = [role for role in ROLES if role not in CLIENT_ROLES]


class Grant(NamedTuple):
    """One action that a role may perform on one resource, in the spelling of its file.

    A `file` other than `policy` is an extra policy. An operator attaches it to switch on a purpose.
    """

    role: str
    action: str
    resource: str
    file: str = "policy"


def document(role: str, name: str = "policy") -> dict[str, Any]:
    """A file of a role, with its placeholders."""
    parsed = json.loads((RAM_FOLDER / role / f"{name}.json").read_text())
    assert isinstance(parsed, dict)
    return parsed


def grants(role: str) -> set[Grant]:
    """Every grant of a role. Its statements must be simple enough to list."""
    found = set()
    for path in (RAM_FOLDER / role).glob("*.json"):
        if path.stem == "trust":
            continue
        for statement in document(role, path.stem)["Statement"]:
            assert set(statement) == {"Effect", "Action", "Resource"}
            assert statement["Effect"] == "Allow"
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    found.add(Grant(role, action, resource, path.stem))
    return found


def listed(value: Any) -> list[str]:
    """A policy's text or list of texts as a list."""
    return [value] if isinstance(value, str) else list(value)


def take_away(cloud: FakeCloud, grant: Grant) -> None:
    """Give the role everything that its files grant except this."""
    left = grants(grant.role) - {grant}
    assert len(left) == len(grants(grant.role)) - 1
    hold_to(cloud, grant.role, left)


def give_everything(cloud: FakeCloud, role: str) -> None:
    """Give the role everything that its files grant, the optional files included."""
    hold_to(cloud, role, grants(role))


def hold_to(cloud: FakeCloud, role: str, held: set[Grant]) -> None:
    """Give the role exactly these grants."""
    statements = [
        {"Effect": "Allow", "Action": grant.action, "Resource": _filled(cloud, grant.resource)}
        for grant in sorted(held)
    ]
    policies = [{"Version": "1", "Statement": statements}] if statements else []
    cloud.ram.set_role_policies(role, *policies)


def _filled(cloud: FakeCloud, resource: str) -> str:
    values = {"AccountId": cloud.account_id, **LOCAL_VALUES}
    for name, value in values.items():
        resource = resource.replace(f"${{{name}}}", value)
    assert "${" not in resource
    return resource

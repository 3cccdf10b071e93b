"""Plans the removal of what is ours, and finds the functions that still use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ops.account.answers import NotAnswered, ServiceRefused
from ops.account.calls import Account
from ops.account.plan import TAG, Step, Thing, has_mark, mark
from ops.account.reading import Reader, readable
from shared.config.settings import DEFAULT_APP

_PAGE = 100


@dataclass(frozen=True)
class Use:
    """A function that uses one of our roles, or a region whose functions could not be read."""

    region: str
    function: str = ""
    role: str = ""
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f"{self.region}: its functions could not be read: {self.failure}"
        return f"{self.region}: the function {self.function} has the role {self.role}"


def uses(accounts: Iterable[Account], roles: frozenset[str]) -> list[Use]:
    """The functions with one of these roles. `accounts` are the account in each region."""
    return [use for account in accounts for use in _in_region(account, roles)]


def _in_region(account: Account, roles: frozenset[str]) -> list[Use]:
    try:
        return list(_functions(account, roles))
    except ServiceRefused as refusal:
        return [Use(account.region, failure=str(refusal))]
    except NotAnswered as fault:
        return [Use(account.region, failure=f"no answer ({fault})")]


def _functions(account: Account, roles: frozenset[str]) -> Iterator[Use]:
    token = None
    while True:
        body = account.fc("ListFunctions", limit=_PAGE, next_token=token).body
        for function in body.get("functions") or ():
            role = str(function.get("role") or "").rpartition("/")[2]
            if role in roles:
                yield Use(account.region, str(function.get("functionName")), role)
        token = body.get("nextToken")
        if not token:
            return


def things(reader: Reader, app_id: str) -> list[Thing]:
    """Everything that is ours, each with the calls that remove it."""
    roles, policies = reader.tagged("Role"), reader.tagged("Policy")
    found: list[Thing] = []
    # A role that another one trusts goes last, as it was made first.
    for name in sorted(roles, key=lambda one: (one.endswith("-sts"), one)):
        found += readable("role", name, partial(_role, reader, name, app_id))
    for name in sorted(policies):
        found += readable("policy", name, partial(_policy, reader, name, roles))
    found += readable("queue", "all", partial(_queues, reader))
    found += readable("log project", "all", partial(_projects, reader))
    return found


def _role(reader: Reader, name: str, app_id: str) -> list[Thing]:
    ram, vod = reader.account.ram, reader.account.vod
    steps = []
    if app_id != DEFAULT_APP:
        for policy in sorted(reader.application(name, app_id)):
            fields = {
                "identity_type": "RamRole",
                "identity_name": name,
                "app_id": app_id,
                "policy_names": policy,
            }
            text = f"DetachAppPolicyFromIdentity {policy} of {app_id} from {name}"
            steps.append(Step(text, partial(vod, "DetachAppPolicyFromIdentity", **fields)))
    for kind, policy in sorted(reader.attached(name)):
        fields = {"policy_type": kind, "policy_name": policy, "role_name": name}
        text = f"DetachPolicyFromRole {policy} from {name}"
        steps.append(Step(text, partial(ram, "DetachPolicyFromRole", **fields)))
    steps.append(Step(f"DeleteRole {name}", partial(ram, "DeleteRole", role_name=name)))
    return [Thing("role", name, "change", "to be removed", tuple(steps))]


def _policy(reader: Reader, name: str, roles: frozenset[str]) -> list[Thing]:
    ram = reader.account.ram
    entities = ram("ListEntitiesForPolicy", policy_type="Custom", policy_name=name).body
    groups = [
        f"{kind.lower()} {one[f'{kind}Name']}"
        for kind in ("User", "Group", "Role")
        for one in (entities.get(f"{kind}s") or {}).get(kind) or ()
    ]
    others = [one for one in groups if one.removeprefix("role ") not in roles]
    if others:
        return [Thing("policy", name, "not ours", f"is left: {', '.join(others)} has it")]
    listed = ram("ListPolicyVersions", policy_type="Custom", policy_name=name).body
    steps = [
        Step(
            f"DeletePolicyVersion {name} {one['VersionId']}",
            partial(ram, "DeletePolicyVersion", policy_name=name, version_id=one["VersionId"]),
        )
        for one in listed["PolicyVersions"]["PolicyVersion"]
        if not one["IsDefaultVersion"]
    ]
    steps.append(Step(f"DeletePolicy {name}", partial(ram, "DeletePolicy", policy_name=name)))
    # A role that could not be removed keeps its policies.
    needs = tuple(f"role/{one.removeprefix('role ')}" for one in groups if one.startswith("role "))
    return [Thing("policy", name, "change", "to be removed", tuple(steps), needs)]


def _queues(reader: Reader) -> list[Thing]:
    found = []
    number = 1
    while True:
        tag = {TAG: reader.name}
        data = reader.account.mns("ListQueue", page_num=number, page_size=50, tag=tag).body["Data"]
        for one in data["PageData"]:
            name = str(one["QueueName"])
            kinds = ("ActiveMessages", "InactiveMessages", "DelayMessages")
            messages = sum(int(one.get(kind) or 0) for kind in kinds)
            what = "to be removed" + (f", with {messages} messages" if messages else "")
            step = Step(
                f"DeleteQueue {name}", partial(reader.account.mns, "DeleteQueue", queue_name=name)
            )
            found.append(Thing("queue", name, "change", what, (step,)))
        if number >= int(data["Pages"]):
            return found
        number += 1


def _projects(reader: Reader) -> list[Thing]:
    sls = reader.account.sls
    found = []
    listed = sls("ListProject", size=500).body.get("projects") or ()
    for one in listed:
        name = str(one["projectName"])
        described = str(one.get("description") or "")
        if not has_mark(described, reader.name):
            continue
        if described != mark(reader.name):
            what = "is left: it was there before, and may hold lines of others"
            found.append(Thing("log project", name, "not ours", what))
            continue
        stores = sls("ListLogStores", name, size=500).body.get("logstores") or []
        if len(stores) > 1:
            what = f"is left: it has {len(stores)} log stores; remove it in the console"
            found.append(Thing("log project", name, "not ours", what))
            continue
        what = "to be removed" + (f", with the lines in {stores[0]}" if stores else "")
        step = Step(f"DeleteProject {name}", partial(sls, "DeleteProject", name))
        found.append(Thing("log project", name, "change", what, (step,)))
    return found

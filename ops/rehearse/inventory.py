"""Reads everything that an account has, so that two moments can be compared byte for byte.

Only digests are kept: the variables of functions and the callback's key are secrets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.account import Account, ServiceAnswer, ServiceRefused

_MESSAGES = ("ActiveMessages", "InactiveMessages", "DelayMessages")
_MOST = 100  # on a page


@dataclass(frozen=True)
class Inventory:
    """What an account has: a digest of each thing, by its kind and name."""

    things: Mapping[str, str]

    def differs(self, after: Inventory) -> list[str]:
        """The things that are not the same afterwards, each with what became of it."""
        found = []
        for key in sorted(self.things.keys() | after.things.keys()):
            if key not in after.things:
                found.append(f"{key} is gone")
            elif key not in self.things:
                found.append(f"{key} is new")
            elif self.things[key] != after.things[key]:
                found.append(f"{key} has changed")
        return found

    def changed_in(self, after: Inventory) -> list[str]:
        """As `differs`, without what is new."""
        return [one for one in self.differs(after) if not one.endswith(" is new")]

    def new_in(self, after: Inventory) -> list[str]:
        """The things that only the other one has."""
        return sorted(after.things.keys() - self.things.keys())


def read(account: Account) -> Inventory:
    """Everything in the account. Raises ServiceRefused or NotAnswered."""
    return _digests(
        [
            *_roles(account),
            *_policies(account),
            *_queues(account),
            *_logs(account),
            *_functions(account),
            *_domains(account),
            *_vod(account),
        ]
    )


def deployed(account: Account) -> Inventory:
    """The functions, triggers and domains, whenever they were deployed. Raises as `read`."""
    found = [*_functions(account), *_domains(account)]
    return _digests([(kind, name, _without_time(content)) for kind, name, content in found])


def _digests(things: Iterable[tuple[str, str, Any]]) -> Inventory:
    found: dict[str, str] = {}
    for kind, name, content in things:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        found[f"{kind} {name}"] = hashlib.sha256(text.encode()).hexdigest()
    return Inventory(found)


def _without_time(content: Any) -> Any:
    if isinstance(content, list):
        return [_without_time(one) for one in content]
    if isinstance(content, dict):
        return {
            name: _without_time(value)
            for name, value in content.items()
            if name != "lastModifiedTime"
        }
    return content


_Things = Iterator[tuple[str, str, Any]]


def _plain(answer: ServiceAnswer) -> dict[str, Any]:
    return {name: value for name, value in answer.body.items() if name != "RequestId"}


def _pages(account: Account, kind: str, **given: Any) -> Iterator[Mapping[str, Any]]:
    plural = "Roles" if kind == "Role" else "Policies"
    more: dict[str, Any] = {}
    while True:
        body = account.ram(f"List{plural}", max_items=1000, **given, **more).body
        yield from body[plural][kind]
        if not body.get("IsTruncated"):
            return
        more = {"marker": body["Marker"]}


def _tags(account: Account, kind: str, name: str) -> Any:
    given = {"resource_type": kind, "resource_names": [name]}
    return account.ram("ListTagResources", **given).body.get("TagResources")


def _roles(account: Account) -> _Things:
    for one in _pages(account, "Role"):
        name = str(one["RoleName"])
        yield (
            "role",
            name,
            [
                _plain(account.ram("GetRole", role_name=name)),
                _plain(account.ram("ListPoliciesForRole", role_name=name)),
                _tags(account, "role", name),
            ],
        )


def _policies(account: Account) -> _Things:
    for one in _pages(account, "Policy", policy_type="Custom"):
        name = str(one["PolicyName"])
        given = {"policy_type": "Custom", "policy_name": name}
        yield (
            "policy",
            name,
            [
                _plain(account.ram("GetPolicy", **given)),
                _plain(account.ram("ListPolicyVersions", **given)),
                _tags(account, "policy", name),
            ],
        )


def _queues(account: Account) -> _Things:
    number, last = 1, 1
    while number <= last:
        data = account.mns("ListQueue", page_num=number, page_size=50).body["Data"]
        for one in data["PageData"]:
            name = str(one["QueueName"])
            there = account.mns("GetQueueAttributes", queue_name=name).body["Data"]
            # Messages come and go.
            kept = {key: value for key, value in there.items() if key not in _MESSAGES}
            yield "queue", name, kept
        number, last = number + 1, int(data["Pages"])


def _logs(account: Account) -> _Things:
    for one in account.sls("ListProject", size=500).body.get("projects") or ():
        project = str(one["projectName"])
        yield "log project", project, _plain(account.sls("GetProject", project))
        for store in account.sls("ListLogStores", project, size=500).body.get("logstores") or ():
            yield (
                "log store",
                f"{project}/{store}",
                [
                    _plain(account.sls("GetLogStore", project, store)),
                    _maybe(partial(account.sls, "GetIndex", project, store)),
                ],
            )


def _functions(account: Account) -> _Things:
    for one in _listed(account, "ListFunctions", "functions"):
        name = str(one["functionName"])
        yield (
            "function",
            name,
            [
                _plain(account.fc("GetFunction", name)),
                _maybe(partial(account.fc, "GetAsyncInvokeConfig", name, qualifier="LATEST")),
                _maybe(partial(account.fc, "GetConcurrencyConfig", name)),
            ],
        )
        for trigger in account.fc("ListTriggers", name, limit=_MOST).body.get("triggers") or ():
            yield "trigger", f"{name}/{trigger['triggerName']}", trigger


def _domains(account: Account) -> _Things:
    for one in _listed(account, "ListCustomDomains", "customDomains"):
        yield "domain", str(one["domainName"]), one


def _listed(account: Account, operation: str, member: str) -> Iterator[Mapping[str, Any]]:
    token = None
    while True:
        body = account.fc(operation, limit=_MOST, next_token=token).body
        yield from body.get(member) or ()
        token = body.get("nextToken")
        if not token:
            return


def _vod(account: Account) -> _Things:
    listed = account.vod("ListAppInfo", page_no=1, page_size=_MOST).body
    for one in listed.get("AppInfoList") or ():
        app_id = str(one["AppId"])
        yield "VOD application", app_id, one
        callback = _maybe(partial(account.vod, "GetMessageCallback", app_id=app_id))
        if callback and callback["MessageCallback"].keys() > {"AppId"}:
            yield "VOD callback of", app_id, callback
    videos = account.vod("GetVideoList", page_no=1, page_size=_MOST).body
    for video in (videos.get("VideoList") or {}).get("Video") or ():
        yield "video", str(video["VideoId"]), video


def _maybe(call: Callable[[], ServiceAnswer]) -> Any:
    """An answer, or None if the thing does not exist."""
    try:
        return _plain(call())
    except ServiceRefused as refusal:
        if refusal.status == 404 or "NotExist" in refusal.code or "NotFound" in refusal.code:
            return None
        raise

"""Plans queues, the log project with its store, and policies of a VOD application."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from ops.account.needs import LogNeed, Needs, QueueNeed, RoleNeed
from ops.account.plan import ADOPTED, TAG, State, Step, Thing, has_mark, mark
from ops.account.reading import Reader, readable
from shared.config.settings import DEFAULT_APP

_LEFT = "; it stays as it is without --adopt "
_ENOUGH = ("VODAppFullAccess", "VODAppAdministratorAccess")
STORE = {"ttl": 180, "shard_count": 2}
"""A new log store: days that it keeps lines, and shards."""
_TOKENS = [*", '\";=()[]{}?@&<>/:\n\t\r"]
INDEX: dict[str, Any] = {"line": {"token": _TOKENS, "caseSensitive": False}}
"""A new index: every word of a line can be found."""


def things(
    reader: Reader, needs: Needs, adopted: Collection[str], roles: Collection[str]
) -> list[Thing]:
    """Everything but roles and policies. `roles` are the keys of roles that are yet to be made."""
    found: list[Thing] = []
    if needs.app_id != DEFAULT_APP:
        for role in needs.roles:
            if role.application:
                found += readable(
                    "application policy",
                    f"{role.application}@{role.name}",
                    partial(_application, reader, role, needs.app_id, roles),
                )
    for queue in needs.queues:
        found += readable("queue", queue.name, partial(_queue, reader, queue, adopted))
    if needs.log is not None:
        log = needs.log
        found += readable("log project", log.project, partial(_log, reader, log, adopted))
    return found


def _application(reader: Reader, role: RoleNeed, app_id: str, new: Collection[str]) -> list[Thing]:
    name, policy = f"{role.application}@{role.name}", role.application
    held: set[str] = set() if f"role/{role.name}" in new else reader.application(role.name, app_id)
    if held & {*_ENOUGH, policy}:
        return [Thing("application policy", name, "nothing", app_id)]
    attach = Step(
        f"AttachAppPolicyToIdentity {policy} of {app_id} to {role.name}",
        lambda: reader.account.vod(
            "AttachAppPolicyToIdentity",
            identity_type="RamRole",
            identity_name=role.name,
            app_id=app_id,
            policy_names=policy,
        ),
    )
    needs = (f"role/{role.name}",)
    return [Thing("application policy", name, "create", app_id, (attach,), needs)]


def _queue(reader: Reader, need: QueueNeed, adopted: Collection[str]) -> list[Thing]:
    there = reader.queue(need.name)
    if there is None:
        create = Step(
            f"CreateQueue {need.name}",
            lambda: reader.account.mns(
                "CreateQueue",
                queue_name=need.name,
                message_retention_period=need.kept,
                tag={TAG: reader.name},
            ),
        )
        return [Thing("queue", need.name, "create", steps=(create,))]
    owner = next((one["TagValue"] for one in there.get("Tags") or () if one["TagKey"] == TAG), "")
    ours = owner == reader.name
    kept = int(there["MessageRetentionPeriod"])
    short = f"keeps messages for {kept} s, not for {need.least} or more"
    what = short if kept < need.least else ""
    if owner and not ours:
        said = f"it belongs to the deployment {owner}, and a queue has one reader: name another"
        return [Thing("queue", need.name, "not ours", said)]
    if not (ours or f"queue/{need.name}" in adopted):
        said = f"{what}{_LEFT}queue/{need.name}" if what else "as it should be"
        return [Thing("queue", need.name, "not ours", said)]
    if not what:
        said = "" if ours else "a queue cannot be marked later"
        return [Thing("queue", need.name, "nothing", said)]
    change = Step(
        f"SetQueueAttributes {need.name}",
        lambda: reader.account.mns(
            "SetQueueAttributes", queue_name=need.name, message_retention_period=need.kept
        ),
    )
    return [Thing("queue", need.name, "change", what, (change,))]


def _log(reader: Reader, need: LogNeed, adopted: Collection[str]) -> list[Thing]:
    sls, project, store = reader.account.sls, need.project, need.store
    there = reader.project(project)
    key = f"log project/{project}"
    if there is None:
        text = mark(reader.name)
        create = Step(
            f"CreateProject {project}",
            lambda: sls("CreateProject", project_name=project, description=text),
        )
        found = [Thing("log project", project, "create", steps=(create,))]
    else:
        described = str(there.get("description") or "")
        ours = has_mark(described, reader.name)
        if not ours and key in adopted:
            # A word before the mark tells `destroy` that the project was there before.
            text = f"{described or ADOPTED} {mark(reader.name)}"
            update = Step(
                f"UpdateProject {project}", lambda: sls("UpdateProject", project, description=text)
            )
            found = [Thing("log project", project, "change", "to be marked as ours", (update,))]
        else:
            state: State = "nothing" if ours else "not ours"
            found = [Thing("log project", project, state, "" if ours else "as it should be")]
    has_store = there is not None and reader.store(project, store)
    found.append(_store(reader, need, has_store))
    has_index = has_store and reader.index(project, store)
    found.append(_index(reader, need, has_index))
    if found[0].state == "not ours":
        found = [_left_in(one, key) for one in found]
    return found


def _left_in(thing: Thing, project: str) -> Thing:
    """A thing in a log project that is not ours: nothing is added there either."""
    if thing.state != "create":
        return thing
    return Thing(thing.kind, thing.name, "not ours", f"missing{_LEFT}{project}")


def _store(reader: Reader, need: LogNeed, exists: bool) -> Thing:
    name, needs = f"{need.project}/{need.store}", (f"log project/{need.project}",)
    if exists:
        return Thing("log store", name, "nothing", needs=needs)
    create = Step(
        f"CreateLogStore {name}",
        lambda: reader.account.sls(
            "CreateLogStore", need.project, logstore_name=need.store, **STORE
        ),
    )
    return Thing("log store", name, "create", "", (create,), needs)


def _index(reader: Reader, need: LogNeed, exists: bool) -> Thing:
    name = f"{need.project}/{need.store}"
    needs = (f"log store/{name}",)
    if exists:
        return Thing("log index", name, "nothing", needs=needs)
    create = Step(
        f"CreateIndex {name}",
        lambda: reader.account.sls("CreateIndex", need.project, need.store, **INDEX),
    )
    return Thing("log index", name, "create", "", (create,), needs)

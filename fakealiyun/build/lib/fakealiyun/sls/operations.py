"""The operations of Simple Log Service: method, path, RAM action and handler of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from fakealiyun.sls import log_group
from fakealiyun.sls.errors import SlsError, invalid
from fakealiyun.sls.request import SlsRequest
from fakealiyun.sls.state import (
    Line,
    Logs,
    Project,
    Store,
    is_project_name,
    is_store_name,
)

_STORE_SETTINGS = {"ttl", "shardCount", "mode", "telemetryType", "autoSplit", "maxSplitShard"}
_IGNORED_SETTINGS = {"appendMeta", "enable_tracking", "hot_ttl", "infrequentAccessTTL"}
_INDEX = {
    *("line", "keys", "ttl", "log_reduce", "max_text_len", "scan_index"),
    *("log_reduce_black_list", "log_reduce_white_list"),
}


@dataclass(frozen=True)
class SlsCall:
    """An accepted request: who owns the account, where, and the parts of its path."""

    request: SlsRequest
    logs: Logs
    account_id: str
    region: str
    store_name: str = ""

    @property
    def project(self) -> Project:
        """The project of the host. Raises SlsError ProjectNotExist."""
        found = self.logs.projects.get(self.request.project)
        if found is None:
            raise SlsError("ProjectNotExist")
        return found

    @property
    def store(self) -> Store:
        """The store of the path. Raises SlsError."""
        found = self.project.stores.get(self.store_name)
        if found is None:
            raise SlsError("LogStoreNotExist")
        return found


Handler = Callable[[SlsCall], Any]


@dataclass(frozen=True)
class SlsOperation:
    """One operation. `path` may hold `{store}`; `action` is the name in RAM."""

    name: str
    method: str
    path: str
    handler: Handler
    of_project: bool = True
    action: str = ""
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = re.escape(self.path).replace(re.escape("{store}"), r"(?P<store>[^/]{1,128})")
        object.__setattr__(self, "_pattern", re.compile(pattern))

    def match(self, request: SlsRequest) -> re.Match[str] | None:
        """The match of a request that is for this operation."""
        if request.method != self.method or bool(request.project) != self.of_project:
            return None
        return self._pattern.fullmatch(request.path)

    @property
    def ram_action(self) -> str:
        """`log:CreateProject`."""
        return f"log:{self.action or self.name}"

    def resource(self, request: SlsRequest, store: str) -> str:
        """The RAM resource, without region and account."""
        name = request.project
        if not self.of_project:
            given = request.json().get("projectName") if request.body else "*"
            name = given if isinstance(given, str) else ""
        if "{store}" in self.path or self.path == "/logstores":
            return f"project/{name}/logstore/{store or '*'}"
        return f"project/{name}"


def create_project(call: SlsCall) -> None:
    """CreateProject: an empty project. Its name is unique among all accounts of a region."""
    given = _body(call, {"projectName", "description"}, {"resourceGroupId", "dataRedundancyType"})
    name = given.get("projectName")
    if not isinstance(name, str) or not is_project_name(name):
        raise invalid("projectName", "3 to 63 lower-case letters, digits and hyphens")
    description = _description(given)
    if name in call.logs.projects:
        raise SlsError("ProjectAlreadyExist")
    call.logs.create_project(name, description)


def get_project(call: SlsCall) -> Any:
    """GetProject: its description, its owner and its times."""
    return _project(call, call.project)


def update_project(call: SlsCall) -> None:
    """UpdateProject: another description."""
    project = call.project
    project.description = _description(_body(call, {"description"}, set()))
    project.modified = call.logs.now


def delete_project(call: SlsCall) -> None:
    """DeleteProject: with everything in it."""
    del call.logs.projects[call.project.name]


def list_project(call: SlsCall) -> Any:
    """ListProject: by name, filtered by a part of the name."""
    part = call.request.query.get("projectName", "")
    found = [one for name, one in sorted(call.logs.projects.items()) if part in name]
    shown = _page(call, found, 100)
    listed = [_project(call, one) for one in shown]
    return {"count": len(listed), "total": len(found), "projects": listed}


def create_log_store(call: SlsCall) -> None:
    """CreateLogStore: ttl and shardCount are required."""
    project = call.project
    given = _body(call, {"logstoreName", *_STORE_SETTINGS}, _IGNORED_SETTINGS)
    name = given.pop("logstoreName", None)
    if not isinstance(name, str) or not is_store_name(name):
        raise invalid("logstoreName", "2 to 63 lower-case letters, digits, hyphens and _")
    settings = _settings(given, {"mode": "standard"})
    for required in ("ttl", "shardCount"):
        if required not in settings:
            raise invalid(required, "it is required")
    if name in project.stores:
        raise SlsError("LogStoreAlreadyExist", f"logstore {name} already exists")
    call.logs.create_store(project.name, name, **settings)


def get_log_store(call: SlsCall) -> Any:
    """GetLogStore: its settings."""
    return _store(call.store)


def update_log_store(call: SlsCall) -> None:
    """UpdateLogStore: ttl and shards that split."""
    store = call.store
    given = _body(call, {"logstoreName", *_STORE_SETTINGS}, _IGNORED_SETTINGS)
    if given.pop("logstoreName", store.name) != store.name:
        raise invalid("logstoreName", "the name of the store in the path")
    if given.get("shardCount", store.settings["shardCount"]) != store.settings["shardCount"]:
        raise invalid("shardCount", "it cannot be changed here")
    store.settings = _settings(given, store.settings)
    store.modified = call.logs.now


def delete_log_store(call: SlsCall) -> None:
    """DeleteLogStore: with its lines and its index."""
    del call.project.stores[call.store.name]


def list_log_stores(call: SlsCall) -> Any:
    """ListLogStores: their names, filtered by a part of the name."""
    part = call.request.query.get("logstoreName", "")
    found = [name for name in sorted(call.project.stores) if part in name]
    shown = _page(call, found, 500)
    return {"count": len(shown), "total": len(found), "logstores": shown}


def create_index(call: SlsCall) -> None:
    """CreateIndex: what queries can find. A store has one."""
    store, index = call.store, _index(call)
    if store.index is not None:
        raise SlsError("IndexAlreadyExist")
    store.index, store.index_modified = index, call.logs.now


def get_index(call: SlsCall) -> Any:
    """GetIndex: as it was given."""
    store = call.store
    if store.index is None:
        raise SlsError("IndexConfigNotExist")
    return {
        "index_mode": "v2",
        "lastModifyTime": store.index_modified,
        "storage": "pg",
        "ttl": store.settings["ttl"],
        **store.index,
    }


def update_index(call: SlsCall) -> None:
    """UpdateIndex: replaces the index."""
    store, index = call.store, _index(call)
    if store.index is None:
        raise SlsError("IndexConfigNotExist")
    store.index, store.index_modified = index, call.logs.now


def delete_index(call: SlsCall) -> None:
    """DeleteIndex: the lines stay."""
    store = call.store
    if store.index is None:
        raise SlsError("IndexConfigNotExist")
    store.index = None


def put_logs(call: SlsCall) -> None:
    """PutLogs: keeps the lines. Compressed with deflate, lz4 or zstd, or not at all."""
    request, store = call.request, call.store
    if not request.headers.get("content-type", "").startswith("application/x-protobuf"):
        raise SlsError("PostBodyInvalid")
    size = request.headers.get("x-log-bodyrawsize")
    if size is None:
        raise SlsError("MissingBodyRawSize")
    if not re.fullmatch(r"[0-9]{1,9}", size, re.ASCII):
        raise SlsError("InvalidBodyRawSize")
    compression = request.headers.get("x-log-compresstype")
    whole = log_group.unpack(request.body, compression, int(size))
    store.lines.extend(log_group.read(whole))


def get_logs(call: SlsCall) -> Any:
    """GetLogs: the lines of a time, oldest first. The query may be empty, `*`, or plain words."""
    store = call.store
    given = _body(call, {"from", "to", "query", "line", "offset", "reverse", "topic"}, set())
    if store.index is None:
        raise SlsError("IndexConfigNotExist")
    begin, end = _whole(given, "from", 0, 2**32), _whole(given, "to", 0, 2**32)
    if begin is None or end is None:
        raise invalid("from and to", "epoch seconds, both required")
    query, topic = given.get("query") or "*", given.get("topic") or ""
    if not isinstance(query, str) or not re.fullmatch(r"\*|[\w.-]+(?: [\w.-]+)*", query):
        raise SlsError("NotSupported", "The fake has queries of plain words only.")
    words = [] if query == "*" else query.lower().split()
    found = [
        line
        for line in store.lines
        if begin <= line.time < end
        and topic in ("", line.topic)
        and all(any(word in text.lower() for text in line.contents.values()) for word in words)
    ]
    found.sort(key=lambda line: line.time, reverse=given.get("reverse") is True)
    start = _whole(given, "offset", 0, 10**6) or 0
    shown = found[start : start + (_whole(given, "line", 0, 100) or 100)]
    meta = {"progress": "Complete", "count": len(shown), "hasSQL": False, "isAccurate": True}
    return {"meta": meta, "data": [_line(one) for one in shown]}


OPERATIONS: tuple[SlsOperation, ...] = (
    SlsOperation("ListProject", "GET", "/", list_project, of_project=False),
    SlsOperation("CreateProject", "POST", "/", create_project, of_project=False),
    SlsOperation("GetProject", "GET", "/", get_project),
    SlsOperation("UpdateProject", "PUT", "/", update_project),
    SlsOperation("DeleteProject", "DELETE", "/", delete_project),
    SlsOperation("ListLogStores", "GET", "/logstores", list_log_stores),
    SlsOperation("CreateLogStore", "POST", "/logstores", create_log_store),
    SlsOperation("GetLogStore", "GET", "/logstores/{store}", get_log_store),
    SlsOperation("UpdateLogStore", "PUT", "/logstores/{store}", update_log_store),
    SlsOperation("DeleteLogStore", "DELETE", "/logstores/{store}", delete_log_store),
    SlsOperation("CreateIndex", "POST", "/logstores/{store}/index", create_index),
    SlsOperation("GetIndex", "GET", "/logstores/{store}/index", get_index),
    SlsOperation("UpdateIndex", "PUT", "/logstores/{store}/index", update_index),
    SlsOperation("DeleteIndex", "DELETE", "/logstores/{store}/index", delete_index),
    SlsOperation(
        "PutLogs", "POST", "/logstores/{store}/shards/lb", put_logs, action="PostLogStoreLogs"
    ),
    SlsOperation("GetLogs", "POST", "/logstores/{store}/logs", get_logs, action="GetLogStoreLogs"),
)


def _body(call: SlsCall, known: set[str], ignored: set[str]) -> dict[str, Any]:
    given = call.request.json()
    for name, value in given.items():
        if name not in known and not (name in ignored and value in (None, "", False)):
            raise SlsError("NotSupported", "The fake does not have a parameter of the request.")
    return {name: value for name, value in given.items() if name in known}


def _description(given: Mapping[str, Any]) -> str:
    text = given.get("description") or ""
    if not isinstance(text, str) or len(text) > 64 or re.search(r"[<>'\"\\]", text):
        raise invalid("description", "at most 64 characters without < > ' \" \\")
    return text


def _settings(given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    found = {**base, **{name: value for name, value in given.items() if value is not None}}
    _whole(found, "ttl", 1, 3650)
    _whole(found, "shardCount", 1, 100)
    if found.get("mode") not in (None, "standard", "query"):
        raise invalid("mode", "standard or query")
    if found.get("telemetryType") not in (None, "", "None"):
        raise SlsError("NotSupported", "The fake has no store for metrics.")
    if found.get("autoSplit") and _whole(found, "maxSplitShard", 1, 256) is None:
        raise invalid("maxSplitShard", "1 to 256, required with autoSplit")
    return found


def _whole(given: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid(name, f"{least} to {most}")
    return value


def _index(call: SlsCall) -> dict[str, Any]:
    given = _body(call, _INDEX, set())
    line, keys = given.get("line"), given.get("keys")
    if not line and not keys:
        raise invalid("index", "line or keys is required")
    if line is not None and not (isinstance(line, dict) and isinstance(line.get("token"), list)):
        raise invalid("line", "an object with token")
    if keys is not None and not isinstance(keys, dict):
        raise invalid("keys", "an object")
    return given


def _page(call: SlsCall, found: list[Any], most: int) -> list[Any]:
    query = call.request.query
    numbers = []
    for name, default in (("offset", "0"), ("size", str(most))):
        text = query.get(name) or default
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
            raise invalid(name, "a whole number")
        numbers.append(int(text))
    start, size = numbers
    return found[start : start + min(size, most)]


def _project(call: SlsCall, project: Project) -> dict[str, Any]:
    return {
        "projectName": project.name,
        "description": project.description,
        "owner": call.account_id,
        "region": call.region,
        "status": "Normal",
        "dataRedundancyType": "LRS",
        "createTime": _moment(project.created),
        "lastModifyTime": _moment(project.modified),
    }


def _store(store: Store) -> dict[str, Any]:
    shown = {"autoSplit": False, "enable_tracking": False, "appendMeta": False}
    return {
        "logstoreName": store.name,
        **shown,
        **store.settings,
        "createTime": store.created,
        "lastModifyTime": store.modified,
    }


def _line(line: Line) -> dict[str, str]:
    tags = {f"__tag__:{name}": value for name, value in line.tags.items()}
    head = {"__time__": str(line.time), "__topic__": line.topic, "__source__": line.source}
    return {**head, **tags, **line.contents}


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")

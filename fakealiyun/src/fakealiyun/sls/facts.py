"""What the fake knows about Simple Log Service, and how."""

from __future__ import annotations

from fakealiyun.fact import (
    DOCUMENTED,
    EXPLAINED,
    EXPLICIT,
    GUESSED,
    IDENTITY,
    LEFT,
    WAIT,
    Fact,
)

_SDK = "the official SDK (2020-12-30) and its gateway"
_ERRORS = "Simple Log Service documentation, page of error codes"
_NO_SOURCE = "no source found"

_PROJECTS = ("CreateProject", "GetProject", "UpdateProject", "DeleteProject", "ListProject")
_STORES = (
    "CreateLogStore",
    "GetLogStore",
    "UpdateLogStore",
    "DeleteLogStore",
    "ListLogStores",
)
_INDEXES = ("CreateIndex", "GetIndex", "UpdateIndex", "DeleteIndex")

FACTS = (
    Fact(
        "sls.requests",
        "The project is the first label of the host; methods, paths and members are those of the "
        "SDK.",
        DOCUMENTED,
        _SDK,
        "2026",
        operations=(*_PROJECTS, *_STORES, *_INDEXES, "PutLogs", "GetLogs"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.signature",
        "`LOG <AccessKeyId>:<signature>`, HMAC-SHA1 or HMAC-SHA256 over method, MD5, type, date, "
        "the headers `x-log-` and `x-acs-`, and the resource.",
        DOCUMENTED,
        _SDK,
        "2026",
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.date",
        "`Date` may differ by 15 minutes: RequestTimeExpired.",
        DOCUMENTED,
        _ERRORS,
        "2023-10",
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.unauthorized",
        "Unauthorized (401) is the answer to an unknown AccessKey, to a bad token and to a missing "
        "permission.",
        GUESSED,
        _ERRORS,
        "2023-10",
        no_probe=IDENTITY,
    ),
    Fact(
        "sls.order",
        "API version, signature method, date, AccessKey, signature, token and MD5 are checked in "
        "this order, before the project.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        no_probe=EXPLAINED,
    ),
    Fact(
        "sls.errors",
        "ProjectNotExist and LogStoreNotExist are 404, ProjectAlreadyExist, LogStoreAlreadyExist "
        "and IndexAlreadyExist 400.",
        DOCUMENTED,
        "pages of the operations; tests of the official SDK for Java",
        "2023",
        operations=(
            "CreateProject",
            "GetProject",
            "CreateLogStore",
            "GetLogStore",
            "CreateIndex",
        ),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.index_absent",
        "A query without an index, and GetIndex without one, are IndexConfigNotExist (404).",
        GUESSED,
        _ERRORS,
        "2023-10",
        operations=("GetIndex", "GetLogs"),
        no_probe=LEFT,
    ),
    Fact(
        "sls.names",
        "A project has 3 to 63 lower-case letters, digits and hyphens; a store 2 to 63, and "
        "underscores.",
        DOCUMENTED,
        "the documentation of the SDK; page of CreateProject",
        "2026",
        operations=("CreateProject", "CreateLogStore"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.description",
        "A project's description has at most 64 characters, without quotes and angle brackets.",
        GUESSED,
        "page of CreateProject",
        "2023",
        operations=("CreateProject", "UpdateProject"),
        no_probe=LEFT,
    ),
    Fact(
        "sls.store_settings",
        "ttl is 1 to 3650 days, maxSplitShard 1 to 256; ttl and shardCount are required.",
        DOCUMENTED,
        "the documentation of the SDK",
        "2026",
        operations=("CreateLogStore", "UpdateLogStore"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.delete_project",
        "DeleteProject deletes the stores in it too.",
        GUESSED,
        "page of DeleteProject",
        "2023",
        operations=("DeleteProject",),
        no_probe=LEFT,
    ),
    Fact(
        "sls.put_logs",
        "PutLogs takes a LogGroup in Protocol Buffers of at most 10 MB, plain or with deflate, lz4 "
        "or zstd; x-log-bodyrawsize is its size without compression.",
        DOCUMENTED,
        _SDK,
        "2026",
        operations=("PutLogs",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sls.get_logs",
        "A line is found as soon as it is written, by the time that its writer says. Plain words "
        "must all occur in it.",
        GUESSED,
        "page of the query syntax",
        "2023",
        operations=("GetLogs",),
        no_probe=WAIT,
    ),
    Fact(
        "sls.permission",
        "`log:<operation>` on `acs:log:<region>:<account>:project/<project>`, with "
        "`/logstore/<store>` for stores; PutLogs is PostLogStoreLogs, GetLogs is GetLogStoreLogs.",
        DOCUMENTED,
        "page about RAM authorization",
        "2023",
        no_probe=EXPLICIT,
    ),
)

LIMITS = (
    "The signature SLS4-HMAC-SHA256, SQL and the other parts of the query syntax are refused.",
    "Shards, consumer groups, alerts, dashboards, tags and metrics do not exist.",
    "A store keeps its last 100000 lines, whatever its ttl.",
    "A project's name is unique in this account only.",
    "The API of 2019-10-23 does not exist. With logConfig auto, the deployment tool asks it to "
    "mark the log store (AnalyzeProductLog), and goes on if it is refused.",
)
"""What the fake leaves out or refuses, whatever the real service does."""

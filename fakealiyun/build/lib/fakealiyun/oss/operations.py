"""Selects the operation of a request, and names the permission that it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fakealiyun.oss import (
    acl,
    buckets,
    copying,
    deletion,
    listing,
    multipart,
    objects,
    tagging,
)
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.metadata import OVERRIDES
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.signature_v1 import SUBRESOURCES

#: Parameters that do not select an operation: signatures, and parameters of operations.
_NEUTRAL = frozenset(
    {
        *OVERRIDES,
        "callback",
        "callback-var",
        "continuation-token",
        "security-token",
        "sequential",
        "x-oss-additional-headers",
        "x-oss-credential",
        "x-oss-date",
        "x-oss-expires",
        "x-oss-security-token",
        "x-oss-signature",
        "x-oss-signature-version",
        "x-oss-traffic-limit",
    }
)


@dataclass(frozen=True)
class OssOperation:
    """An operation by its OSS name.

    One of the RAM `actions` must be allowed, and none may be denied. Without actions, the handler
    asks for the permission.
    """

    name: str
    actions: tuple[str, ...]
    handler: Callable[[OssCall], Awaitable[OssAnswer]]


PUT_ACTIONS = ("oss:PutObject",)
# The vendor documents oss:GetObject for both. But the list of operations for VOD's upload
# credentials has HeadObject and GetObjectMeta without GetObject. So a policy may also name the
# operation itself.
_HEAD = ("oss:GetObject", "oss:HeadObject")
_META = ("oss:GetObject", "oss:GetObjectMeta")

_GET_OBJECT_META = OssOperation("GetObjectMeta", _META, objects.get_object_meta)

#: Parameters that select an operation and are not signed by version 1. None of them is faked.
#: Source: the operations of oss-v2 1.4.1.
_UNSIGNED = frozenset(
    """
    MetaQuery accessmonitor action agenticBucket bucketSpace cleanRestoredObject dataPipeline
    deleteVectorIndex deleteVectors getVectorIndex getVectors legalHold listVectorIndexes
    listVectors metadataConfiguration metadataInventoryTable metadataJournalTable namespace
    objectWorm overwriteConfig putVectorIndex putVectorIndexFusion putVectors queryVectors
    queryVectorsFusion quota regions retention rtc seal userDefinedLogFieldsConfig
    """.split()
)

_ON_OBJECTS: dict[tuple[str, frozenset[str]], OssOperation] = {
    ("PUT", frozenset()): OssOperation("PutObject", PUT_ACTIONS, objects.put_object),
    ("PUT", frozenset({copying.SOURCE})): OssOperation(
        "CopyObject", PUT_ACTIONS, copying.copy_object
    ),
    ("PUT", frozenset({"partNumber", "uploadId", copying.SOURCE})): OssOperation(
        "UploadPartCopy", PUT_ACTIONS, copying.upload_part_copy
    ),
    ("GET", frozenset()): OssOperation("GetObject", ("oss:GetObject",), objects.get_object),
    ("HEAD", frozenset()): OssOperation("HeadObject", _HEAD, objects.head_object),
    ("GET", frozenset({"objectMeta"})): _GET_OBJECT_META,
    ("HEAD", frozenset({"objectMeta"})): _GET_OBJECT_META,
    ("DELETE", frozenset()): OssOperation(
        "DeleteObject", ("oss:DeleteObject",), objects.delete_object
    ),
    ("POST", frozenset({"append", "position"})): OssOperation(
        "AppendObject", PUT_ACTIONS, objects.append_object
    ),
    ("POST", frozenset({"uploads"})): OssOperation(
        "InitiateMultipartUpload", PUT_ACTIONS, multipart.initiate_multipart_upload
    ),
    ("PUT", frozenset({"partNumber", "uploadId"})): OssOperation(
        "UploadPart", PUT_ACTIONS, multipart.upload_part
    ),
    ("POST", frozenset({"uploadId"})): OssOperation(
        "CompleteMultipartUpload", PUT_ACTIONS, multipart.complete_multipart_upload
    ),
    ("GET", frozenset({"uploadId"})): OssOperation(
        "ListParts", ("oss:ListParts",), multipart.list_parts
    ),
    ("PUT", frozenset({"tagging"})): OssOperation(
        "PutObjectTagging", ("oss:PutObjectTagging",), tagging.put_object_tagging
    ),
    ("GET", frozenset({"tagging"})): OssOperation(
        "GetObjectTagging", ("oss:GetObjectTagging",), tagging.get_object_tagging
    ),
    ("DELETE", frozenset({"tagging"})): OssOperation(
        "DeleteObjectTagging", ("oss:DeleteObjectTagging",), tagging.delete_object_tagging
    ),
    ("PUT", frozenset({"acl"})): OssOperation(
        "PutObjectAcl", ("oss:PutObjectAcl",), acl.put_object_acl
    ),
    ("GET", frozenset({"acl"})): OssOperation(
        "GetObjectAcl", ("oss:GetObjectAcl",), acl.get_object_acl
    ),
    ("DELETE", frozenset({"uploadId"})): OssOperation(
        "AbortMultipartUpload",
        ("oss:AbortMultipartUpload",),
        multipart.abort_multipart_upload,
    ),
}

LIST_BUCKETS = OssOperation("ListBuckets", ("oss:ListBuckets",), buckets.list_buckets)

_ON_BUCKETS: dict[tuple[str, frozenset[str]], OssOperation] = {
    ("PUT", frozenset()): OssOperation("PutBucket", ("oss:PutBucket",), buckets.put_bucket),
    ("DELETE", frozenset()): OssOperation(
        "DeleteBucket", ("oss:DeleteBucket",), buckets.delete_bucket
    ),
    ("GET", frozenset({"bucketInfo"})): OssOperation(
        "GetBucketInfo", ("oss:GetBucketInfo",), buckets.get_bucket_info
    ),
    ("GET", frozenset({"location"})): OssOperation(
        "GetBucketLocation", ("oss:GetBucketLocation",), buckets.get_bucket_location
    ),
    ("GET", frozenset({"stat"})): OssOperation(
        "GetBucketStat", ("oss:GetBucketStat",), buckets.get_bucket_stat
    ),
    ("PUT", frozenset({"cors"})): OssOperation(
        "PutBucketCors", ("oss:PutBucketCors",), buckets.put_bucket_cors
    ),
    ("GET", frozenset({"cors"})): OssOperation(
        "GetBucketCors", ("oss:GetBucketCors",), buckets.get_bucket_cors
    ),
    ("DELETE", frozenset({"cors"})): OssOperation(
        "DeleteBucketCors", ("oss:DeleteBucketCors",), buckets.delete_bucket_cors
    ),
    ("POST", frozenset({"delete"})): OssOperation(
        "DeleteMultipleObjects", (), deletion.delete_multiple_objects
    ),
    ("GET", frozenset()): OssOperation("ListObjects", ("oss:ListObjects",), listing.list_objects),
    ("GET", frozenset({"acl"})): OssOperation(
        "GetBucketAcl", ("oss:GetBucketAcl",), acl.get_bucket_acl
    ),
    ("GET", frozenset({"uploads"})): OssOperation(
        "ListMultipartUploads", ("oss:ListMultipartUploads",), listing.list_multipart_uploads
    ),
}


def selectable() -> tuple[OssOperation, ...]:
    """Every operation that `select` can return, once each, sorted by name."""
    every = (*_ON_OBJECTS.values(), *_ON_BUCKETS.values(), LIST_BUCKETS)
    by_name = {one.name: one for one in every}
    return tuple(by_name[name] for name in sorted(by_name))


_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


def creates_bucket(head: RequestHead, key: str) -> bool:
    """Whether a request is PutBucket, whose bucket need not exist."""
    return head.method == "PUT" and not key and not _asked(head)


def _asked(head: RequestHead) -> frozenset[str]:
    """The parameters that select an operation."""
    return frozenset(
        name
        for name in head.parameters
        if (name in SUBRESOURCES or name in _UNSIGNED or name.startswith("x-oss-"))
        and name not in _NEUTRAL
    )


def select_on_service(head: RequestHead) -> OssOperation:
    """The operation of a request on the service itself. Raises OssError NotImplemented."""
    if head.method != "GET" or _asked(head):
        raise OssError("NotImplemented", "This operation on the service is not supported here.")
    return LIST_BUCKETS


def select(head: RequestHead, key: str) -> OssOperation:
    """The operation of a request on an object, or on the bucket if `key` is empty.

    Raises OssError MethodNotAllowed. Raises NotImplemented for every sub-resource and combination
    that does not exactly match one of the operations above.
    """
    if head.method not in _METHODS:
        raise OssError("MethodNotAllowed", details={"Method": head.method})
    asked = _asked(head)
    if head.method == "PUT" and key and head.header(copying.SOURCE):
        asked |= {copying.SOURCE}
    table = _ON_OBJECTS if key else _ON_BUCKETS
    operation = table.get((head.method, asked))
    if operation is None:
        level = "an object" if key else "a bucket"
        named = ", ".join(sorted(asked)) or "no sub-resource"
        raise OssError(
            "NotImplemented", f"{head.method} on {level} with {named} is not supported here."
        )
    return operation

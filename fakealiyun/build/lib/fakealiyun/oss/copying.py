"""Copies: an object from an object, and a part of a multipart upload from a range of an object."""

from __future__ import annotations

import asyncio
import re

from fakealiyun.oss import acl, conditions, documents, metadata, tagging
from fakealiyun.oss.address import decode
from fakealiyun.oss.authentication import iso
from fakealiyun.oss.call import MAX_OBJECT, OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile
from fakealiyun.oss.objects import copy_into
from fakealiyun.oss.state import StoredObject

SOURCE = "x-oss-copy-source"
_RANGE = re.compile(r"bytes=(\d{1,19})-(\d{0,19})")
_XML = {"Content-Type": "application/xml"}


async def copy_object(call: OssCall) -> OssAnswer:
    """CopyObject: stores the content of another object, with its metadata and tags or new ones."""
    supported = {SOURCE, acl.HEADER, tagging.HEADER}
    metadata.refuse_unsupported(call.head, supported)
    source = _source(call)
    replace_meta = _replaces(call, "x-oss-metadata-directive")
    replace_tags = _replaces(call, "x-oss-tagging-directive")
    content_type, headers = source.content_type, source.headers
    if replace_meta:
        content_type, headers = metadata.kept(call.head)
    tags = tagging.wanted(call, call.head) if replace_tags else source.tags
    grant = acl.wanted(call, call.head)
    forbid = call.flag("x-oss-forbid-overwrite")
    if forbid and call.storage.get(call.bucket, call.key) is not None:
        raise OssError("FileAlreadyExists")
    with IncomingFile(call.storage.folder) as content:
        await _copy(content, source, 0, source.size)
        stored = call.storage.put(
            call.bucket,
            call.key,
            content,
            content_type=content_type,
            headers=headers,
            forbid_overwrite=forbid,
            tags=tags,
            acl=grant,
        )
    result = {"ETag": f'"{stored.etag}"', "LastModified": iso(stored.last_modified)}
    return OssAnswer(
        headers={
            **_XML,
            **metadata.checksums(stored),
            "x-oss-copied-size": str(stored.size),
            "x-oss-ia-retrieve-flow-type": "0",
        },
        body=documents.render("CopyObjectResult", result),
    )


async def upload_part_copy(call: OssCall) -> OssAnswer:
    """UploadPartCopy: stores an object, or one range of it, as a part."""
    metadata.refuse_unsupported(call.head, {SOURCE})
    number = call.part_number(documents.MAX_PARTS)
    upload = call.upload()
    source = _source(call)
    first, size = _range(call, source)
    with IncomingFile(call.storage.folder) as content:
        await _copy(content, source, first, size)
        part = call.storage.put_part(upload, number, content)
    result = {"LastModified": iso(part.last_modified), "ETag": f'"{part.etag}"'}
    return OssAnswer(
        headers={**_XML, "ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc64)},
        body=documents.render("CopyPartResult", result),
    )


def _source(call: OssCall) -> StoredObject:
    """The object to copy, which the caller must be allowed to read. Raises OssError."""
    raw = (call.head.header(SOURCE) or "").removeprefix("/")
    name, _, version = raw.partition("?")
    if version:
        raise OssError("NotImplemented", "Versions are not supported here.")
    bucket, _, key = decode(name).partition("/")
    if not bucket or not key:
        raise OssError("InvalidArgument", f"{SOURCE} must be /<bucket>/<key>.")
    if call.storage.bucket(bucket) is None:
        raise OssError("NoSuchBucket", details={"BucketName": bucket})
    call.authorize(("oss:GetObject",), bucket, key)
    source = call.storage.get(bucket, key)
    if source is None:
        raise OssError("NoSuchKey", details={"Key": key})
    if source.size > MAX_OBJECT:
        raise OssError("EntityTooLarge", details={"MaxSizeAllowed": str(MAX_OBJECT)})
    conditions.check(call.head, source, prefix=f"{SOURCE}-")
    return source


def _replaces(call: OssCall, name: str) -> bool:
    value = (call.head.header(name) or "COPY").upper()
    if value not in ("COPY", "REPLACE"):
        raise OssError("InvalidArgument", f"{name} must be COPY or REPLACE.")
    return value == "REPLACE"


def _range(call: OssCall, source: StoredObject) -> tuple[int, int]:
    """The first byte to copy, and the number of bytes."""
    raw = call.head.header(f"{SOURCE}-range")
    if raw is None:
        return 0, source.size
    found = _RANGE.fullmatch(raw)
    if found is None:
        raise OssError("InvalidArgument", f"{SOURCE}-range must be bytes=<first>-<last>.")
    first = int(found[1])
    last = int(found[2]) if found[2] else source.size - 1
    if not first <= last < source.size:
        raise OssError("InvalidRange")
    return first, last - first + 1


async def _copy(content: IncomingFile, source: StoredObject, first: int, size: int) -> None:
    try:
        await asyncio.to_thread(copy_into, content, source.path, first, size)
    except FileNotFoundError:
        raise OssError("NoSuchKey", details={"Key": source.key}) from None

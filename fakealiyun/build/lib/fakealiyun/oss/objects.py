"""Operations on whole objects: put, append, get, head, delete."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import HttpVersion11

from fakealiyun.oss import acl, callback, compression, conditions, metadata, tagging, traffic_limit
from fakealiyun.oss.call import MAX_OBJECT, OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile

_CHUNK = 1024 * 1024


async def put_object(call: OssCall) -> OssAnswer:
    """PutObject: stores the body as the object, in one step. It may ask for a callback."""
    metadata.refuse_unsupported(call.head, {*callback.HEADERS, acl.HEADER, tagging.HEADER})
    tags, grant = tagging.wanted(call, call.head), acl.wanted(call, call.head)
    wanted = callback.requested(call.head)
    forbid = call.flag("x-oss-forbid-overwrite")
    content_type, headers = metadata.kept(call.head)
    if forbid and call.storage.get(call.bucket, call.key) is not None:
        raise OssError("FileAlreadyExists")
    with IncomingFile(call.storage.folder) as content:
        await call.receive(content)
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
    if wanted is not None:
        return await call.callbacks.deliver(wanted, call, stored)
    return OssAnswer(
        headers={**metadata.checksums(stored), "Content-MD5": metadata.content_md5(stored.md5)}
    )


async def append_object(call: OssCall) -> OssAnswer:
    """AppendObject: adds the body at the end of an appendable object.

    Each append writes the whole object again. This is correct, but slow for large objects.
    """
    metadata.refuse_unsupported(call.head)
    position = call.number("position", -1, 0, MAX_OBJECT)
    if position < 0:
        raise OssError("MissingArgument", "position is missing.", ec="0016-00000501")
    content_type, headers = metadata.kept(call.head)
    call.storage.check_appendable(call.bucket, call.key, position)
    with IncomingFile(call.storage.folder) as content:
        old = call.storage.get(call.bucket, call.key)
        if old is not None:
            await asyncio.to_thread(copy_into, content, old.path)
        await call.receive(content, MAX_OBJECT - content.size)
        stored = call.storage.append(
            call.bucket,
            call.key,
            position,
            content,
            content_type=content_type,
            headers=headers,
        )
    return OssAnswer(
        headers={
            **metadata.checksums(stored),
            "x-oss-next-append-position": str(stored.size),
        }
    )


async def get_object(call: OssCall) -> OssAnswer:
    """GetObject: the whole content, or one range of it."""
    stored = call.existing()
    conditions.check(call.head, stored)
    headers = metadata.full(stored, call.head.parameters)
    pace = traffic_limit.pace(call.head)
    wanted = conditions.byte_range(call.head, stored.size)
    try:
        file = stored.path.open("rb", buffering=0)
    except FileNotFoundError:
        raise OssError("NoSuchKey", details={"Key": call.key}) from None
    if wanted is None:
        gzip = _is_compressed(call, headers, stored.size)
        return OssAnswer(
            headers=compression.compressed(headers) if gzip else headers,
            file=file,
            length=stored.size,
            pace=pace,
            gzip=gzip,
            server_time=stored.size > 0,
        )
    first, last = wanted
    headers["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    headers.pop("Content-MD5", None)
    return OssAnswer(206, headers, file=file, start=first, length=last - first + 1, pace=pace)


async def head_object(call: OssCall) -> OssAnswer:
    """HeadObject: all headers of the object, without its content."""
    stored = call.existing()
    conditions.check(call.head, stored)
    headers = metadata.full(stored, {})
    if _is_compressed(call, headers, stored.size):
        return OssAnswer(headers=compression.compressed(headers), gzip=True)
    if compression.is_compressible(headers):
        headers["Vary"] = "Accept-Encoding"
    return OssAnswer(headers=headers, length=stored.size)


def _is_compressed(call: OssCall, headers: Mapping[str, str], size: int) -> bool:
    """Whether the answer is compressed. Its length is then unknown, so it needs HTTP/1.1."""
    chunked = call.request.version >= HttpVersion11
    return chunked and compression.is_wanted(call.head, headers, size)


async def get_object_meta(call: OssCall) -> OssAnswer:
    """GetObjectMeta: size, ETag and time. Clients use HEAD; older clients use GET.

    The answer to GET has no body, so only the answer to HEAD has the size.
    """
    stored = call.existing()
    length = stored.size if call.head.method == "HEAD" else None
    return OssAnswer(headers=metadata.brief(stored), length=length)


async def delete_object(call: OssCall) -> OssAnswer:
    """DeleteObject: answers 204, even without an object. Multipart uploads stay."""
    call.storage.delete_object(call.bucket, call.key)
    return OssAnswer(204)


def copy_into(content: IncomingFile, path: Path, first: int = 0, size: int = sys.maxsize) -> None:
    """Append `size` bytes of a file, from `first` on, to `content`; the rest if there are fewer.

    It blocks, so call it in a thread.
    """
    with path.open("rb", buffering=0) as source:
        source.seek(first)
        while size > 0 and (chunk := source.read(min(size, _CHUNK))):
            content.write(chunk)
            size -= len(chunk)

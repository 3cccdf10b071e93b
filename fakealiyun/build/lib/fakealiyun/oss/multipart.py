"""Multipart uploads: initiate, upload parts, list parts, complete, abort."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from itertools import pairwise

from fakealiyun.oss import acl, callback, documents, metadata, tagging
from fakealiyun.oss.authentication import iso
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile
from fakealiyun.oss.objects import copy_into
from fakealiyun.oss.state import MultipartUpload, Part
from fakealiyun.xml import XmlContent

MIN_PART = 100 * 1024  # bytes, of every part but the last
_COMPLETE_EC = "0042-00000203"
"""The EC of NoSuchUpload in the answer to CompleteMultipartUpload (source: recorded answers)."""
#: Elements of ListParts, and the headers of InitiateMultipartUpload that they repeat.
_CLIENT_ENCRYPTION = {
    "ClientEncryptionKey": "x-oss-meta-client-side-encryption-key",
    "ClientEncryptionStart": "x-oss-meta-client-side-encryption-start",
    "ClientEncryptionCekAlg": "x-oss-meta-client-side-encryption-cek-alg",
    "ClientEncryptionWrapAlg": "x-oss-meta-client-side-encryption-wrap-alg",
    "ClientEncryptionDataSize": "x-oss-meta-client-side-encryption-data-size",
    "ClientEncryptionPartSize": "x-oss-meta-client-side-encryption-part-size",
}
_XML = {"Content-Type": "application/xml"}


async def initiate_multipart_upload(call: OssCall) -> OssAnswer:
    """InitiateMultipartUpload: returns a new UploadId each time."""
    metadata.refuse_unsupported(call.head, {acl.HEADER, tagging.HEADER})
    tags, grant = tagging.wanted(call, call.head), acl.wanted(call, call.head)
    encoding = encoding_type(call)
    forbid = call.flag("x-oss-forbid-overwrite")
    content_type, headers = metadata.kept(call.head)
    if forbid and call.storage.get(call.bucket, call.key) is not None:
        raise OssError("FileAlreadyExists", ec="")
    upload = call.storage.start_upload(
        call.bucket,
        call.key,
        content_type=content_type,
        headers=headers,
        forbid_overwrite=forbid,
        tags=tags,
        acl=grant,
    )
    result: dict[str, XmlContent] = {"EncodingType": encoding} if encoding else {}
    result |= {
        "Bucket": call.bucket,
        "Key": documents.encoded(call.key, encoding),
        "UploadId": upload.upload_id,
    }
    return OssAnswer(headers=_XML, body=documents.render("InitiateMultipartUploadResult", result))


async def upload_part(call: OssCall) -> OssAnswer:
    """UploadPart: replaces a part of the same number."""
    metadata.refuse_unsupported(call.head)
    number = call.part_number(documents.MAX_PARTS)
    upload = call.upload()
    with IncomingFile(call.storage.folder) as content:
        await call.receive(content)
        part = call.storage.put_part(upload, number, content)
    return OssAnswer(
        headers={
            "ETag": f'"{part.etag}"',
            "Content-MD5": metadata.content_md5(part.etag),
            "x-oss-hash-crc64ecma": str(part.crc64),
        }
    )


async def list_parts(call: OssCall) -> OssAnswer:
    """ListParts: the uploaded parts, in ascending order of their numbers."""
    encoding = encoding_type(call)
    limit = call.number("max-parts", 1000, 1, 1000)
    marker = call.number("part-number-marker", 0, 0, 2**31)
    upload = call.upload()
    rest = [upload.parts[number] for number in sorted(upload.parts) if number > marker]
    page = rest[:limit]
    result: dict[str, XmlContent] = {"EncodingType": encoding} if encoding else {}
    result |= {
        "Bucket": call.bucket,
        "Key": documents.encoded(call.key, encoding),
        "UploadId": upload.upload_id,
        "StorageClass": "Standard",
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": "true" if len(rest) > limit else "false",
        **_client_encryption(upload),
        "Part": [
            {
                "PartNumber": part.number,
                "LastModified": iso(part.last_modified),
                "ETag": f'"{part.etag}"',
                "Size": part.size,
            }
            for part in page
        ],
    }
    return OssAnswer(headers=_XML, body=documents.render("ListPartsResult", result))


async def complete_multipart_upload(call: OssCall) -> OssAnswer:
    """CompleteMultipartUpload: makes an object from the listed parts, in one step.

    If two calls run at once, one succeeds and the other gets NoSuchUpload. With
    `x-oss-complete-all: yes` the body is empty, and all uploaded parts are used. Without parts the
    object is empty. It may ask for a callback.
    """
    metadata.refuse_unsupported(call.head, callback.HEADERS)
    wanted = callback.requested(call.head)
    encoding = encoding_type(call)
    forbid = call.flag("x-oss-forbid-overwrite")
    call.upload(ec=_COMPLETE_EC)
    body = await call.read_xml()
    complete_all = call.head.header("x-oss-complete-all") == "yes"
    if complete_all and body:
        raise OssError("InvalidArgument", "x-oss-complete-all must have no body.")
    listed = [] if complete_all else documents.parse_complete(body)
    upload = call.upload(ec=_COMPLETE_EC)
    if complete_all:
        listed = [(number, upload.parts[number].etag) for number in sorted(upload.parts)]
    forbid = forbid or upload.forbid_overwrite
    parts = _chosen(upload, listed)
    if forbid and call.storage.get(call.bucket, call.key) is not None:
        raise OssError("FileAlreadyExists", ec="0042-00000214")
    call.storage.reserve_upload(upload, ec=_COMPLETE_EC)
    try:
        with IncomingFile(call.storage.folder) as content:
            await asyncio.to_thread(_assemble, content, parts)
            stored = call.storage.finish_upload(
                upload,
                content,
                etag=multipart_etag([part.etag for part in parts]),
                forbid_overwrite=forbid,
            )
    except BaseException:
        call.storage.release_upload(upload)
        raise
    if wanted is not None:
        return await call.callbacks.deliver(wanted, call, stored)
    result: dict[str, XmlContent] = {"EncodingType": encoding} if encoding else {}
    scheme = "https" if call.head.secure else "http"
    result |= {
        "Location": f"{scheme}://{call.head.host}{call.head.raw_path}",
        "Bucket": call.bucket,
        "Key": documents.encoded(call.key, encoding),
        "ETag": f'"{stored.etag}"',
    }
    return OssAnswer(
        headers={**_XML, **metadata.checksums(stored)},
        body=documents.render("CompleteMultipartUploadResult", result),
    )


async def abort_multipart_upload(call: OssCall) -> OssAnswer:
    """AbortMultipartUpload: removes the parts and answers 204."""
    call.storage.abort(call.upload())
    return OssAnswer(204)


def encoding_type(call: OssCall) -> str | None:
    """`url` or None. Raises OssError InvalidArgument for another `encoding-type`."""
    value = call.parameter("encoding-type")
    if value not in ("", "url"):
        raise OssError("InvalidArgument", "encoding-type must be url.")
    return value or None


def _client_encryption(upload: MultipartUpload) -> dict[str, XmlContent]:
    """What the initiating client said about its own encryption of the parts, by XML element."""
    return {
        element: upload.headers[header]
        for element, header in _CLIENT_ENCRYPTION.items()
        if header in upload.headers
    }


def _chosen(upload: MultipartUpload, listed: Sequence[tuple[int, str]]) -> list[Part]:
    numbers = [number for number, _ in listed]
    if any(not 1 <= number <= documents.MAX_PARTS for number in numbers):
        raise OssError("InvalidArgument", f"PartNumber must be 1 to {documents.MAX_PARTS}.")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise OssError("InvalidPartOrder", details={"UploadId": upload.upload_id})
    parts = []
    for number, etag in listed:
        part = upload.parts.get(number)
        if part is None or part.etag != etag.strip('"').upper():
            raise OssError(
                "InvalidPart",
                details={
                    "ETag": etag.strip('"'),
                    "PartNumber": str(number),
                    "UploadId": upload.upload_id,
                },
            )
        parts.append(part)
    for part in parts[:-1]:
        if part.size < MIN_PART:
            raise OssError(
                "EntityTooSmall",
                details={
                    "ProposedSize": str(part.size),
                    "MinSizeAllowed": str(MIN_PART),
                    "PartNumber": str(part.number),
                    "ETag": part.etag,
                },
            )
    return parts


def _assemble(content: IncomingFile, parts: Sequence[Part]) -> None:
    for part in parts:
        copy_into(content, part.path)


def multipart_etag(part_etags: Sequence[str]) -> str:
    """The ETag of an object from the ETags of its parts, in order.

    It is the MD5 of the text of these ETags (upper-case hexadecimal), not of their bytes. Source:
    recorded answers.
    """
    digest = hashlib.md5("".join(part_etags).encode(), usedforsecurity=False)
    return f"{digest.hexdigest().upper()}-{len(part_etags)}"

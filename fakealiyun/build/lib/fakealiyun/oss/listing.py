"""Lists the objects of a bucket (two versions of the call) and its unfinished uploads."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from fakealiyun.oss import documents
from fakealiyun.oss.authentication import iso
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.multipart import encoding_type
from fakealiyun.oss.state import MultipartUpload, StoredObject
from fakealiyun.xml import XmlContent

_XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True)
class _Page:
    objects: list[StoredObject]
    prefixes: list[str]
    truncated: bool
    last: str


async def list_objects(call: OssCall) -> OssAnswer:
    """ListObjects, and ListObjectsV2 with `list-type=2`."""
    version = call.parameter("list-type")
    if version not in ("", "2"):
        raise OssError("InvalidArgument", "list-type must be 2.")
    encoding = encoding_type(call)
    prefix, delimiter = call.parameter("prefix"), call.parameter("delimiter")
    limit = call.number("max-keys", 100, 1, 1000)
    token = call.parameter("continuation-token")
    marker = call.parameter("marker")
    if version == "2":
        marker = _key_in_token(token) if token else call.parameter("start-after")
    page = _page(call.storage.objects(call.bucket), prefix, delimiter, marker, limit)
    result: dict[str, XmlContent] = {
        "Name": call.bucket,
        "Prefix": documents.encoded(prefix, encoding),
    }
    if version == "2":
        if call.parameter("start-after"):
            result["StartAfter"] = documents.encoded(call.parameter("start-after"), encoding)
        if token:
            result["ContinuationToken"] = token
    else:
        result["Marker"] = documents.encoded(marker, encoding)
    result |= {"MaxKeys": limit, "Delimiter": documents.encoded(delimiter, encoding)}
    if encoding:
        result["EncodingType"] = encoding
    result["IsTruncated"] = "true" if page.truncated else "false"
    if page.truncated and version == "2":
        result["NextContinuationToken"] = base64.b64encode(page.last.encode()).decode()
    elif page.truncated:
        result["NextMarker"] = documents.encoded(page.last, encoding)
    with_owner = version == "" or call.parameter("fetch-owner") == "true"
    owner = {"ID": call.account_id, "DisplayName": call.account_id}
    result["Contents"] = [
        {
            "Key": documents.encoded(item.key, encoding),
            "LastModified": iso(item.last_modified),
            "ETag": f'"{item.etag}"',
            "Type": item.object_type,
            "Size": item.size,
            "StorageClass": "Standard",
            **({"Owner": owner} if with_owner else {}),
        }
        for item in page.objects
    ]
    result["CommonPrefixes"] = [{"Prefix": documents.encoded(p, encoding)} for p in page.prefixes]
    if version == "2":
        result["KeyCount"] = len(page.objects) + len(page.prefixes)
    return OssAnswer(headers=_XML, body=documents.render("ListBucketResult", result))


async def list_multipart_uploads(call: OssCall) -> OssAnswer:
    """ListMultipartUploads, sorted by key, then by UploadId. `delimiter` groups keys into folders.

    `upload-id-marker` means UploadIds after it, of the key in `key-marker`.
    """
    encoding = encoding_type(call)
    limit = call.number("max-uploads", 1000, 1, 1000)
    prefix, delimiter = call.parameter("prefix"), call.parameter("delimiter")
    key_marker, id_marker = call.parameter("key-marker"), call.parameter("upload-id-marker")
    page: list[MultipartUpload] = []
    prefixes: list[str] = []
    truncated, last = False, ("", "")
    for upload in call.storage.uploads(call.bucket):
        if not upload.key.startswith(prefix):
            continue
        group = _group(upload.key, prefix, delimiter)
        if group:
            if group.encode() <= key_marker.encode() or prefixes[-1:] == [group]:
                continue
        elif not _is_after(upload, key_marker, id_marker):
            continue
        if len(page) + len(prefixes) == limit:
            truncated = True
            break
        if group:
            prefixes.append(group)
        else:
            page.append(upload)
        last = (group, "") if group else (upload.key, upload.upload_id)
    result: dict[str, XmlContent] = {"EncodingType": encoding} if encoding else {}
    result |= {
        "Bucket": call.bucket,
        "KeyMarker": documents.encoded(key_marker, encoding),
        "UploadIdMarker": id_marker,
        "NextKeyMarker": documents.encoded(last[0], encoding),
        "NextUploadIdMarker": last[1],
        "Delimiter": documents.encoded(delimiter, encoding),
        "Prefix": documents.encoded(prefix, encoding),
        "MaxUploads": limit,
        "IsTruncated": "true" if truncated else "false",
        "Upload": [
            {
                "Key": documents.encoded(upload.key, encoding),
                "UploadId": upload.upload_id,
                "StorageClass": "Standard",
                "Initiated": iso(upload.initiated),
            }
            for upload in page
        ],
        "CommonPrefixes": [{"Prefix": documents.encoded(one, encoding)} for one in prefixes],
    }
    return OssAnswer(headers=_XML, body=documents.render("ListMultipartUploadsResult", result))


def _is_after(upload: MultipartUpload, key_marker: str, id_marker: str) -> bool:
    if upload.key == key_marker:
        return bool(id_marker) and upload.upload_id > id_marker
    return upload.key.encode() > key_marker.encode()


def _page(
    objects: Iterable[StoredObject], prefix: str, delimiter: str, marker: str, limit: int
) -> _Page:
    page = _Page([], [], False, "")
    last = ""
    for item in objects:
        if not item.key.startswith(prefix):
            continue
        group = _group(item.key, prefix, delimiter)
        entry = group or item.key
        if entry.encode() <= marker.encode() or (group and page.prefixes[-1:] == [group]):
            continue
        if len(page.objects) + len(page.prefixes) == limit:
            return _Page(page.objects, page.prefixes, True, last)
        if group:
            page.prefixes.append(group)
        else:
            page.objects.append(item)
        last = entry
    return page


def _group(key: str, prefix: str, delimiter: str) -> str:
    if not delimiter:
        return ""
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + delimiter if found else ""


def _key_in_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        raise OssError("InvalidArgument", "continuation-token is not from this service.") from None

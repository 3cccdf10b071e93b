"""The headers of an object: which are stored, which are refused, and which are returned."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping

from fakealiyun.clock import http_date
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import StoredObject

DEFAULT_TYPE = "application/octet-stream"
_KEPT = ("cache-control", "content-disposition", "content-encoding", "expires")
_META = "x-oss-meta-"
_MAX_META = 8192  # bytes, names and values together
_PLAIN = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]*")
#: Types with code that a browser runs in the origin of the page.
_ACTIVE = re.compile(
    r"\s*(text/html|application/xhtml\+xml|image/svg\+xml|text/xml|application/xml)"
)

#: Request headers of features that this fake or an operation does not have, with the values that
#: change nothing. They are refused, because the answer would be wrong if they were ignored.
_REFUSED: Mapping[str, tuple[str, ...]] = {
    "x-oss-callback": (),
    "x-oss-callback-var": (),
    "x-oss-complete-all": ("yes",),
    "x-oss-copy-source": (),
    "x-oss-hash-ctx": (),
    "x-oss-object-acl": ("default", "private"),
    "x-oss-process": (),
    "x-oss-server-side-data-encryption": (),
    "x-oss-server-side-encryption": (),
    "x-oss-server-side-encryption-key-id": (),
    "x-oss-storage-class": ("Standard",),
    "x-oss-symlink-target": (),
    "x-oss-tagging": (),
}

#: Query parameters that set headers of the answer. The signature covers them.
OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


def refuse_unsupported(head: RequestHead, supported: Collection[str] = ()) -> None:
    """Raises OssError NotImplemented, with the name of a header that is not in `supported`."""
    for name, value in head.headers:
        harmless = _REFUSED.get(name)
        if harmless is None or name in supported:
            continue
        if value and value not in harmless:
            raise OssError(
                "NotImplemented",
                f"The header {name} is not supported here.",
                details={"Header": name},
            )


def kept(head: RequestHead) -> tuple[str, dict[str, str]]:
    """The content type and the headers to store with an object, by lower-case name.

    Raises OssError InvalidArgument for control characters, bytes that are not UTF-8, or more than
    8 KB of `x-oss-meta-*`.
    """
    found = {name: value for name, value in head.headers if name in _KEPT or name.startswith(_META)}
    content_type = head.header("content-type") or DEFAULT_TYPE
    for name, value in {**found, "content-type": content_type}.items():
        if not _PLAIN.fullmatch(value):
            raise OssError("InvalidArgument", f"The header {name} holds characters not allowed.")
    meta = sum(len(n) + len(v.encode()) for n, v in found.items() if n.startswith(_META))
    if meta > _MAX_META:
        raise OssError("InvalidArgument", f"x-oss-meta-* exceed {_MAX_META} bytes.")
    return content_type, found


def checksums(stored: StoredObject) -> dict[str, str]:
    """ETag and CRC-64. Every answer about an object has them."""
    return {"ETag": f'"{stored.etag}"', "x-oss-hash-crc64ecma": str(stored.crc64)}


def content_md5(md5: str) -> str:
    """A hexadecimal MD5 in the form of the Content-MD5 header."""
    return base64.b64encode(bytes.fromhex(md5)).decode()


def brief(stored: StoredObject) -> dict[str, str]:
    """The headers of GetObjectMeta."""
    return {
        **checksums(stored),
        "Last-Modified": http_date(stored.last_modified),
        "x-oss-object-type": stored.object_type,
    }


def full(stored: StoredObject, overrides: Mapping[str, str]) -> dict[str, str]:
    """The headers of GetObject and HeadObject. `overrides` are the query's response-* parameters.

    Raises OssError InvalidArgument for an override that is not valid in a header.
    """
    headers = {
        **brief(stored),
        "Content-Type": stored.content_type,
        "Accept-Ranges": "bytes",
        "x-oss-storage-class": "Standard",
        **{name.title() if name in _KEPT else name: v for name, v in stored.headers.items()},
    }
    if stored.object_type == "Normal":
        headers["Content-MD5"] = content_md5(stored.md5)
    if stored.object_type == "Appendable":
        headers["x-oss-next-append-position"] = str(stored.size)
    if stored.tags:
        headers["x-oss-tagging-count"] = str(len(stored.tags))
    for name, header in OVERRIDES.items():
        value = overrides.get(name)
        if value:
            if not _PLAIN.fullmatch(value):
                raise OssError("InvalidArgument", f"{name} holds characters not allowed.")
            headers[header] = value
    if _ACTIVE.match(headers["Content-Type"].lower()):
        # As OSS does on its default domains: an uploaded page must not run in their origin.
        headers["Content-Disposition"] = "attachment"
        headers["x-oss-force-download"] = "true"
    return headers

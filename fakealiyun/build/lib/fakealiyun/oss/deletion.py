"""DeleteMultipleObjects: up to 1000 objects in one call."""

from __future__ import annotations

from fakealiyun.oss import documents
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.multipart import encoding_type
from fakealiyun.xml import XmlContent

MAX_KEYS = 1000
_ACTION = ("oss:DeleteObject",)


async def delete_multiple_objects(call: OssCall) -> OssAnswer:
    """DeleteMultipleObjects: deletes all listed objects, or none if one may not be deleted.

    With `Quiet` the answer is empty.
    """
    encoding = encoding_type(call)
    keys, quiet = _parse(await call.read_xml())
    for key in keys:
        call.authorize(_ACTION, call.bucket, key)
    for key in keys:
        call.storage.delete_object(call.bucket, key)
    if quiet:
        return OssAnswer()
    result: dict[str, XmlContent] = {"EncodingType": encoding} if encoding else {}
    result["Deleted"] = [{"Key": documents.encoded(key, encoding)} for key in keys]
    headers = {"Content-Type": "application/xml"}
    return OssAnswer(headers=headers, body=documents.render("DeleteResult", result))


def _parse(body: bytes) -> tuple[list[str], bool]:
    root = documents.read(body, "Delete")
    quiet = [child.text.strip().lower() for child in root.children if child.name == "Quiet"]
    objects = [
        documents.fields(child, "Object") for child in root.children if child.name != "Quiet"
    ]
    if len(quiet) > 1 or (quiet and quiet[0] not in ("true", "false")):
        raise OssError("MalformedXML")
    if not 1 <= len(objects) <= MAX_KEYS or any(not found.get("Key") for found in objects):
        raise OssError("MalformedXML")
    if any(set(found) != {"Key"} for found in objects):
        raise OssError("NotImplemented", "Versions are not supported here.")
    return [found["Key"] for found in objects], quiet == ["true"]

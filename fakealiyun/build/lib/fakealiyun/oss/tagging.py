"""Object tags: from `x-oss-tagging` or from XML, and the operations that read and change them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from fakealiyun.oss import documents
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import Tags
from fakealiyun.xml import Element

HEADER = "x-oss-tagging"
_MAX_TAGS = 10
_KEY = re.compile(r"[\w +\-=.:/]{1,128}")
_VALUE = re.compile(r"[\w +\-=.:/]{0,256}")
_XML = {"Content-Type": "application/xml"}


def wanted(call: OssCall, head: RequestHead) -> Tags:
    """The tags in the header of a request, which needs the permission oss:PutObjectTagging.

    Raises OssError AccessDenied, InvalidTag.
    """
    value = head.header(HEADER)
    if not value:
        return ()
    call.authorize(("oss:PutObjectTagging",), call.bucket, call.key)
    pairs = (piece.partition("=") for piece in value.split("&"))
    return _checked((unquote_plus(name), unquote_plus(text)) for name, _, text in pairs)


async def put_object_tagging(call: OssCall) -> OssAnswer:
    """PutObjectTagging: replaces all tags of the object."""
    stored = call.existing()
    tags = _parse(await call.read_xml())
    call.storage.change(stored, tags=tags)
    return OssAnswer()


async def get_object_tagging(call: OssCall) -> OssAnswer:
    """GetObjectTagging: the tags in the order in which they were set."""
    tags = [{"Key": name, "Value": value} for name, value in call.existing().tags]
    return OssAnswer(headers=_XML, body=documents.render("Tagging", {"TagSet": {"Tag": tags}}))


async def delete_object_tagging(call: OssCall) -> OssAnswer:
    """DeleteObjectTagging: removes all tags and answers 204."""
    call.storage.change(call.existing(), tags=())
    return OssAnswer(204)


def _parse(body: bytes) -> Tags:
    root = documents.read(body, "Tagging")
    if [child.name for child in root.children] != ["TagSet"]:
        raise OssError("MalformedXML")
    return _checked(_pair(tag) for tag in documents.children(root.children[0], "TagSet"))


def _pair(tag: Element) -> tuple[str, str]:
    fields = documents.fields(tag, "Tag")
    if set(fields) != {"Key", "Value"}:
        raise OssError("MalformedXML")
    return fields["Key"], fields["Value"]


def _checked(pairs: Iterable[tuple[str, str]]) -> Tags:
    tags = tuple(pairs)
    names = {name for name, _ in tags}
    if len(tags) > _MAX_TAGS or len(names) != len(tags):
        raise OssError("InvalidTag", f"An object has at most {_MAX_TAGS} tags of different keys.")
    for name, value in tags:
        if not (_KEY.fullmatch(name) and _VALUE.fullmatch(value)):
            raise OssError("InvalidTag", details={"TagKey": name, "TagValue": value})
    return tags

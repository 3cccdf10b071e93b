"""Access control lists. Everything here is private: no bucket and no object can become public."""

from __future__ import annotations

from fakealiyun.oss import documents
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead
from fakealiyun.xml import XmlContent

HEADER = "x-oss-object-acl"
DEFAULT = "default"
_OFFERED = (DEFAULT, "private")
_XML = {"Content-Type": "application/xml"}


def wanted(call: OssCall, head: RequestHead) -> str:
    """The ACL in the header of an upload, which needs the permission oss:PutObjectAcl.

    Raises OssError AccessDenied, and NotImplemented for a public ACL.
    """
    if not head.header(HEADER):
        return DEFAULT
    call.authorize(("oss:PutObjectAcl",), call.bucket, call.key)
    return _offered(head)


async def put_object_acl(call: OssCall) -> OssAnswer:
    """PutObjectAcl: `private` or `default`, which are the same here. Public ACLs are refused."""
    stored = call.existing()
    if not call.head.header(HEADER):
        raise OssError("MissingArgument", "x-oss-object-acl is missing.")
    call.storage.change(stored, acl=_offered(call.head))
    return OssAnswer()


async def get_object_acl(call: OssCall) -> OssAnswer:
    """GetObjectAcl: the ACL that was set, or `default`."""
    return _answer(call, call.existing().acl)


async def get_bucket_acl(call: OssCall) -> OssAnswer:
    """GetBucketAcl: always `private`."""
    return _answer(call, "private")


def _offered(head: RequestHead) -> str:
    acl = head.header(HEADER) or DEFAULT
    if acl not in _OFFERED:
        raise OssError(
            "NotImplemented",
            f"The header {HEADER} is not supported here with this value.",
            details={"Header": HEADER},
        )
    return acl


def _answer(call: OssCall, grant: str) -> OssAnswer:
    content: dict[str, XmlContent] = {
        "Owner": {"ID": call.account_id, "DisplayName": call.account_id},
        "AccessControlList": {"Grant": grant},
    }
    return OssAnswer(headers=_XML, body=documents.render("AccessControlPolicy", content))

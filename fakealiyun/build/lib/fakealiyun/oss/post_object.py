"""PostObject: an upload from an HTML form, which contains a signed policy."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from fakealiyun.identity import Credential
from fakealiyun.oss import (
    acl,
    callback,
    documents,
    metadata,
    signature_v1,
    signature_v4,
    tagging,
    traffic_limit,
)
from fakealiyun.oss.authentication import OssAuthenticator
from fakealiyun.oss.call import BROKEN, MAX_OBJECT, OssAnswer, OssCall
from fakealiyun.oss.claim import parse_scope
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.incoming_file import IncomingFile
from fakealiyun.oss.post_policy import PostPolicy, parse_policy
from fakealiyun.xml import XmlContent

_MAX_FIELDS = 100
_MAX_FIELD = 64 * 1024  # bytes
_CHUNK = 256 * 1024
#: Errors that aiohttp raises for a form that is not well-formed.
_MALFORMED = (ValueError, AssertionError, RuntimeError, web.HTTPException)


@dataclass(frozen=True)
class PostForm:
    """The fields before the file, by lower-case name, and the file, which is not read yet."""

    fields: Mapping[str, str] = field(repr=False)
    file: BodyPartReader = field(repr=False)
    key: str

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


def is_form(request: web.Request) -> bool:
    """Whether a request is a form upload, whose signature is in the form."""
    return request.method == "POST" and request.content_type == "multipart/form-data"


async def read_form(request: web.Request, bucket: str) -> PostForm:
    """Read the fields before the file, which must be the last field.

    Raises OssError MalformedPOSTRequest.
    """
    fields: dict[str, str] = {"bucket": bucket}
    try:
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            name = (part.name or "").lower()
            if name == "file":
                fields.setdefault("content-type", part.headers.get("Content-Type", ""))
                key = fields.get("key", "").replace("${filename}", part.filename or "")
                return PostForm({**fields, "key": key}, part, key)
            if not name or name in fields or len(fields) > _MAX_FIELDS:
                raise OssError("MalformedPOSTRequest", "A field has no name or occurs twice.")
            fields[name] = await _value(part)
    except (*BROKEN, *_MALFORMED):
        raise OssError("MalformedPOSTRequest") from None
    raise OssError("MalformedPOSTRequest", "The form has no file, or it is not the last field.")


def authenticate(
    form: PostForm, authenticator: OssAuthenticator, region: str
) -> tuple[Credential, PostPolicy]:
    """The credential that signed the policy, and the policy.

    Raises OssError like OssAuthenticator, and AccessDenied for a form without a policy.
    """
    policy = form["policy"]
    if not policy:
        raise OssError("AccessDenied", "Anonymous upload is not allowed.")
    access_key_id, signature, expected = _claim(form, authenticator, region)
    credential = authenticator.find(access_key_id)
    authenticator.check_token(credential, form["x-oss-security-token"] or None)
    ours = expected(credential.access_key_secret, policy).encode()
    if not hmac.compare_digest(ours, signature.encode("utf-8", "surrogateescape")):
        raise OssError(
            "SignatureDoesNotMatch",
            details={
                "OSSAccessKeyId": access_key_id,
                "SignatureProvided": signature,
                "StringToSign": policy,
            },
        )
    return credential, parse_policy(policy)


async def post_object(call: OssCall, form: PostForm, policy: PostPolicy) -> OssAnswer:
    """Store the file under the key in the form. Signature and permission are checked already."""
    policy.check(form.fields, call.clock.wall())
    if form["success_action_redirect"]:
        raise OssError("NotImplemented", "success_action_redirect is not supported here.")
    wanted = None
    if form["callback"]:
        wanted = callback.parse(form["callback"], callback.form_variables(form.fields))
    head = replace(call.head, headers=tuple(form.fields.items()))
    metadata.refuse_unsupported(head, {acl.HEADER, tagging.HEADER})
    tags, grant = tagging.wanted(call, head), acl.wanted(call, head)
    content_type, headers = metadata.kept(head)
    forbid = form["x-oss-forbid-overwrite"].lower() == "true"
    with IncomingFile(call.storage.folder) as content:
        await _receive(form.file, content, policy, traffic_limit.pace(head))
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
    answer = metadata.checksums(stored)
    if form["success_action_status"] != "201":
        return OssAnswer(200 if form["success_action_status"] == "200" else 204, answer)
    base = f"{'https' if call.head.secure else 'http'}://{call.head.host}"
    result: dict[str, XmlContent] = {
        "Bucket": call.bucket,
        "Location": f"{base}{call.head.raw_path.rstrip('/')}/{quote(call.key, safe='/~')}",
        "Key": call.key,
        "ETag": f'"{stored.etag}"',
    }
    answer["Content-Type"] = "application/xml"
    return OssAnswer(201, answer, documents.render("PostResponse", result))


async def _value(part: BodyPartReader) -> str:
    value = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        value += chunk
        if len(value) > _MAX_FIELD:
            raise OssError("MalformedPOSTRequest", f"A field exceeds {_MAX_FIELD} bytes.")
    return value.decode("utf-8")


async def _receive(
    file: BodyPartReader,
    content: IncomingFile,
    policy: PostPolicy,
    pace: traffic_limit.Pace | None,
) -> None:
    largest = MAX_OBJECT if policy.largest is None else min(policy.largest, MAX_OBJECT)
    while chunk := await _next_chunk(file):
        if content.size + len(chunk) > largest:
            raise OssError("EntityTooLarge", details={"MaxSizeAllowed": str(largest)})
        content.write(chunk)
        if pace is not None:
            await pace.passed(len(chunk))
    if not file.at_eof():
        raise OssError("IncompleteBody")
    if content.size < policy.smallest:
        raise OssError("EntityTooSmall", ec="", details={"MinSizeAllowed": str(policy.smallest)})


async def _next_chunk(file: BodyPartReader) -> bytes:
    try:
        return await file.read_chunk(_CHUNK)
    except _MALFORMED:
        raise OssError("MalformedPOSTRequest") from None
    except BROKEN:
        raise OssError("IncompleteBody") from None


def _claim(
    form: PostForm, authenticator: OssAuthenticator, region: str
) -> tuple[str, str, Callable[[str, str], str]]:
    if not form["x-oss-signature-version"]:
        return (
            form["ossaccesskeyid"],
            form["signature"],
            lambda secret, policy: signature_v1.signature(secret, policy.encode()),
        )
    if form["x-oss-signature-version"] != signature_v4.ALGORITHM:
        raise OssError("InvalidArgument", "x-oss-signature-version must be OSS4-HMAC-SHA256.")
    date_time = form["x-oss-date"]
    access_key_id, signed_at = parse_scope(form["x-oss-credential"], date_time, region)
    authenticator.check_skew(signed_at)
    return (
        access_key_id,
        form["x-oss-signature"],
        lambda secret, policy: signature_v4.signature(
            secret, date_time[:8], region, policy.encode()
        ),
    )

"""Signs the requests of probes, by the vendor's descriptions.

It shares no code with the services of the fake: a mistake in one of them must show.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import formatdate
from urllib.parse import quote

MNS_VERSION = "2015-06-06"
_OSS_SUBRESOURCES = frozenset(
    {
        "append",
        "delete",
        "objectMeta",
        "partNumber",
        "position",
        "sequential",
        "uploadId",
        "uploads",
    }
)


@dataclass(frozen=True)
class Key:
    """An AccessKey, with its token if it is temporary."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def _escape(text: str) -> str:
    return quote(text, safe="-_.~")


def iso_now(offset: float = 0.0) -> str:
    """The time in the form of OpenAPI, `offset` seconds from now."""
    moment = datetime.now(timezone.utc).timestamp() + offset
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def query_text(query: Mapping[str, str]) -> str:
    """A query in canonical form: sorted, and escaped by RFC 3986."""
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in sorted(query.items()))


def acs3(
    key: Key,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request that is signed with ACS3-HMAC-SHA256. `headers` are signed too."""
    digest = hashlib.sha256(body).hexdigest()
    signed = {
        "host": host,
        "accept": "application/json",
        "x-acs-date": iso_now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": digest,
        **(headers or {}),
    }
    if key.token is not None:
        signed["x-acs-accesskey-id"] = key.access_key_id
        signed["x-acs-security-token"] = key.token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join([method, path, query_text(query), lines, names, digest])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key.secret.encode(), text.encode(), "sha256").hexdigest()
    signed["Authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={key.access_key_id},SignedHeaders={names},"
        f"Signature={signature}"
    )
    del signed["host"]
    return signed


def rpc(key: Key, method: str, parameters: Mapping[str, str], without: str = "") -> dict[str, str]:
    """The parameters of a request in the RPC style, with HMAC-SHA1. Given ones replace ours.

    `without` names a parameter that is left out.
    """
    whole = {
        "Format": "JSON",
        "AccessKeyId": key.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": iso_now(),
        **({} if key.token is None else {"SecurityToken": key.token}),
        **parameters,
    }
    whole.pop(without, None)
    text = f"{method}&%2F&{_escape(query_text(whole))}"
    digest = hmac.new(f"{key.secret}&".encode(), text.encode(), "sha1").digest()
    return {**whole, "Signature": base64.b64encode(digest).decode()}


def oss_v1(
    key: Key,
    method: str,
    bucket: str,
    name: str,
    query: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request to OSS that is signed with version 1. `name` is the object."""
    sent = {"date": formatdate(usegmt=True), **(headers or {})}
    if key.token is not None:
        sent["x-oss-security-token"] = key.token
    lines = [method, sent.get("content-md5", ""), sent.get("content-type", ""), sent["date"]]
    lines += [f"{header}:{sent[header]}" for header in sorted(sent) if header.startswith("x-oss-")]
    selected = sorted((n, v) for n, v in query.items() if n in _OSS_SUBRESOURCES)
    resource = f"/{bucket}/{name}" if bucket else "/"
    if selected:
        resource += "?" + "&".join(f"{n}={v}" if v else n for n, v in selected)
    text = "\n".join([*lines, resource])
    digest = hmac.new(key.secret.encode(), text.encode(), "sha1").digest()
    sent["Authorization"] = f"OSS {key.access_key_id}:{base64.b64encode(digest).decode()}"
    return sent


def mns(
    key: Key, method: str, target: str, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers of a request to SMQ. `target` is path and query. An empty value is not sent."""
    given = {
        "date": formatdate(usegmt=True),
        "x-mns-version": MNS_VERSION,
        "content-type": "text/xml;charset=UTF-8",
        **(headers or {}),
    }
    sent = {name: value for name, value in given.items() if value}
    lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent) if name[:6] == "x-mns-")
    text = "\n".join(
        [
            method,
            sent.get("content-md5", ""),
            sent.get("content-type", ""),
            sent.get("date", ""),
            lines + target,
        ]
    )
    digest = hmac.new(key.secret.encode(), text.encode(), "sha1").digest()
    sent["Authorization"] = f"MNS {key.access_key_id}:{base64.b64encode(digest).decode()}"
    if key.token is not None:
        sent["security-token"] = key.token
    return sent

"""Reads who signed a request, when and how. Nothing is verified here.

Authorization: OSS <AK>:<signature>                           ClaimV1
Authorization: OSS4-HMAC-SHA256 Credential=..,Signature=..    ClaimV4
?OSSAccessKeyId=&Expires=&Signature=                          ClaimV1, until `expires_at`
?x-oss-signature-version=&x-oss-credential=&...               ClaimV4, until `expires_at`
"""

from __future__ import annotations

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache

from fakealiyun.oss import signature_v1, signature_v4
from fakealiyun.oss.address import Address
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.request import RequestHead

_RFC1123 = "%a, %d %b %Y %H:%M:%S GMT"
_ISO_BASIC = "%Y%m%dT%H%M%SZ"
#: oss2 reads at most 4096 bytes of an error. With the bytes of a token it could not parse it.
_LONGEST_IN_BYTES = 512
_MAX_V4_URL_LIFE = 604800  # seconds
_V1_URL = ("OSSAccessKeyId", "Expires", "Signature")
_V4_URL = (
    "x-oss-signature-version",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-expires",
    "x-oss-signature",
)


@dataclass(frozen=True)
class Claim(ABC):
    """The signer and the time that a request names.

    `signed_at` is in epoch seconds by the client's clock, and None for a V1 URL, which does not
    have it. `expires_at` is in epoch seconds, and None unless the claim is a signed URL. `token` is
    the SecurityToken in the request, if any.
    """

    head: RequestHead = field(repr=False)
    access_key_id: str
    signature: str = field(repr=False)
    token: str | None = field(repr=False)
    signed_at: float | None
    expires_at: float | None

    @abstractmethod
    def expected(self, secret: str, address: Address) -> str:
        """The signature that `secret` gives for `address`."""

    @abstractmethod
    def explanation(self, address: Address) -> Mapping[str, str]:
        """What the server signed, for the answer to a wrong signature. Never log it."""

    def holds(self, secret: str, address: Address) -> bool:
        """Whether `secret` gives this signature for `address`. Compares in constant time."""
        theirs = self.signature.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(self.expected(secret, address).encode(), theirs)


@dataclass(frozen=True, repr=False)
class ClaimV1(Claim):
    """A V1 signature. `date` is the text that was signed as the date."""

    date: str

    def _message(self, address: Address) -> bytes:
        return signature_v1.string_to_sign(
            self.head.method,
            address.bucket,
            address.key,
            date=self.date,
            headers=self.head.headers,
            query=self.head.query,
        )

    def expected(self, secret: str, address: Address) -> str:
        return signature_v1.signature(secret, self._message(address))

    def explanation(self, address: Address) -> Mapping[str, str]:
        return _explain(self, self._message(address))


@dataclass(frozen=True, repr=False)
class ClaimV4(Claim):
    """A V4 signature with its scope. `additional` are the names of additional signed headers.

    `date_time` is the text that was signed as the date, `day` its day as `yyyymmdd`.
    """

    date_time: str
    day: str
    region: str
    additional: tuple[str, ...]

    def _canonical(self, address: Address) -> bytes:
        query = ((n, v) for n, v in self.head.query if n != "x-oss-signature")
        return signature_v4.canonical_request(
            self.head.method,
            address.bucket,
            address.key,
            headers=self.head.headers,
            query=query,
            additional=self.additional,
        )

    def _message(self, address: Address) -> bytes:
        canonical = self._canonical(address)
        return signature_v4.string_to_sign(self.date_time, self.region, canonical, self.day)

    def expected(self, secret: str, address: Address) -> str:
        message = self._message(address)
        return signature_v4.signature(secret, self.day, self.region, message)

    def explanation(self, address: Address) -> Mapping[str, str]:
        canonical = self._canonical(address).decode("utf-8", "replace")
        return {**_explain(self, self._message(address)), "CanonicalRequest": canonical}


def read_claim(head: RequestHead, region: str) -> Claim | None:
    """The claim of a request; None for an anonymous request.

    V4 scopes must name `region`, the region of this service. Raises OssError InvalidArgument or
    AccessDenied for a claim that is not well-formed, or for more than one claim.
    """
    authorization = head.header("authorization")
    v1_url = any(name in head.parameters for name in _V1_URL)
    v4_url = any(name in head.parameters for name in _V4_URL)
    if (authorization is not None) + v1_url + v4_url > 1:
        raise OssError("InvalidArgument", "Only one way of authentication may be used.")
    if v1_url:
        return _v1_url(head)
    if v4_url:
        return _v4_url(head, region)
    if authorization is None:
        return None
    scheme, _, rest = authorization.partition(" ")
    if scheme == "OSS":
        return _v1_header(head, rest)
    if scheme == signature_v4.ALGORITHM:
        return _v4_header(head, rest, region)
    raise OssError("InvalidArgument", "The Authorization header names no known signature version.")


def _v1_header(head: RequestHead, rest: str) -> ClaimV1:
    access_key_id, colon, signature = rest.strip().partition(":")
    if not (access_key_id and colon and signature):
        raise OssError("InvalidArgument", "The Authorization header must be OSS <AK>:<Signature>.")
    # oss-v2 in V1 mode sends the token in the header `security-token`, which V1 does not sign.
    # Whether the real service accepts it there is not known. It is not accepted here.
    date = head.header("x-oss-date") or head.header("date") or ""
    signed_at = _parse(date, _RFC1123)
    if signed_at is None:
        raise OssError("AccessDenied", "OSS authentication requires a valid Date.", ec="")
    return ClaimV1(
        head=head,
        access_key_id=access_key_id,
        signature=signature,
        token=head.header("x-oss-security-token"),
        signed_at=signed_at,
        expires_at=None,
        date=date,
    )


def _v1_url(head: RequestHead) -> ClaimV1:
    access_key_id, expires, signature = (_required(head, name) for name in _V1_URL)
    if not re.fullmatch("[0-9]{1,12}", expires):
        raise OssError("AccessDenied", "Expires must be a time in seconds since 1970.", ec="")
    return ClaimV1(
        head=head,
        access_key_id=access_key_id,
        signature=signature,
        token=head.parameters.get("security-token") or head.header("x-oss-security-token"),
        signed_at=None,
        expires_at=float(expires),
        date=expires,
    )


def _v4_header(head: RequestHead, rest: str, region: str) -> ClaimV4:
    fields: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, value = piece.strip().partition("=")
        if name not in ("Credential", "AdditionalHeaders", "Signature") or name in fields:
            raise OssError("InvalidArgument", "The Authorization header is not well-formed.")
        fields[name] = value
        if not (equals and value):
            raise OssError("InvalidArgument", f"{name} in the Authorization header is empty.")
    if not {"Credential", "Signature"} <= set(fields):
        raise OssError("InvalidArgument", "The Authorization header is not well-formed.")
    if head.header("x-oss-content-sha256") != signature_v4.UNSIGNED_PAYLOAD:
        raise OssError("InvalidArgument", "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.")
    date_time, day, signed_at = _v4_date(head)
    access_key_id, scope_region = _split_scope(fields["Credential"], day)
    if scope_region != region:
        raise OssError(
            "InvalidArgument",
            "Invalid signing region in Authorization header.",
            ec="0002-00000226",
        )
    return ClaimV4(
        head=head,
        access_key_id=access_key_id,
        signature=fields["Signature"],
        token=head.header("x-oss-security-token"),
        signed_at=signed_at,
        expires_at=None,
        date_time=date_time,
        day=day,
        region=region,
        additional=_additional(head, fields.get("AdditionalHeaders", "")),
    )


def _v4_url(head: RequestHead, region: str) -> ClaimV4:
    version, credential, date_time, expires, signature = (_required(head, n) for n in _V4_URL)
    if version != signature_v4.ALGORITHM:
        raise OssError("InvalidArgument", "x-oss-signature-version must be OSS4-HMAC-SHA256.")
    if not re.fullmatch("[0-9]{1,6}", expires) or not 1 <= int(expires) <= _MAX_V4_URL_LIFE:
        raise OssError("InvalidArgument", "x-oss-expires must be 1 to 604800 seconds.")
    access_key_id, signed_at = parse_scope(credential, date_time, region)
    token = head.parameters.get("x-oss-security-token") or head.header("x-oss-security-token")
    return ClaimV4(
        head=head,
        access_key_id=access_key_id,
        signature=signature,
        token=token,
        signed_at=signed_at,
        expires_at=signed_at + int(expires),
        date_time=date_time,
        day=date_time[:8],
        region=region,
        additional=_additional(head, head.parameters.get("x-oss-additional-headers", "")),
    )


def parse_scope(credential: str, date_time: str, region: str) -> tuple[str, float]:
    """AccessKeyId and signing time (epoch seconds) of a V4 credential and its x-oss-date.

    Raises OssError InvalidArgument unless the scope has the day of that date and `region`.
    """
    signed_at = _parse(date_time, _ISO_BASIC)
    if signed_at is None:
        raise OssError("InvalidArgument", "x-oss-date must be like 20261124T080000Z.")
    access_key_id, scope_region = _split_scope(credential, date_time[:8])
    if scope_region != region:
        raise OssError("InvalidArgument", "The signing region in credential is invalid.")
    return access_key_id, signed_at


def _v4_date(head: RequestHead) -> tuple[str, str, float]:
    """The signed date of a V4 header: its text, its day (`yyyymmdd`), and epoch seconds.

    It is x-oss-date, or Date if x-oss-date is absent: the official Go SDK 3.0.2 signs the text of
    Date. Raises OssError InvalidArgument.
    """
    date_time, date = head.header("x-oss-date"), head.header("date")
    if date_time is None and date is not None:
        signed_at = _parse(date, _RFC1123)
        if signed_at is not None:
            day = datetime.fromtimestamp(signed_at, timezone.utc).strftime("%Y%m%d")
            return date, day, signed_at
    signed_at = _parse(date_time or "", _ISO_BASIC)
    if date_time is None or signed_at is None:
        raise OssError("InvalidArgument", "x-oss-date must be like 20261124T080000Z.")
    return date_time, date_time[:8], signed_at


def _split_scope(credential: str, day: str) -> tuple[str, str]:
    """AccessKeyId and region of a V4 credential, whose scope must have this day."""
    access_key_id, *scope = credential.split("/")
    if len(scope) != 4 or not access_key_id:
        raise OssError("InvalidArgument", "The credential is not well-formed.")
    if (scope[0], *scope[2:]) != (day, "oss", "aliyun_v4_request"):
        raise OssError(
            "InvalidArgument",
            f"The credential's scope must be {day}/{scope[1]}/oss/aliyun_v4_request.",
        )
    return access_key_id, scope[1]


def _additional(head: RequestHead, listed: str) -> tuple[str, ...]:
    names = sorted({name.strip().lower() for name in listed.split(";")} - {""})
    if any(head.header(name) is None for name in names):
        raise OssError("InvalidArgument", "AdditionalHeaders names a header that was not sent.")
    return tuple(names)


def _required(head: RequestHead, name: str) -> str:
    value = head.parameters.get(name)
    if not value:
        raise OssError("AccessDenied", f"The signed URL lacks {name}.", ec="")
    return value


@lru_cache(maxsize=64)  # clients sign many requests in one second
def _parse(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


def _explain(claim: Claim, message: bytes) -> dict[str, str]:
    explained = {
        "OSSAccessKeyId": claim.access_key_id,
        "SignatureProvided": claim.signature,
        "StringToSign": message.decode("utf-8", "replace"),
    }
    if len(message) <= _LONGEST_IN_BYTES:
        explained["StringToSignBytes"] = " ".join(f"{byte:02X}" for byte in message)
    return explained

"""Reads the protocol fields of a request, in either of the two signature schemes."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fakealiyun.openapi import acs3, errors, rpc
from fakealiyun.openapi.wire import RawRequest, encode, parameters_of

Scheme = Literal["acs3", "rpc"]
Format = Literal["JSON", "XML"]

_PROTOCOL = frozenset(
    {
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "SignatureType",
        "Timestamp",
        "Signature",
        "SecurityToken",
        "RegionId",
    }
)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{3})?Z", re.ASCII)
_NONCE = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True)
class Target:
    """The operation that a request calls, and the format of the answer. Nothing is verified yet."""

    scheme: Scheme
    action: str
    version: str
    format: Format
    parameters: Mapping[str, str] = field(repr=False)
    """All parameters of the query and the form."""

    @property
    def has_security_token(self) -> bool:
        """Whether an RPC request has a SecurityToken, like those of web clients in STS mode."""
        return self.scheme == "rpc" and bool(self.parameters.get("SecurityToken"))

    @property
    def is_anonymous(self) -> bool:
        """Whether an RPC request has no AccessKey."""
        return self.scheme == "rpc" and not self.parameters.get("AccessKeyId")


@dataclass(frozen=True)
class Envelope:
    """The AccessKey that a request names, and what is needed to verify the request."""

    access_key_id: str
    nonce: str
    timestamp: float | None
    """Epoch seconds. None if a web client sent no `Timestamp`."""
    security_token: str | None = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    """The parameters of the operation."""
    is_signed_with: Callable[[str], bool] = field(repr=False)
    """Whether the signature was made with this secret. Runs in constant time."""
    echo: str = field(repr=False)
    """The string to sign, without secrets, so that an error may show it."""


def identify(request: RawRequest) -> Target:
    """The scheme, the operation and the format of the answer. Raises ApiError."""
    parameters = parameters_of(request)
    authorization = request.header("Authorization")
    if authorization is None:
        form = parameters.get("Format") or "XML"  # the documented default of RPC
        if form.upper() not in ("JSON", "XML"):
            raise errors.invalid("Format", "JSON or XML")
        return Target(
            "rpc",
            parameters.get("Action", ""),
            parameters.get("Version", ""),
            "JSON" if form.upper() == "JSON" else "XML",
            parameters,
        )
    if "Signature" in parameters:
        raise errors.incomplete_signature("both an Authorization header and a Signature")
    return Target(
        "acs3",
        request.header("x-acs-action") or "",
        request.header("x-acs-version") or "",
        "JSON",
        parameters,
    )


def open_envelope(request: RawRequest, target: Target, *, web: bool) -> Envelope:
    """Read the other protocol fields. Raises ApiError, which names a missing or malformed field.

    `web`: whether web clients may call the operation without `Timestamp`, with a SecurityToken.
    """
    return (
        _open_acs3(request, target)
        if target.scheme == "acs3"
        else _open_rpc(request, target, web=web)
    )


def _open_acs3(request: RawRequest, target: Target) -> Envelope:
    authorization = acs3.parse_authorization(request.header("Authorization") or "")
    for header, name in (
        ("x-acs-date", "Timestamp"),
        ("x-acs-signature-nonce", "SignatureNonce"),
        ("x-acs-content-sha256", "ContentSha256"),
    ):
        if not request.header(header):
            raise errors.missing(name)
    acs3.check_signed_headers(request, authorization.signed_headers)
    named = request.header("x-acs-accesskey-id")
    if named is not None and named != authorization.access_key_id:
        raise errors.incomplete_signature("x-acs-accesskey-id differs from Credential")
    message = acs3.string_to_sign(acs3.canonical_request(request, authorization.signed_headers))

    def is_signed_with(secret: str) -> bool:
        right_body = acs3.payload_hash_matches(request)
        return acs3.matches(acs3.sign(secret, message), authorization.signature) and right_body

    return Envelope(
        access_key_id=authorization.access_key_id,
        nonce=_nonce(request.header("x-acs-signature-nonce") or ""),
        timestamp=time_of(request.header("x-acs-date") or ""),
        security_token=request.header("x-acs-security-token"),
        parameters=target.parameters,
        is_signed_with=is_signed_with,
        echo=message,
    )


def _open_rpc(request: RawRequest, target: Target, *, web: bool) -> Envelope:
    given = target.parameters
    untimed = web and target.has_security_token and "Timestamp" not in given
    required = ["AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce"]
    for name in [*required, *([] if untimed else ["Timestamp"]), "Signature"]:
        if not given.get(name):
            raise errors.missing(name)
    if given["SignatureMethod"].upper() != rpc.METHOD or given.get("SignatureType"):
        raise errors.incomplete_signature(f"SignatureMethod must be {rpc.METHOD}")
    if given["SignatureVersion"] != rpc.VERSION:
        raise errors.incomplete_signature(f"SignatureVersion must be {rpc.VERSION}")
    messages = [rpc.string_to_sign(request.method, given)]
    if untimed and "RegionId" in given:
        # With a custom VOD server, the web player adds RegionId to the URL after signing.
        unsigned = {name: value for name, value in given.items() if name != "RegionId"}
        messages.append(rpc.string_to_sign(request.method, unsigned))
    token = given.get("SecurityToken") or None
    echo = messages[0]
    for name in ("SecurityToken", "AuthInfo", "AuthKey"):
        if given.get(name):
            echo = echo.replace(encode(encode(given[name])), "***")

    def is_signed_with(secret: str) -> bool:
        signatures = [rpc.sign(secret, message) for message in messages]
        return True in [rpc.matches(one, given["Signature"]) for one in signatures]

    return Envelope(
        access_key_id=given["AccessKeyId"],
        nonce=_nonce(given["SignatureNonce"]),
        timestamp=None if untimed else time_of(given["Timestamp"]),
        security_token=token,
        parameters={name: v for name, v in given.items() if name not in _PROTOCOL},
        is_signed_with=is_signed_with,
        echo=echo,
    )


def _nonce(text: str) -> str:
    if not _NONCE.fullmatch(text):
        raise errors.invalid("SignatureNonce", "1 to 256 printable ASCII characters")
    return text


def time_of(text: str) -> float:
    """Epoch seconds of `yyyy-MM-ddTHH:mm:ssZ`, with or without milliseconds. Raises ApiError.

    Only the form without them is documented. The official clients for Node (`ali-oss`, `sts-sdk`)
    always send milliseconds, and the real gateway accepts them.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise errors.time_stamp_format()
    try:
        seconds = calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S"))
        return seconds + float(found[2] or 0)
    except (ValueError, OverflowError):
        raise errors.time_stamp_format() from None

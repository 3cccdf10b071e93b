"""The signature of the current SDKs: ACS3-HMAC-SHA256, also called V3."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from fakealiyun.openapi import errors
from fakealiyun.openapi.wire import RawRequest, canonical_query, parse

ALGORITHM = "ACS3-HMAC-SHA256"
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Authorization:
    """The parts of the Authorization header."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)


def parse_authorization(value: str) -> Authorization:
    """Read `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`. Raises ApiError."""
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise errors.incomplete_signature(f"the algorithm must be {ALGORITHM}")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, mark, content = part.strip().partition("=")
        if not mark or name in fields:
            raise errors.incomplete_signature("Authorization is not well formed")
        fields[name] = content
    if fields.keys() != {"Credential", "SignedHeaders", "Signature"} or not all(fields.values()):
        raise errors.incomplete_signature(
            "Authorization must have Credential, SignedHeaders and Signature"
        )
    names = tuple(fields["SignedHeaders"].split(";"))
    if list(names) != sorted(set(names)) or not all(_HEADER_NAME.fullmatch(n) for n in names):
        raise errors.incomplete_signature(
            "SignedHeaders must be lower-case names, sorted, each once"
        )
    return Authorization(fields["Credential"], names, fields["Signature"])


def check_signed_headers(request: RawRequest, signed: tuple[str, ...]) -> None:
    """Raise ApiError unless `host` and every `x-acs-*` header of the request is signed.

    The documentation requires it for all common headers. What the real gateway does with an
    unsigned header is not known, so the fake refuses it.
    """
    required = {"host"} | {
        name.lower() for name in request.headers if name.lower().startswith("x-acs-")
    }
    if not required <= set(signed):
        raise errors.incomplete_signature("host and every x-acs-* header must be signed")
    if not all(name in request.headers for name in signed):
        raise errors.incomplete_signature("a signed header is not in the request")


def payload_hash_matches(request: RawRequest) -> bool:
    """Whether `x-acs-content-sha256` is the hash of the body."""
    claimed = request.header("x-acs-content-sha256") or ""
    return hmac.compare_digest(
        claimed.encode("utf-8", "surrogateescape"),
        hashlib.sha256(request.body).hexdigest().encode(),
    )


def canonical_request(request: RawRequest, signed: tuple[str, ...]) -> str:
    """The canonical request as documented, made from the decoded query."""
    headers = "".join(
        f"{name}:{','.join(sorted(v.strip() for v in request.headers.getall(name, [])))}\n"
        for name in signed
    )
    return "\n".join(
        (
            request.method,
            request.path or "/",
            canonical_query(parse(request.query)),
            headers,
            ";".join(signed),
            request.header("x-acs-content-sha256") or "",
        )
    )


def string_to_sign(canonical: str) -> str:
    """The string to sign: the algorithm and the hash of the canonical request."""
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{ALGORITHM}\n{digest}"


def sign(secret: str, message: str) -> str:
    """The signature: HMAC-SHA256 with the secret, in lower-case hex."""
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def matches(expected: str, given: str) -> bool:
    """Compare in constant time. A signature that is not lower-case hex never matches."""
    return bool(_HEX.fullmatch(given)) and hmac.compare_digest(expected, given)

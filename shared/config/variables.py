"""Every environment variable a function may read: its unit, its default, what may stand there.

Parsers raise ValueError without the value, which may be a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.config.jwk import parse_key_set

REGIONS = frozenset(
    {
        "cn-shanghai",
        "cn-beijing",
        "cn-shenzhen",
        "cn-hongkong",
        "ap-southeast-1",
        "ap-southeast-5",
        "ap-northeast-1",
        "us-west-1",
        "eu-central-1",
        "me-central-1",
    }
)
"""Regions where VOD is. The SDK maps some others silently to a host elsewhere."""

WATCH_JOBS = frozenset({"expiring", "abandoned", "completed"})
"""What the watch can look after."""

SCOPES = frozenset({"vod:upload", "vod:refresh", "vod:play", "vod:sts"})


PREFIX = "VODPASS_"


@dataclass(frozen=True)
class OwnerKey:
    """A key of the owner's mark: ``key_id`` (2 characters) and at least 32 secret bytes."""

    key_id: str
    secret: bytes = field(repr=False)


NONE = "none"
"""For issuer or audience: tokens carry none, which only a key made for vodpass alone allows."""


@dataclass(frozen=True)
class Variable:
    """One variable: the attribute it sets, how it is read, and what may stand there."""

    attribute: str
    parse: Callable[[str], Any]
    allowed: str
    required: bool = False


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def parse(raw: str) -> str:
        if not compiled.fullmatch(raw):
            raise ValueError
        return raw

    return parse


def _one_of(choices: frozenset[str]) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError
        return raw

    return parse


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", raw) or not low <= int(raw) <= high:
            raise ValueError
        return int(raw)

    return parse


def _scopes(raw: str) -> frozenset[str]:
    scopes = frozenset(raw.split())
    if not scopes or not scopes <= SCOPES - {"vod:sts"}:
        raise ValueError
    return scopes


def _owner_keys(raw: str) -> tuple[OwnerKey, ...]:
    keys = []
    for item in raw.split(","):
        key_id, _, encoded = item.strip().partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError from None
        if not re.fullmatch(r"[a-z0-9]{2}", key_id) or len(secret) < 32:
            raise ValueError
        keys.append(OwnerKey(key_id, secret))
    if len({key.key_id for key in keys}) != len(keys):
        raise ValueError
    return tuple(keys)


def _callback_keys(raw: str) -> tuple[str, ...]:
    keys = tuple(item.strip() for item in raw.split(","))
    for key in keys:
        # VOD's own rule for an AuthKey, and long enough not to be guessed.
        mixed = all(re.search(kind, key) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if not re.fullmatch(r"[A-Za-z0-9]{16,32}", key) or not mixed:
            raise ValueError
    if not 1 <= len(keys) <= 2:
        raise ValueError
    return keys


def _callback_url(raw: str) -> str:
    secret = re.search(r"/[A-Za-z0-9_-]{22,}$", raw)
    if not _WEB_URL.fullmatch(raw) or len(raw) > 256 or "?" in raw or secret is None:
        raise ValueError
    return raw


def _webhook_secrets(raw: str) -> tuple[bytes, ...]:
    secrets = []
    for item in raw.split(","):
        try:
            secret = base64.b64decode(item.strip().removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError from None
        if not 24 <= len(secret) <= 64:
            raise ValueError
        secrets.append(secret)
    if not 1 <= len(secrets) <= 2:
        raise ValueError
    return tuple(secrets)


def _watch(raw: str) -> frozenset[str]:
    if raw == NONE:
        return frozenset()
    jobs = frozenset(item.strip() for item in raw.split(","))
    if not jobs <= WATCH_JOBS:
        raise ValueError
    return jobs


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# What a browser can send: one that it never sends would allow nothing, without a word.
_ORIGIN = re.compile(
    rf"null|http://({_HOST}|\[[0-9a-f:.]+\])(:(?!80$){_PORT})?"
    rf"|https://({_HOST}|\[[0-9a-f:.]+\])(:(?!443$){_PORT})?"
    r"|(?!https?:)[a-z][a-z0-9+.-]*://[\x21-\x7e]+"
)


def _origins(raw: str) -> frozenset[str]:
    origins = [item.strip() for item in raw.split(",")]
    for origin in origins:
        host = origin.partition("://")[2]
        if not _ORIGIN.fullmatch(origin) or any(mark in host for mark in "/?#@*"):
            raise ValueError
    return frozenset(origins)


def _flag(raw: str) -> bool:
    if raw not in ("0", "1"):
        raise ValueError
    return raw == "1"


_PATH = r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
_LOOPBACK_HOST = rf"(127\.0\.0\.1|localhost|\[::1\]):{_PORT}"
_LOOPBACK = _matching(_LOOPBACK_HOST)
_WEB_URL = re.compile(rf"https://{_HOST}(:{_PORT})?{_PATH}|http://{_LOOPBACK_HOST}{_PATH}")
_web_url = _matching(_WEB_URL.pattern)
_ROLE = _matching(r"acs:ram::[0-9]{5,20}:role/[A-Za-z0-9.-]{1,64}")
_ROLE_ALLOWED = "a role's ARN, such as acs:ram::1234567890123456:role/vodpass-client-play"
_TEXT = _matching(r"[\x21-\x7e]{1,256}")
_CLAIM = _matching(r"[\x21-\x7e]{1,128}")
_CLAIM_ALLOWED = "a claim's name, or a JSON pointer to it such as /app_metadata/vod"
_VOD_ID = _matching(r"[0-9A-Za-z]{1,64}")

VARIABLES: Mapping[str, Variable] = {
    "VODPASS_REGION": Variable(
        "region", _one_of(REGIONS), f"one of {', '.join(sorted(REGIONS))}", required=True
    ),
    "VODPASS_JWT_KEYS": Variable(
        "jwt_keys",
        parse_key_set,
        "a JWKS (JSON): each key with kid and alg (HS256 of 32 bytes or more, RS256 of 2048 bits"
        " or more, ES256, EdDSA), no two kid alike, public parts only",
    ),
    "VODPASS_JWT_JWKS_URL": Variable(
        "jwt_jwks_url", _web_url, "an https URL, without user information or fragment"
    ),
    "VODPASS_JWT_ISSUER": Variable(
        "jwt_issuer", _TEXT, "the iss of accepted tokens, or the word none", required=True
    ),
    "VODPASS_JWT_AUDIENCE": Variable(
        "jwt_audience", _TEXT, "the aud of accepted tokens, or the word none", required=True
    ),
    "VODPASS_JWT_MAX_LIFE": Variable(
        "jwt_max_life", _number(60, 2_592_000), "seconds from 60 to 2592000 (default 86400)"
    ),
    "VODPASS_JWT_SUBJECT_CLAIM": Variable("jwt_subject_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_JWT_SCOPE_CLAIM": Variable("jwt_scope_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_JWT_VOD_CLAIM": Variable("jwt_vod_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_DEFAULT_SCOPES": Variable(
        "default_scopes", _scopes, "scopes separated by blanks: vod:upload vod:refresh vod:play"
    ),
    "VODPASS_ISSUER_ALIAS": Variable(
        "issuer_alias",
        _matching(r"[a-z0-9-]{1,32}"),
        "1 to 32 of a-z, 0-9 and - (never to be changed while videos live)",
        required=True,
    ),
    "VODPASS_OWNER_KEYS": Variable(
        "owner_keys",
        _owner_keys,
        "id:base64 pairs separated by commas: an id is 2 of a-z and 0-9, a key 32 bytes or more",
        required=True,
    ),
    "VODPASS_CORS_ORIGINS": Variable(
        "cors_origins",
        _origins,
        "origins separated by commas, such as https://app.example.com, each as a browser sends it:"
        " in lower case, without a default port or a slash",
    ),
    "VODPASS_UPLOAD_WINDOW": Variable(
        "upload_window", _number(3000, 2_592_000), "seconds from 3000 to 2592000 (default 86400)"
    ),
    "VODPASS_MAX_FILE_SIZE": Variable(
        "max_file_size",
        _number(1, 48_800_000_000_000),
        "bytes from 1 to 48800000000000 (the default)",
    ),
    "VODPASS_PLAY_MAX_TIMEOUT": Variable(
        "play_max_timeout", _number(100, 3000), "seconds from 100 to 3000 (the default)"
    ),
    "VODPASS_TEMPLATE_GROUP_ID": Variable("template_group_id", _VOD_ID, "a TemplateGroupId"),
    "VODPASS_WORKFLOW_ID": Variable("workflow_id", _VOD_ID, "a WorkflowId"),
    "VODPASS_STORAGE_LOCATION": Variable(
        "storage_location", _matching(r"[a-z0-9.-]{3,128}"), "a StorageLocation (a bucket's host)"
    ),
    "VODPASS_APP_ID": Variable("app_id", _matching(r"[0-9A-Za-z-]{1,64}"), "an AppId"),
    "VODPASS_CATE_ID": Variable("cate_id", _number(0, 10**15 - 1), "a CateId, an integer"),
    "VODPASS_STS_UPLOAD_ROLE": Variable("sts_upload_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_STS_PLAY_ROLE": Variable("sts_play_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_STS_OSS_ROLE": Variable("sts_oss_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_OSS_BUCKET": Variable(
        "oss_bucket", _matching(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"), "an OSS bucket's name"
    ),
    "VODPASS_OSS_PREFIX": Variable(
        "oss_prefix",
        _matching(r"([a-z0-9_-]{1,32}/){1,4}"),
        "a key prefix that ends in a slash, of a-z, 0-9, _ and -, such as uploads/",
    ),
    "VODPASS_CALLBACK_URL": Variable(
        "callback_url",
        _callback_url,
        "the https URL set as VOD's CallbackURL, whose path ends in a segment of 22 random"
        " characters or more; at most 256 bytes, without a query",
        required=True,
    ),
    "VODPASS_CALLBACK_KEYS": Variable(
        "callback_keys",
        _callback_keys,
        "VOD's AuthKey, or two separated by a comma during a rotation: 16 to 32 letters and"
        " digits, with upper case, lower case and digits",
        required=True,
    ),
    "VODPASS_WEBHOOK_URL": Variable(
        "webhook_url", _web_url, "the https URL of the app's receiver", required=True
    ),
    "VODPASS_WEBHOOK_SECRETS": Variable(
        "webhook_secrets",
        _webhook_secrets,
        "a secret (base64 of 24 to 64 bytes, perhaps after whsec_), or two separated by a comma",
        required=True,
    ),
    "VODPASS_WEBHOOK_PRIVATE": Variable(
        "webhook_private", _flag, "1 to allow receivers at private addresses, else unset"
    ),
    "VODPASS_CREDENTIAL_WEBHOOK_URL": Variable(
        "credential_webhook_url", _web_url, "the https URL that new credentials are sent to"
    ),
    "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": Variable(
        "credential_webhook_secrets",
        _webhook_secrets,
        "a secret (base64 of 24 to 64 bytes, perhaps after whsec_), or two separated by a comma",
    ),
    "VODPASS_WATCH": Variable(
        "watch",
        _watch,
        f"some of {', '.join(sorted(WATCH_JOBS))}, separated by commas, or the word none"
        " (default: expiring,abandoned)",
    ),
    "VODPASS_WATCH_QUEUE": Variable(
        "watch_queue",
        _matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,119}"),
        "the name of the watch's queue: 1 to 120 letters, digits and hyphens",
    ),
    "VODPASS_CLEANUP": Variable(
        "cleanup",
        _one_of(frozenset({"off", "dry-run", "delete"})),
        "off, dry-run (the default) or delete",
    ),
    "VODPASS_LOCAL": Variable("local", _flag, "1 on a developer's machine, else unset"),
    "VODPASS_VOD_ENDPOINT": Variable(
        "vod_endpoint", _LOOPBACK, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
    "VODPASS_STS_ENDPOINT": Variable(
        "sts_endpoint", _LOOPBACK, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
    "VODPASS_MNS_ENDPOINT": Variable(
        "mns_endpoint", _LOOPBACK, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
}

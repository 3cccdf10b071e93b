"""Every environment variable that a function may read: its parser, default and rule."""

from __future__ import annotations

from collections.abc import Mapping

from shared.config import parsers
from shared.config.jwk import parse_key_set
from shared.config.parsers import Variable
from shared.config.vod_variables import VOD_VARIABLES

PREFIX = "VODPASS_"

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
"""The regions that offer VOD. For some others the SDK silently uses a host in another region."""


LONGEST_UPLOAD_WINDOW = 2_592_000  # seconds

_ROLE = parsers.matching(r"acs:ram::[0-9]{5,20}:role/[A-Za-z0-9.-]{1,64}")
_ROLE_ALLOWED = "a role's ARN, such as acs:ram::1234567890123456:role/vodpass-client-play"
_TEXT = parsers.matching(r"[\x21-\x7e]{1,256}")
_CLAIM = parsers.matching(r"[\x21-\x7e]{1,128}")
_CLAIM_ALLOWED = "a claim's name, or a JSON pointer to it such as /app_metadata/vod"

VARIABLES: Mapping[str, Variable] = {
    "VODPASS_REGION": Variable(
        "region", parsers.one_of(REGIONS), f"one of {', '.join(sorted(REGIONS))}", required=True
    ),
    "VODPASS_JWT_KEYS": Variable(
        "jwt_keys",
        parse_key_set,
        "a JWKS (JSON): each key with alg (HS256, HS384 or HS512 of 32, 48 or 64 bytes or more;"
        " RS256 to RS512 or PS256 to PS512 of 2048 bits or more; ES256, ES384, ES512, EdDSA) and"
        " kid, which a single key may omit; no two kid alike, no private parts",
    ),
    "VODPASS_JWT_JWKS_URL": Variable(
        "jwt_jwks_url", parsers.web_url, "an https URL, without user information or fragment"
    ),
    "VODPASS_JWT_ISSUER": Variable(
        "jwt_issuer", _TEXT, "the iss of accepted tokens, or the word none", required=True
    ),
    "VODPASS_JWT_AUDIENCE": Variable(
        "jwt_audience", _TEXT, "the aud of accepted tokens, or the word none", required=True
    ),
    "VODPASS_JWT_MAX_LIFE": Variable(
        "jwt_max_life", parsers.number(60, 2_592_000), "seconds from 60 to 2592000 (default 86400)"
    ),
    "VODPASS_JWT_SUBJECT_CLAIM": Variable("jwt_subject_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_JWT_SCOPE_CLAIM": Variable("jwt_scope_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_JWT_VOD_CLAIM": Variable("jwt_vod_claim", _CLAIM, _CLAIM_ALLOWED),
    "VODPASS_DEFAULT_SCOPES": Variable(
        "default_scopes",
        parsers.scopes,
        "scopes separated by blanks: vod:upload vod:refresh vod:play",
    ),
    "VODPASS_ISSUER_ALIAS": Variable(
        "issuer_alias",
        parsers.matching(r"[a-z0-9-]{1,32}"),
        "1 to 32 of a-z, 0-9 and - (never change it while videos exist)",
        required=True,
    ),
    "VODPASS_OWNER_KEYS": Variable(
        "owner_keys",
        parsers.owner_keys,
        "id:base64 pairs separated by commas: an id is 2 of a-z and 0-9, a key 32 bytes or more",
        required=True,
    ),
    "VODPASS_CORS_ORIGINS": Variable(
        "cors_origins",
        parsers.origins,
        "origins separated by commas, such as https://app.example.com, each as a browser sends it:"
        " in lower case, without a default port or a slash",
    ),
    "VODPASS_UPLOAD_WINDOW": Variable(
        "upload_window",
        parsers.number(3000, LONGEST_UPLOAD_WINDOW),
        "seconds from 3000 to 2592000 (default 86400)",
    ),
    "VODPASS_MAX_FILE_SIZE": Variable(
        "max_file_size",
        parsers.number(1, 48_800_000_000_000),
        "bytes from 1 to 48800000000000 (the default)",
    ),
    "VODPASS_TITLE_UNIT": Variable(
        "title_unit",
        parsers.one_of(frozenset({"bytes", "characters"})),
        "bytes (the default) or characters: what 128 of a Title count",
    ),
    **VOD_VARIABLES,
    "VODPASS_STS_UPLOAD_ROLE": Variable("sts_upload_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_STS_PLAY_ROLE": Variable("sts_play_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_STS_OSS_ROLE": Variable("sts_oss_role", _ROLE, _ROLE_ALLOWED),
    "VODPASS_OSS_BUCKET": Variable(
        "oss_bucket", parsers.matching(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"), "an OSS bucket's name"
    ),
    "VODPASS_OSS_PREFIX": Variable(
        "oss_prefix",
        parsers.matching(r"([a-z0-9_-]{1,32}/){1,4}"),
        "a key prefix that ends in a slash, of a-z, 0-9, _ and -, such as uploads/",
    ),
    "VODPASS_LIMITS": Variable(
        "limits",
        parsers.limits,
        "a JSON object with some of uploads_per_minute, uploads_per_day, open_uploads,"
        " refreshes_per_minute, refreshes_per_video, plays_per_minute, sts_per_hour, each an"
        " integer from 1 to 1000000",
    ),
    "VODPASS_LIMITS_URL": Variable(
        "limits_url",
        parsers.store_url,
        "rediss://[user:password@]host[:port][/database], or redis:// at a private address;"
        " special characters percent-encoded",
    ),
    "VODPASS_LIMITS_AWAY": Variable(
        "limits_away",
        parsers.one_of(frozenset({"count", "refuse"})),
        "count (the default) or refuse: what a function does while the store does not answer",
    ),
    "VODPASS_LIMITS_BUDGET": Variable(
        "limits_budget", parsers.number(10, 5000), "milliseconds from 10 to 5000 (default 50)"
    ),
    "VODPASS_CALLBACK_URL": Variable(
        "callback_url",
        parsers.callback_url,
        "the https URL set as VOD's CallbackURL, whose path ends in a segment of 22 random"
        " characters or more; at most 256 bytes, without a query",
        required=True,
    ),
    "VODPASS_CALLBACK_KEYS": Variable(
        "callback_keys",
        parsers.callback_keys,
        "VOD's AuthKey, or two separated by a comma during a rotation: 16 to 32 letters and"
        " digits, with upper case, lower case and digits",
        required=True,
    ),
    "VODPASS_CALLBACK_SIGNED_URLS": Variable(
        "callback_signed_urls",
        parsers.listed(parsers.matching(r"https?://[\x21-\x7e]{1,248}"), separator=" ", most=3),
        "1 to 3 URLs separated by blanks, each as VOD signs it, of at most 256 bytes",
    ),
    "VODPASS_WEBHOOK_URL": Variable(
        "webhook_url", parsers.web_url, "the https URL of the app's receiver", required=True
    ),
    "VODPASS_WEBHOOK_SECRETS": Variable(
        "webhook_secrets",
        parsers.webhook_secrets,
        "a secret (base64 of 24 to 64 bytes, optionally after whsec_), or two separated by a comma",
        required=True,
    ),
    "VODPASS_WEBHOOK_PRIVATE": Variable(
        "webhook_private", parsers.flag, "1 to allow receivers at private addresses, else unset"
    ),
    "VODPASS_CREDENTIAL_WEBHOOK_URL": Variable(
        "credential_webhook_url", parsers.web_url, "the https URL that receives renewed credentials"
    ),
    "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": Variable(
        "credential_webhook_secrets",
        parsers.webhook_secrets,
        "a secret (base64 of 24 to 64 bytes, optionally after whsec_), or two separated by a comma",
    ),
    "VODPASS_WATCH": Variable(
        "watch",
        parsers.watch_jobs,
        f"some of {', '.join(sorted(parsers.WATCH_JOBS))}, separated by commas, or the word none"
        " (default: expiring,abandoned)",
    ),
    "VODPASS_WATCH_QUEUE": Variable(
        "watch_queue",
        parsers.matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,119}"),
        "the name of the queue that `watch` reads: 1 to 120 letters, digits and hyphens",
    ),
    "VODPASS_LATE_RECHECK": Variable(
        "late_recheck",
        parsers.number(0, 604_799),
        "seconds from 1 to 604799 (default 86400), or 0 for no late recheck",
    ),
    "VODPASS_CLEANUP": Variable(
        "cleanup",
        parsers.one_of(frozenset({"off", "dry-run", "delete"})),
        "off, dry-run (the default) or delete",
    ),
    "VODPASS_CLEANUP_FORCE": Variable(
        "cleanup_force",
        parsers.flag,
        "1 to delete also if it is many uploads, and a large part of all, else unset",
    ),
    "VODPASS_LOCAL": Variable("local", parsers.flag, "1 on a developer's machine, else unset"),
    "VODPASS_VOD_ENDPOINT": Variable(
        "vod_endpoint", parsers.loopback, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
    "VODPASS_STS_ENDPOINT": Variable(
        "sts_endpoint", parsers.loopback, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
    "VODPASS_MNS_ENDPOINT": Variable(
        "mns_endpoint", parsers.loopback, "a loopback address with a port, such as 127.0.0.1:9001"
    ),
}

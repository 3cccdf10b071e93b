"""Which function reads which environment variables.

`s.yaml` gives each function these variables and no others.
"""

from __future__ import annotations

from collections.abc import Mapping

ENDPOINTS = ("VODPASS_VOD_ENDPOINT", "VODPASS_STS_ENDPOINT", "VODPASS_MNS_ENDPOINT")

ALWAYS = frozenset({"VODPASS_LOCAL", *ENDPOINTS})
"""Only the local gateway sets these. A deployment has none of them."""

_CALLER = frozenset(
    {
        "VODPASS_REGION",
        "VODPASS_JWT_KEYS",
        "VODPASS_JWT_JWKS_URL",
        "VODPASS_JWT_ISSUER",
        "VODPASS_JWT_AUDIENCE",
        "VODPASS_JWT_MAX_LIFE",
        "VODPASS_JWT_SUBJECT_CLAIM",
        "VODPASS_JWT_SCOPE_CLAIM",
        "VODPASS_JWT_VOD_CLAIM",
        "VODPASS_DEFAULT_SCOPES",
        "VODPASS_CORS_ORIGINS",
    }
)
_STORE = frozenset({"VODPASS_LIMITS", "VODPASS_LIMITS_URL", "VODPASS_LIMITS_BUDGET"})
_LIMITS = _STORE | {"VODPASS_LIMITS_AWAY"}
_OWNER = frozenset({"VODPASS_ISSUER_ALIAS", "VODPASS_OWNER_KEYS"})
_EVENTS = (_OWNER | _STORE) | {
    "VODPASS_REGION",
    "VODPASS_MAX_FILE_SIZE",
    "VODPASS_WEBHOOK_URL",
    "VODPASS_WEBHOOK_SECRETS",
    "VODPASS_WEBHOOK_PRIVATE",
    "VODPASS_WATCH_QUEUE",
}

USES: Mapping[str, frozenset[str]] = {
    "upload": _CALLER
    | _OWNER
    | _LIMITS
    | {
        "VODPASS_UPLOAD_WINDOW",
        "VODPASS_MAX_FILE_SIZE",
        "VODPASS_TITLE_UNIT",
        "VODPASS_TEMPLATE_GROUP_ID",
        "VODPASS_WORKFLOW_ID",
        "VODPASS_STORAGE_LOCATION",
        "VODPASS_APP_ID",
        "VODPASS_CATE_ID",
        "VODPASS_CATE_IDS",
        "VODPASS_TEMPLATE_GROUP_IDS",
        "VODPASS_ACCELERATE",
        "VODPASS_UPLOAD_CALLBACK",
        "VODPASS_CALLBACK_URL",
    },
    "refresh": _CALLER | _OWNER | _LIMITS | {"VODPASS_UPLOAD_WINDOW"},
    "play": _CALLER
    | _OWNER
    | _LIMITS
    | {
        "VODPASS_PLAY_MAX_TIMEOUT",
        "VODPASS_PLAY_KEY",
        "VODPASS_PLAY_FORMATS",
        "VODPASS_PLAY_DEFINITION",
        "VODPASS_PLAY_STREAM_TYPE",
        "VODPASS_PLAY_AUTH_TIMEOUT",
        "VODPASS_PLAY_DOMAIN",
        "VODPASS_PLAY_DOMAIN_SIGNED",
        "VODPASS_APP_ID",
    },
    "sts": _CALLER
    | _LIMITS
    | {
        "VODPASS_ISSUER_ALIAS",
        "VODPASS_STS_UPLOAD_ROLE",
        "VODPASS_STS_PLAY_ROLE",
        "VODPASS_STS_OSS_ROLE",
        "VODPASS_OSS_BUCKET",
        "VODPASS_OSS_PREFIX",
    },
    "events": _EVENTS
    | {"VODPASS_CALLBACK_URL", "VODPASS_CALLBACK_KEYS", "VODPASS_CALLBACK_SIGNED_URLS"},
    "watch": _EVENTS
    | {
        "VODPASS_UPLOAD_WINDOW",
        "VODPASS_APP_ID",
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS",
        "VODPASS_WATCH",
        "VODPASS_LATE_RECHECK",
        "VODPASS_CLEANUP",
        "VODPASS_CLEANUP_FORCE",
    },
}
"""Function -> the variables that it reads."""

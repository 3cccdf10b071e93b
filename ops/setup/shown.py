"""Which values the terminal may show, and in which form."""

from __future__ import annotations

from urllib.parse import urlsplit

from ops.text import Text

SHOWN = frozenset(
    {
        "VODPASS_NAME",
        "VODPASS_REGION",
        "VODPASS_PYTHON",
        "VODPASS_DOMAIN",
        "VODPASS_CERTIFICATE_ID",
        "VODPASS_LOG_PROJECT",
        "VODPASS_LOG_STORE",
        "VODPASS_JWT_JWKS_URL",
        "VODPASS_JWT_ISSUER",
        "VODPASS_JWT_AUDIENCE",
        "VODPASS_JWT_MAX_LIFE",
        "VODPASS_JWT_SUBJECT_CLAIM",
        "VODPASS_JWT_SCOPE_CLAIM",
        "VODPASS_JWT_VOD_CLAIM",
        "VODPASS_DEFAULT_SCOPES",
        "VODPASS_CORS_ORIGINS",
        "VODPASS_ISSUER_ALIAS",
        "VODPASS_UPLOAD_WINDOW",
        "VODPASS_MAX_FILE_SIZE",
        "VODPASS_TITLE_UNIT",
        "VODPASS_TEMPLATE_GROUP_ID",
        "VODPASS_TEMPLATE_GROUP_IDS",
        "VODPASS_WORKFLOW_ID",
        "VODPASS_CATE_ID",
        "VODPASS_CATE_IDS",
        "VODPASS_STORAGE_LOCATION",
        "VODPASS_APP_ID",
        "VODPASS_ACCELERATE",
        "VODPASS_PLAY_MAX_TIMEOUT",
        "VODPASS_PLAY_FORMATS",
        "VODPASS_PLAY_DEFINITION",
        "VODPASS_PLAY_STREAM_TYPE",
        "VODPASS_PLAY_AUTH_TIMEOUT",
        "VODPASS_PLAY_DOMAIN",
        "VODPASS_PLAY_DOMAIN_SIGNED",
        "VODPASS_STS_UPLOAD_ROLE",
        "VODPASS_STS_PLAY_ROLE",
        "VODPASS_STS_OSS_ROLE",
        "VODPASS_OSS_BUCKET",
        "VODPASS_OSS_PREFIX",
        "VODPASS_WEBHOOK_PRIVATE",
        "VODPASS_WATCH",
        "VODPASS_LATE_RECHECK",
        "VODPASS_CLEANUP",
        "VODPASS_CLEANUP_FORCE",
        "VODPASS_EVENT_QUEUE",
        "VODPASS_WATCH_QUEUE",
        "VODPASS_DEAD_LETTER_QUEUE",
    }
)
"""The variables whose values may be shown. Every other one counts as a secret."""

_HIDDEN = Text("({} characters, hidden)", "（{} 个字符，已隐藏）")
_EMPTY = Text("(empty)", "（空）")


def shown(name: str, value: str, language: str, *, wrong: bool = False) -> str:
    """A value for the terminal: hidden unless it can be no secret.

    `wrong`: the variable does not accept it. It may then be a secret of another one.
    """
    if not value:
        return _EMPTY.of(language)
    hidden = _HIDDEN.filled(str(len(value))).of(language)
    if wrong:
        return hidden
    # User information and a query may hold a secret.
    private = "://" in value and ("@" in value or "?" in value)
    if name in SHOWN and value.isprintable() and not private:
        return value
    if private or name in ("VODPASS_WEBHOOK_URL", "VODPASS_CALLBACK_URL"):
        # The path may hold a secret.
        parts = urlsplit(value)
        if parts.hostname and parts.hostname.isprintable():
            return f"{parts.scheme}://{parts.hostname}/… {hidden}"
    return hidden

"""What an operator has who checks a deployment: the account's key, and a token of a user."""

from __future__ import annotations

import time
from typing import Any

import jwt

from local.development_token import AUDIENCE, ISSUER
from local.stack import Stack


def user_token(stack: Stack, **changes: Any) -> str:
    """A valid token of one user, except for the changes to its claims."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "scope": "vod:upload vod:refresh vod:play",
        "iat": now,
        "exp": now + 600,
        **changes,
    }
    keys = stack.keys
    return jwt.encode(claims, keys.secret, algorithm="HS256", headers={"kid": keys.kid})


def environment(stack: Stack) -> dict[str, str]:
    """The variables of the operator's process: the administrator's key, and a token in TOKEN."""
    admin = stack.cloud.admin
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
        "TOKEN": user_token(stack),
    }

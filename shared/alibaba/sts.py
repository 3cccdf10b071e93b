"""AssumeRole (STS, API 2015-04-01), narrowed to one purpose and one caller.

VOD permissions cover the whole account. So each purpose has its own role, and a session policy
narrows it further: the token can do what both allow. The policy is built here from constants and
digests. No text from a caller enters it, and ``*`` stands only at the end of a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.alibaba.client import Service
from shared.alibaba.session import OperationAnswer, Session, epoch, required_text
from shared.auth.mac import base32, digest
from shared.auth.ownership import Owner
from shared.config.settings import Settings
from shared.errors import Misconfigured, UpstreamError

MAX_POLICY = 2048  # characters
MAX_ROLE_SESSION_NAME = 64
SHORTEST = 900  # seconds; STS's minimum
LONGEST = 3600  # seconds; every role allows at least this


@dataclass(frozen=True)
class Purpose:
    """What a token is for: its role, its longest life in seconds, and its session policy."""

    role: Callable[[Settings], str]
    longest: int
    actions: tuple[str, ...]
    resource: Callable[[Settings, Owner], str] = lambda _settings, _owner: "*"


def key_prefix(settings: Settings, owner: Owner) -> str:
    """The key prefix of this owner in the bucket.

    It is a digest of fixed length. So no owner's prefix starts another's, and none names its owner.
    """
    return f"{settings.oss_prefix}{base32(_digest('oss-prefix', owner))}/"


PURPOSES: Mapping[str, Purpose] = {
    "vod-upload": Purpose(
        lambda settings: settings.sts_upload_role,
        LONGEST,
        ("vod:CreateUploadVideo", "vod:CreateUploadImage"),
    ),
    "vod-play": Purpose(
        lambda settings: settings.sts_play_role,
        SHORTEST,
        ("vod:GetPlayInfo", "vod:GetVideoPlayAuth"),
    ),
    "oss-upload": Purpose(
        lambda settings: settings.sts_oss_role,
        LONGEST,
        ("oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload"),
        lambda settings, owner: f"acs:oss:*:*:{settings.oss_bucket}/{key_prefix(settings, owner)}*",
    ),
}


def session_policy(purpose: Purpose, settings: Settings, owner: Owner) -> str:
    """The session policy of one token: compact JSON of fewer than MAX_POLICY characters."""
    statement = {
        "Effect": "Allow",
        "Action": list(purpose.actions),
        "Resource": purpose.resource(settings, owner),
    }
    policy = json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))
    if len(policy) >= MAX_POLICY:
        raise Misconfigured("The session policy is too long for STS.")
    return policy


def role_session_name(owner: Owner) -> str:
    """The name by which ActionTrail shows the caller: the start of the subject, and a digest.

    The digest keeps the names of two subjects apart.
    """
    unique = base32(_digest("session", owner))
    room = MAX_ROLE_SESSION_NAME - len(unique) - 1
    start = re.sub(r"[^A-Za-z0-9.@_-]", "_", owner.subject)[:room]
    return f"{start}-{unique}"


def _digest(use: str, owner: Owner) -> bytes:
    return digest(use, owner.issuer_alias, owner.subject)[:20]


@dataclass(frozen=True)
class Token:
    """An STS token. ``expiration`` is the text from STS; ``expires_in`` is seconds by its clock."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)
    expiration: str
    expires_in: int


class Sts:
    """STS within one invocation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def assume_role(self, role: str, session_name: str, policy: str, duration: int) -> Token:
        """AssumeRole for ``duration`` seconds. Raises a Refusal."""
        parameters = {
            "role_arn": role,
            "role_session_name": session_name,
            "policy": policy,
            "duration_seconds": duration,
        }
        return self._session.call_with_retry("AssumeRole", parameters, _token)


def _token(answer: OperationAnswer) -> Token:
    credentials = answer.body.get("Credentials")
    if not isinstance(credentials, dict):
        raise UpstreamError("STS's answer lacks Credentials.")
    expiration = required_text(credentials, "Expiration")
    expires_at = epoch(expiration)
    if expires_at is None:
        raise UpstreamError("STS's answer lacks an Expiration.")
    return Token(
        required_text(credentials, "AccessKeyId"),
        required_text(credentials, "AccessKeySecret"),
        required_text(credentials, "SecurityToken"),
        expiration,
        max(0, int(expires_at - answer.now)),
    )


FAULTS: Mapping[str, str] = {
    "EntityNotExist.Role": "The configured role does not exist.",
    "InvalidParameter.RoleArn": "STS does not accept the ARN of the configured role.",
    "NoPermission": "The function's role may not assume the configured role.",
    "InvalidParameter": "STS does not accept the function's request.",
}
"""Code of AssumeRole -> what to say. All are for the operator. NoPermission has two causes: the
function's role lacks sts:AssumeRole, or the trust policy of the configured role omits it."""


def _meaning(code: str, _fields: Container[str]) -> Exception | None:
    for known, detail in FAULTS.items():
        if code == known or code.startswith(f"{known}."):
            return Misconfigured(detail)
    return None


def _models() -> Any:
    from alibabacloud_sts20150401 import models

    return models


def _client(config: Any) -> Any:
    from alibabacloud_sts20150401.client import Client

    return Client(config)


STS_SERVICE = Service(_models, _client, lambda settings: settings.sts_endpoint, _meaning)

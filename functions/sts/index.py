"""POST /sts: an STS token for one purpose, with the least permissions that the purpose needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.alibaba import sts
from shared.alibaba.sts import PURPOSES, STS_SERVICE, Purpose, Sts
from shared.auth.caller import Caller
from shared.auth.token import by_bearer_token
from shared.errors import Forbidden, InvalidToken, NotConfigured
from shared.runtime.endpoint import Call, Endpoint
from shared.runtime.instance import Instance
from shared.web import body, fields

FRESH = 3600  # seconds; the limit for a caller's token, of its age or of its life


def issue_token(call: Call[Caller]) -> Mapping[str, Any]:
    """Answers an STS token, if the deployment and the caller's token both offer its purpose."""
    call.caller.require("vod:sts")
    fields.check(call.request.query, {})  # there are no parameters
    asked = _asked(call)
    call.log_line.update(asked)
    name = asked["Purpose"]
    purpose = PURPOSES[name]
    _permit(call, name)
    role = purpose.role(call.settings)
    if not role:
        raise NotConfigured(name)
    if call.limiter is not None:
        call.limiter.count_sts_token(call.caller)
    owner = call.caller.owner
    token = Sts(call.session).assume_role(
        role,
        sts.role_session_name(owner),
        sts.session_policy(purpose, call.settings, owner),
        asked.get("DurationSeconds", sts.SHORTEST),
    )
    return {
        "RequestId": call.request_id,
        "AccessKeyId": token.access_key_id,
        "AccessKeySecret": token.access_key_secret,
        "SecurityToken": token.security_token,
        "Expiration": token.expiration,
        "ExpiresIn": token.expires_in,
        "Region": call.settings.region,
        **_where(call, purpose),
    }


def _asked(call: Call[Caller]) -> dict[str, Any]:
    """The checked fields of a request. Raises InvalidRequest."""
    given = body.json_object(call.request)
    purpose = PURPOSES.get(given["Purpose"]) if isinstance(given.get("Purpose"), str) else None
    longest = sts.LONGEST if purpose is None else purpose.longest
    seconds = partial(fields.integer, low=sts.SHORTEST, high=longest, unit="seconds")
    allowed: dict[str, fields.Check] = {
        "Purpose": partial(fields.choice, choices=tuple(PURPOSES)),
        "DurationSeconds": seconds,
    }
    return fields.check(given, allowed, frozenset({"Purpose"}))


def _permit(call: Call[Caller], name: str) -> None:
    """Raises a Refusal unless the caller's token is fresh and names the purpose.

    The reason: an STS token covers the whole account.
    """
    caller = call.caller
    if name not in caller.sts:
        raise Forbidden("The vod claim of the token does not list this purpose.")
    if name == "vod-play" and (caller.play is None or "*" not in caller.play):
        raise Forbidden("This purpose opens every video: vod.play of the token must be *.")
    # A token without iat hides its age.
    if caller.token_age is None or (caller.token_life > FRESH and caller.token_age > FRESH):
        raise InvalidToken("stale", f"An STS token needs one with iat, {FRESH} s old at most.")


def _where(call: Call[Caller], purpose: Purpose) -> Mapping[str, str]:
    """Where the token may write, if its purpose is to write to OSS."""
    if purpose is not PURPOSES["oss-upload"]:
        return {}
    settings = call.settings
    local = settings.sts_endpoint
    return {
        "Endpoint": f"http://{local}" if local else f"https://oss-{settings.region}.aliyuncs.com",
        "Bucket": settings.oss_bucket,
        "KeyPrefix": sts.key_prefix(settings, call.caller.owner),
    }


_ENDPOINT = Endpoint(Instance("sts", STS_SERVICE), by_bearer_token, {"POST": issue_token})


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """FC's entry: takes the event of an HTTP trigger, returns the response object."""
    return _ENDPOINT.answer(event, context)

"""What the fake knows about the OpenAPI gateway, which serves VOD and STS, and how."""

from __future__ import annotations

from fakealiyun.fact import (
    DOCUMENTED,
    EXPLICIT,
    GUESSED,
    IDENTITY,
    PLAYABLE,
    RECORDED,
    SEEN,
    WAIT,
    Fact,
)

_GATEWAY_ERRORS = "error table of the OpenAPI gateway"
_NO_SOURCE = "no source found"

FACTS = (
    Fact(
        "openapi.acs3",
        "ACS3-HMAC-SHA256 signs method, path, sorted query, the named headers and the hash of the "
        "body.",
        DOCUMENTED,
        "pages about the signatures V3 and RPC; Python SDK alibabacloud-tea-openapi 0.4.6",
        "2026-11",
        no_probe=EXPLICIT,
    ),
    Fact(
        "openapi.rpc",
        "RPC calls are signed with HMAC-SHA1 over the sorted parameters, by GET or POST.",
        DOCUMENTED,
        "pages about the signatures V3 and RPC; Python SDK alibabacloud-tea-openapi 0.4.6",
        "2026-11",
        probe="openapi.rpc",
    ),
    Fact(
        "openapi.signature_wrong",
        "A wrong signature is SignatureDoesNotMatch with status 400 and the string to sign. "
        "Vendor tables say 400 and 403.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.signature_wrong",
    ),
    Fact(
        "openapi.key_unknown",
        "An unknown AccessKeyId is InvalidAccessKeyId.NotFound with status 404.",
        DOCUMENTED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.key_unknown",
    ),
    Fact(
        "openapi.key_inactive",
        "A disabled AccessKey is InvalidAccessKeyId.Inactive with status 400. Some tables say 403.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        no_probe=IDENTITY,
    ),
    Fact(
        "openapi.date_expired",
        "A date that differs by more than 15 minutes is InvalidTimeStamp.Expired.",
        DOCUMENTED,
        "page about signature V3; error table of the OpenAPI gateway",
        "2025",
        probe="openapi.date_expired",
    ),
    Fact(
        "openapi.date_format",
        "A date of another form is InvalidTimeStamp.Format.",
        DOCUMENTED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.date_format",
    ),
    Fact(
        "openapi.date_milliseconds",
        "A date with milliseconds is accepted: ali-oss and the STS SDK for Node always send them.",
        RECORDED,
        "requests of official SDKs",
        "2026",
        probe="openapi.date_milliseconds",
    ),
    Fact(
        "openapi.nonce_repeated",
        "A nonce that was used before is SignatureNonceUsed with status 400.",
        DOCUMENTED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.nonce_repeated",
    ),
    Fact(
        "openapi.nonce_kept_for_the_signer",
        "Only a correctly signed call uses up a nonce.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.nonce_kept_for_the_signer",
    ),
    Fact(
        "openapi.nonce_for_each_key",
        "Nonces are kept for each AccessKey, for as long as the date could be accepted.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        no_probe=IDENTITY,
    ),
    Fact(
        "openapi.date_before_key",
        "The date is checked before the AccessKey.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.date_before_key",
    ),
    Fact(
        "openapi.signature_before_token",
        "The signature is checked before the token.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.signature_before_token",
    ),
    Fact(
        "openapi.signature_before_nonce",
        "The signature is checked before the nonce.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.signature_before_nonce",
    ),
    Fact(
        "openapi.nonce_before_permission",
        "The nonce is checked before the permission.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        no_probe=IDENTITY,
    ),
    Fact(
        "openapi.token_missing",
        "A temporary AccessKey without its token is MissingSecurityToken with status 400. The "
        "status is not certain.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.token_missing",
    ),
    Fact(
        "openapi.token_of_nobody",
        "A token that nobody issued is InvalidSecurityToken.Malformed with status 400. Tables "
        "differ about the status.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.token_of_nobody",
    ),
    Fact(
        "openapi.token_of_another_key",
        "The token of another AccessKey is InvalidSecurityToken.MismatchWithAccessKey with status "
        "400.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.token_of_another_key",
    ),
    Fact(
        "openapi.token_expired",
        "An expired token is InvalidSecurityToken.Expired with status 400. Product tables also "
        "say 403.",
        GUESSED,
        "error table of the OpenAPI gateway; an issue in a public tracker has the code",
        "2025",
        no_probe=WAIT,
    ),
    Fact(
        "openapi.parameter_missing",
        "A missing parameter is Missing<Name> with status 400: “<Name> is mandatory for this "
        "action.”",
        RECORDED,
        "an answer in an issue of aliyun/openapi-core-nodejs-sdk",
        "2023",
        probe="openapi.parameter_missing",
    ),
    Fact(
        "openapi.action_unknown",
        "An unknown operation is InvalidAction.NotFound with status 404. Older gateways say "
        "InvalidApi.NotFound.",
        GUESSED,
        _GATEWAY_ERRORS,
        "2025",
        probe="openapi.action_unknown",
    ),
    Fact(
        "openapi.version_unknown",
        "An unknown version is InvalidVersion with status 400.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.version_unknown",
    ),
    Fact(
        "openapi.header_unsigned",
        "An `x-acs-` header that is not signed is refused.",
        GUESSED,
        "page about signature V3: all common headers must be signed",
        "2025",
        probe="openapi.header_unsigned",
    ),
    Fact(
        "openapi.parameter_repeated",
        "A parameter that occurs twice is refused.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.parameter_repeated",
    ),
    Fact(
        "openapi.escape_broken",
        "A broken escape in the query is refused.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        probe="openapi.escape_broken",
    ),
    Fact(
        "openapi.timestamp_missing",
        "Without `Timestamp`, only a temporary AccessKey is accepted, and only for the calls of "
        "web clients.",
        GUESSED,
        "requests of the web uploader 1.5 and the web player 2.37",
        "2026",
        probe="openapi.timestamp_missing",
    ),
    Fact(
        "openapi.region_unsigned",
        "The web player with a server of its own adds RegionId unsigned. Without `Timestamp` the "
        "signature may leave it out.",
        GUESSED,
        "source of the web player 2.37",
        "2026",
        no_probe=PLAYABLE,
    ),
    Fact(
        "openapi.denied_by_vod",
        "A permission refusal by VOD is Forbidden.RAM with status 403. Tables also say "
        "NoPermission and Forbidden.",
        GUESSED,
        "VOD API reference and error table",
        "2021",
        no_probe=IDENTITY,
    ),
    Fact(
        "openapi.error_body",
        "Errors have RequestId, HostId, Code, Message and Recommend; permission refusals also "
        "AccessDeniedDetail.",
        RECORDED,
        "answers in issues of public trackers",
        "2023",
        no_probe=SEEN,
    ),
    Fact(
        "openapi.answer_headers",
        "Answers have Access-Control-Allow-Origin `*`, x-acs-request-id and x-acs-trace-id.",
        RECORDED,
        "recorded answers of STS",
        "2026",
        no_probe=SEEN,
    ),
    Fact(
        "openapi.throttling",
        "Over the rate, the answer is 400 Throttling.User, not 429.",
        DOCUMENTED,
        "VOD API reference and error table",
        "2021",
        no_probe=EXPLICIT,
    ),
)

LIMITS = (
    "Only JSON and form parameters are accepted, no JSON bodies and no bearer tokens.",
    "ACS3-HMAC-SM3 and ACS3-RSA-SHA256 are refused.",
    "Pages of other origins are refused without a CORS header, except for *web* operations: no "
    "page in the developer's browser may use the cloud. The value of ETag is made up.",
    "XML answers exist only for the operations that are faked.",
)
"""What the fake leaves out or refuses, whatever the real service does."""

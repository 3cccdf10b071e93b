"""Tokens in the form of the common issuers, verified with the keys that each publishes.

The settings of each issuer are those in docs/tokens.md. `{jwks}` stands for the JWKS URL of the
issuer, which is a server on loopback here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.auth.caller import Caller
from shared.auth.published_keys import PublishedKeys
from shared.auth.token import authenticate
from shared.config.settings import Settings, load
from shared.config.uses import USES
from shared.errors import InvalidToken
from tests.support.issuer import JwksServer, Key

TOKENS_PAGE = (Path(__file__).resolve().parents[3] / "docs" / "tokens.md").read_text()
VIDEO = "0123456789abcdef0123456789abcdef"
TENANT = "5f1e0d3c-2b4a-4c6d-8e9f-a0b1c2d3e4f5"
APP = "11111111-2222-3333-4444-555555555555"
IDAAS = "https://eiam-api-cn-hangzhou.aliyuncs.com/v2/idaas_ue2jvisn35ea/app_mltta64q65en/oidc"


@dataclass(frozen=True)
class Issuer:
    """The settings for an issuer, the claims of its token, and the caller that results."""

    alg: str
    settings: Mapping[str, str]
    claims: Mapping[str, Any]
    subject: str
    scopes: frozenset[str]
    play: frozenset[str] | None = None
    header: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)
    """Further members of its JWK. None removes a member."""


ISSUERS = {
    "Auth0": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": "https://example.eu.auth0.com/",
            "VODPASS_JWT_AUDIENCE": "https://vod.example.com",
            "VODPASS_JWT_VOD_CLAIM": "https://vod.example.com/vod",
        },
        {
            "iss": "https://example.eu.auth0.com/",
            "sub": "auth0|65f1c0ffee0123456789abcd",
            "aud": ["https://vod.example.com", "https://example.eu.auth0.com/userinfo"],
            "azp": "pX8vJ0aBcDeFgHiJkLmNoPqRsTuVwXyZ",
            "scope": "openid profile vod:upload vod:play",
            "permissions": ["vod:upload", "vod:play"],
            "https://vod.example.com/vod": {"play": [VIDEO, "own"]},
        },
        "auth0|65f1c0ffee0123456789abcd",
        frozenset({"openid", "profile", "vod:upload", "vod:play"}),
        frozenset({VIDEO, "own"}),
        {"typ": "at+jwt"},
        {"x5t": "bm90IGEgcmVhbCBvbmU", "x5c": ["MIIC"]},
    ),
    "Auth0, by the permissions of its roles": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": "https://example.eu.auth0.com/",
            "VODPASS_JWT_AUDIENCE": "https://vod.example.com",
            "VODPASS_JWT_SCOPE_CLAIM": "permissions",
        },
        {
            "iss": "https://example.eu.auth0.com/",
            "sub": "google-oauth2|103547991597142817347",
            "aud": "https://vod.example.com",
            "azp": "pX8vJ0aBcDeFgHiJkLmNoPqRsTuVwXyZ",
            "scope": "openid vod:upload vod:refresh vod:play vod:sts",
            "permissions": ["vod:play"],
        },
        "google-oauth2|103547991597142817347",
        frozenset({"vod:play"}),
    ),
    "Entra ID": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "VODPASS_JWT_AUDIENCE": APP,
            "VODPASS_JWT_SUBJECT_CLAIM": "oid",
        },
        {
            "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "aud": APP,
            "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
            "oid": "00000000-0000-0000-66f3-3332eca7ea81",
            "tid": TENANT,
            "azp": "99999999-8888-7777-6666-555555555555",
            "azpacr": "0",
            "scp": "vod:play vod:upload",
            "uti": "0bYRXsVqHE6QyVJ3m0QlAA",
            "ver": "2.0",
        },
        "00000000-0000-0000-66f3-3332eca7ea81",
        frozenset({"vod:play", "vod:upload"}),
        None,
        {"typ": "JWT"},
        {"alg": None, "x5t": "2ZQpJ3UpbjAYXYGaXEJl8lV0TOI", "x5c": ["MIIC"], "issuer": "https://x"},
    ),
    "Entra ID, by the roles of an application": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "VODPASS_JWT_AUDIENCE": APP,
            "VODPASS_JWT_SUBJECT_CLAIM": "oid",
            "VODPASS_JWT_SCOPE_CLAIM": "roles",
        },
        {
            "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "aud": APP,
            "sub": "aaaaaaaa-0000-0000-0000-000000000001",
            "oid": "aaaaaaaa-0000-0000-0000-000000000001",
            "tid": TENANT,
            "roles": ["vod:upload", "vod:refresh"],
            "idtyp": "app",
            "ver": "2.0",
        },
        "aaaaaaaa-0000-0000-0000-000000000001",
        frozenset({"vod:upload", "vod:refresh"}),
        published={"alg": None},
    ),
    "Firebase": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": "https://securetoken.google.com/example-app",
            "VODPASS_JWT_AUDIENCE": "example-app",
            "VODPASS_DEFAULT_SCOPES": "vod:upload vod:refresh vod:play",
        },
        {
            "iss": "https://securetoken.google.com/example-app",
            "aud": "example-app",
            "auth_time": 1_790_000_000,
            "user_id": "uQ4o0JgKPUWlVxYw6Kq1p3zT8mH2",
            "sub": "uQ4o0JgKPUWlVxYw6Kq1p3zT8mH2",
            "email": "alice@example.com",
            "email_verified": True,
            "firebase": {
                "identities": {"email": ["alice@example.com"]},
                "sign_in_provider": "password",
            },
            "vod": {"play": "*"},
        },
        "uQ4o0JgKPUWlVxYw6Kq1p3zT8mH2",
        frozenset({"vod:upload", "vod:refresh", "vod:play"}),
        frozenset({"*"}),
    ),
    "Supabase": Issuer(
        "ES256",
        {
            "VODPASS_JWT_ISSUER": "https://abcdefghijklmnopqrst.supabase.co/auth/v1",
            "VODPASS_JWT_AUDIENCE": "authenticated",
            "VODPASS_JWT_SCOPE_CLAIM": "/app_metadata/vod_scope",
            "VODPASS_JWT_VOD_CLAIM": "/app_metadata/vod",
        },
        {
            "iss": "https://abcdefghijklmnopqrst.supabase.co/auth/v1",
            "aud": "authenticated",
            "sub": "7d2f9a10-6b1c-4f0e-9a53-0d6a5b0c1e22",
            "email": "alice@example.com",
            "phone": "",
            "app_metadata": {
                "provider": "email",
                "providers": ["email"],
                "vod_scope": "vod:upload vod:refresh",
                "vod": {"upload": {"media": ["video"], "max_bytes": 1_000_000}},
            },
            # A user may write this part. It gives them no rights.
            "user_metadata": {"vod_scope": "vod:sts", "vod": {"play": "*"}},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": 1_790_000_000}],
            "session_id": "0c8a0f0e-2c55-4d5e-8c1f-3b7ad1b5b3a1",
            "is_anonymous": False,
        },
        "7d2f9a10-6b1c-4f0e-9a53-0d6a5b0c1e22",
        frozenset({"vod:upload", "vod:refresh"}),
        published={"key_ops": ["verify"], "ext": True},
    ),
    "Cognito, ID token": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
            "VODPASS_JWT_AUDIENCE": "1example23456789",
            "VODPASS_DEFAULT_SCOPES": "vod:play",
        },
        {
            "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
            "aud": "1example23456789",
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "token_use": "id",
            "cognito:username": "alice",
            "cognito:groups": ["viewers"],
            "email_verified": True,
            "origin_jti": "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee",
        },
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        frozenset({"vod:play"}),
    ),
    "Cognito, access token": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
            "VODPASS_JWT_AUDIENCE": "1example23456789",
        },
        {
            "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "token_use": "access",
            "client_id": "1example23456789",
            "username": "alice",
            "version": 2,
            # A pre token generation trigger adds these three.
            "aud": "1example23456789",
            "scope": "aws.cognito.signin.user.admin vod:upload vod:play",
            "vod": {"play": ["own"]},
        },
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        frozenset({"aws.cognito.signin.user.admin", "vod:upload", "vod:play"}),
        frozenset({"own"}),
    ),
    "Alibaba Cloud IDaaS": Issuer(
        "RS256",
        {
            "VODPASS_JWT_ISSUER": IDAAS,
            "VODPASS_JWT_AUDIENCE": "app_mltta64q65en",
            "VODPASS_JWT_SCOPE_CLAIM": "vodScope",
        },
        {
            "iss": IDAAS,
            "aud": "app_mltta64q65en",
            "sub": "user_d6sbsuumeta4h66ec3il7yxxxx",
            "nonce": "n-0S6_WzA2Mj",
            "preferred_username": "alice",
            "vodScope": "vod:upload vod:refresh",
        },
        "user_d6sbsuumeta4h66ec3il7yxxxx",
        frozenset({"vod:upload", "vod:refresh"}),
    ),
}


@pytest.fixture(scope="module")
def keys() -> Mapping[str, Key]:
    return {alg: Key(f"{alg}-2026", alg) for alg in ("RS256", "ES256")}


STRANGERS = {alg: Key("stranger", alg) for alg in ("RS256", "ES256")}


@pytest.fixture(scope="module")
def server() -> Iterator[JwksServer]:
    with JwksServer() as serving:
        yield serving


@dataclass(frozen=True)
class Deployed:
    """The settings of a deployment for an issuer, with the keys that it fetched."""

    settings: Settings
    published: PublishedKeys

    def believes(self, token: str) -> Caller:
        return authenticate(f"Bearer {token}", self.settings, self.published)

    def refuses(self, token: str) -> str:
        with pytest.raises(InvalidToken) as refused:
            self.believes(token)
        return refused.value.reason


def deployed(issuer: Issuer, server: JwksServer, keys: Mapping[str, Key]) -> Deployed:
    jwk = {**keys[issuer.alg].jwk, **issuer.published}
    server.publish({name: value for name, value in jwk.items() if value is not None})
    environment = {
        "VODPASS_REGION": "cn-shanghai",
        "VODPASS_ISSUER_ALIAS": "main",
        "VODPASS_JWT_JWKS_URL": server.url,
        "VODPASS_LOCAL": "1",
        **issuer.settings,
    }
    settings = load(environment, USES["sts"] - {"VODPASS_JWT_KEYS"})
    return Deployed(settings, PublishedKeys(settings.jwt_jwks_url))


@pytest.fixture(params=sorted(ISSUERS))
def issuer(request: pytest.FixtureRequest) -> Issuer:
    return ISSUERS[request.param]


def test_a_token_of_the_issuer_is_accepted(
    issuer: Issuer, server: JwksServer, keys: Mapping[str, Key]
) -> None:
    here = deployed(issuer, server, keys)
    caller = here.believes(keys[issuer.alg].sign(issuer.claims, **issuer.header))
    assert caller.subject == issuer.subject
    assert caller.scopes == issuer.scopes
    assert caller.play == issuer.play
    assert caller.sts == frozenset()


def test_a_token_of_another_tenant_or_for_another_app_is_refused(
    issuer: Issuer, server: JwksServer, keys: Mapping[str, Key]
) -> None:
    here, key = deployed(issuer, server, keys), keys[issuer.alg]
    other = issuer.claims["iss"].replace("e", "x", 1)
    assert here.refuses(key.sign({**issuer.claims, "iss": other})) == "issuer"
    assert here.refuses(key.sign({**issuer.claims, "aud": "another-app"})) == "audience"
    stranger = Key(key.kid, key.alg, STRANGERS[key.alg].private)
    assert here.refuses(stranger.sign(issuer.claims)) == "signature"


def test_a_plain_access_token_of_cognito_has_no_audience_and_is_refused(
    server: JwksServer, keys: Mapping[str, Key]
) -> None:
    cognito = ISSUERS["Cognito, access token"]
    here = deployed(cognito, server, keys)
    plain = {name: value for name, value in cognito.claims.items() if name != "aud"}
    assert here.refuses(keys["RS256"].sign(plain)) == "claim"


def test_a_user_cannot_set_their_own_scopes(server: JwksServer, keys: Mapping[str, Key]) -> None:
    supabase = ISSUERS["Supabase"]
    here = deployed(supabase, server, keys)
    claims = {**supabase.claims, "app_metadata": {"provider": "email"}}
    caller = here.believes(keys["ES256"].sign(claims))
    assert (caller.scopes, caller.play) == (frozenset(), None)


def test_the_page_names_exactly_these_settings(issuer: Issuer) -> None:
    name = next(name for name in ISSUERS if ISSUERS[name] is issuer).partition(",")[0]
    row = next(line for line in TOKENS_PAGE.splitlines() if line.startswith(f"| {name} "))
    assert row.count("|") == 7
    for setting, value in issuer.settings.items():
        if setting.endswith(("_ISSUER", "_AUDIENCE")):
            continue
        shown = "https://YOUR.DOMAIN/vod" if value.startswith("https://") else value.split()[-1]
        word = setting.removeprefix("VODPASS_")
        assert re.search(rf"`{word}`=`[^`]*{re.escape(shown)}`", row), (setting, row)

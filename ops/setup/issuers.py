"""The issuers of users' tokens: what each is asked for, and the settings that follow.

docs/tokens.md has the same settings as a table. A test compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ops.command_line import LARGEST_INPUT, Refused
from ops.keyring import jwks
from ops.public_key import PublicKeyError, jwk_of_pem
from ops.setup.parts import DOMAIN, Field, Option, safe_text
from ops.text import Text
from shared.config.parsers import scopes, web_url

Given = Mapping[str, str]
"""The fields of an issuer's answer by their keys."""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID_ALLOWED = Text(
    "an id such as 11111111-2222-3333-4444-555555555555, in lower case",
    "形如 11111111-2222-3333-4444-555555555555 的小写 ID",
)
_URL_ALLOWED = Text(
    "an https URL, without user information, fragment, quotes, braces or $",
    "https URL，不含用户信息、片段、引号、大括号和 $",
)
_WORD_ALLOWED = Text(
    "1 to 256 characters without blanks, quotes, backslashes, braces or $",
    "1 到 256 个字符，不含空格、引号、反斜杠、大括号和 $",
)
_SCOPES_ALLOWED = Text(
    "some of vod:upload, vod:refresh and vod:play, with blanks between",
    "vod:upload、vod:refresh、vod:play 中的若干个，以空格分隔",
)


def _is_url(text: str) -> bool:
    try:
        return web_url(text).startswith("https://")
    except ValueError:
        return False


def _are_scopes(text: str) -> bool:
    try:
        return bool(scopes(text))
    except ValueError:
        return False


def _audience(ask: Text, default: str | None = None) -> Field:
    return Field("audience", ask, _WORD_ALLOWED, safe_text(256), default)


def _default_scopes(default: str, only_if: tuple[str, str] | None = None) -> Field:
    return Field(
        "default_scopes",
        Text(
            "What may everyone do who can sign in? Scopes with blanks between.",
            "所有能登录的人可以做什么？填写权限范围，以空格分隔。",
        ),
        _SCOPES_ALLOWED,
        r"[a-z: ]{8,60}",
        default,
        _are_scopes,
        only_if=only_if,
    )


_ISSUER = Field(
    "issuer",
    Text("Which `iss` do its tokens have?", "Token 中的 `iss` 是什么？"),
    _WORD_ALLOWED,
    safe_text(256),
)
_OWN_AUDIENCE = _audience(Text("Which `aud` do they have?", "Token 中的 `aud` 是什么？"), "vodpass")

ISSUERS = (
    Option(
        "auth0",
        Text("Auth0", "Auth0"),
        (
            Field(
                "tenant",
                Text(
                    "What is the tenant's domain?",
                    "租户的域名是什么？",
                ),
                Text(
                    "a host in lower case, such as example.eu.auth0.com",
                    "小写的域名，例如 example.eu.auth0.com",
                ),
                DOMAIN,
            ),
            _audience(Text("What is the API's identifier?", "API 的 identifier 是什么？")),
            Field(
                "scopes_from",
                Text(
                    "Which claim has the scopes? With RBAC it is permissions.",
                    "权限范围在哪个声明中？使用 RBAC 时为 permissions。",
                ),
                Text("scope or permissions", "scope 或 permissions"),
                "",
                "scope",
                choices=("scope", "permissions"),
            ),
            Field(
                "limits_claim",
                Text(
                    "Under which claim does an Action of yours put limits, such as "
                    "https://vod.example.com/vod? Empty for none.",
                    "您的 Action 把限制写入哪个声明，例如 https://vod.example.com/vod？没有则留空。",
                ),
                _URL_ALLOWED,
                safe_text(128),
                "",
                _is_url,
            ),
        ),
    ),
    Option(
        "entra",
        Text("Microsoft Entra ID", "Microsoft Entra ID"),
        (
            Field(
                "tenant_id",
                Text("What is the tenant's id?", "租户 ID 是什么？"),
                _UUID_ALLOWED,
                _UUID,
            ),
            Field(
                "client_id",
                Text("What is the app's client id?", "应用的 client id 是什么？"),
                _UUID_ALLOWED,
                _UUID,
            ),
            Field(
                "callers",
                Text(
                    "Who calls: users, or apps without a user?",
                    "由谁调用：用户（users），还是没有用户的应用（apps）？",
                ),
                Text("users or apps", "users 或 apps"),
                "",
                "users",
                choices=("users", "apps"),
            ),
        ),
    ),
    Option(
        "firebase",
        Text("Firebase", "Firebase"),
        (
            Field(
                "project",
                Text("What is the project's id?", "项目 ID 是什么？"),
                Text(
                    "6 to 30 of a-z, 0-9 and -, beginning with a letter",
                    "6 到 30 个字符：a-z、0-9 和 -，以字母开头",
                ),
                r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
            ),
            _default_scopes("vod:upload vod:refresh vod:play"),
        ),
    ),
    Option(
        "supabase",
        Text("Supabase", "Supabase"),
        (
            Field(
                "project",
                Text(
                    "What is the project's reference, the first part of its URL?",
                    "项目的 reference 是什么（项目 URL 的第一段）？",
                ),
                Text("15 to 30 of a-z and 0-9", "15 到 30 个字符：a-z 和 0-9"),
                r"[a-z0-9]{15,30}",
            ),
        ),
    ),
    Option(
        "cognito",
        Text("Amazon Cognito", "Amazon Cognito"),
        (
            Field(
                "pool",
                Text("What is the user pool's id?", "用户池的 ID 是什么？"),
                Text("an id such as eu-west-1_AbCdEfGhI", "形如 eu-west-1_AbCdEfGhI 的 ID"),
                r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}_[A-Za-z0-9]{1,40}",
            ),
            Field(
                "client_id",
                Text("What is the app client's id?", "App client 的 ID 是什么？"),
                Text("1 to 128 of a-z and 0-9", "1 到 128 个字符：a-z 和 0-9"),
                r"[a-z0-9]{1,128}",
            ),
            Field(
                "tokens",
                Text(
                    "Which tokens do callers send? Access tokens need a trigger that adds `aud`.",
                    "调用者发送哪种 Token？Access Token 需要触发器添加 `aud`。",
                ),
                Text("id or access", "id 或 access"),
                "",
                "id",
                choices=("id", "access"),
            ),
            _default_scopes("vod:play", ("tokens", "id")),
        ),
    ),
    Option(
        "idaas",
        Text("Alibaba Cloud IDaaS", "阿里云 IDaaS"),
        (
            Field(
                "instance",
                Text("What is the instance's id?", "实例 ID 是什么？"),
                Text("an id such as idaas_ue2jvisn35ea", "形如 idaas_ue2jvisn35ea 的 ID"),
                r"idaas_[a-z0-9]{4,60}",
            ),
            Field(
                "application",
                Text("What is the application's id?", "应用 ID 是什么？"),
                Text("an id such as app_mltta64q65en", "形如 app_mltta64q65en 的 ID"),
                r"app_[a-z0-9]{4,60}",
            ),
        ),
    ),
    Option(
        "own-url",
        Text("your own issuer, which publishes its keys", "您自己的颁发方，公布其公钥"),
        (
            Field(
                "jwks_url",
                Text("At which URL does it publish its JWKS?", "它在哪个 URL 公布 JWKS？"),
                _URL_ALLOWED,
                safe_text(1000),
                test=_is_url,
            ),
            _ISSUER,
            _OWN_AUDIENCE,
        ),
    ),
    Option(
        "own-public-key",
        Text("your own issuer, whose public key is in a file", "您自己的颁发方，公钥在文件中"),
        (
            Field(
                "public_key_file",
                Text(
                    "Which PEM file has its public key (RSA, P-256, Ed25519)?",
                    "哪个 PEM 文件含有它的公钥（RSA、P-256、Ed25519）？",
                ),
                Text("the path of a file with one public key", "含有一个公钥的文件的路径"),
                r"[^\x00-\x1f\x7f]{1,500}",
            ),
            Field(
                "kid",
                Text(
                    "Which `kid` do its tokens name? Empty for the key's thumbprint.",
                    "Token 中的 `kid` 是什么？留空则使用公钥的指纹。",
                ),
                Text("1 to 64 of A-Z, a-z, 0-9, . _ and -", "1 到 64 个字符：A-Z、a-z、0-9、. _ -"),
                r"[A-Za-z0-9._-]{1,64}",
                "",
            ),
            _ISSUER,
            _OWN_AUDIENCE,
        ),
    ),
    Option(
        "own-shared-key",
        Text(
            "your own issuer, with a secret key that is made now (HS256)",
            "您自己的颁发方，使用现在生成的密钥（HS256）",
        ),
        (
            Field("issuer", _ISSUER.ask, _ISSUER.allowed, _ISSUER.accepts, "app"),
            _OWN_AUDIENCE,
        ),
    ),
)


def settings_of(kind: str, given: Given) -> dict[str, str]:
    """The settings for an issuer. Raises Refused if a file with a public key cannot be used."""
    found = _BY_KIND[kind](given)
    return {f"VODPASS_{name}": value for name, value in found.items() if value}


def _auth0(given: Given) -> dict[str, str]:
    url = f"https://{given['tenant']}/"
    return {
        "JWT_JWKS_URL": f"{url}.well-known/jwks.json",
        "JWT_ISSUER": url,
        "JWT_AUDIENCE": given["audience"],
        "JWT_SCOPE_CLAIM": "permissions" if given["scopes_from"] == "permissions" else "",
        "JWT_VOD_CLAIM": given["limits_claim"],
    }


def _entra(given: Given) -> dict[str, str]:
    url = f"https://login.microsoftonline.com/{given['tenant_id']}"
    return {
        "JWT_JWKS_URL": f"{url}/discovery/v2.0/keys",
        "JWT_ISSUER": f"{url}/v2.0",
        "JWT_AUDIENCE": given["client_id"],
        "JWT_SUBJECT_CLAIM": "oid",
        "JWT_SCOPE_CLAIM": "roles" if given["callers"] == "apps" else "",
    }


def _firebase(given: Given) -> dict[str, str]:
    return {
        "JWT_JWKS_URL": "https://www.googleapis.com/service_accounts/v1/jwk/"
        "securetoken@system.gserviceaccount.com",
        "JWT_ISSUER": f"https://securetoken.google.com/{given['project']}",
        "JWT_AUDIENCE": given["project"],
        "DEFAULT_SCOPES": given["default_scopes"],
    }


def _supabase(given: Given) -> dict[str, str]:
    url = f"https://{given['project']}.supabase.co/auth/v1"
    return {
        "JWT_JWKS_URL": f"{url}/.well-known/jwks.json",
        "JWT_ISSUER": url,
        "JWT_AUDIENCE": "authenticated",
        # Users write `user_metadata` themselves, so the rights are never there.
        "JWT_SCOPE_CLAIM": "/app_metadata/vod_scope",
        "JWT_VOD_CLAIM": "/app_metadata/vod",
    }


def _cognito(given: Given) -> dict[str, str]:
    region = given["pool"].partition("_")[0]
    url = f"https://cognito-idp.{region}.amazonaws.com/{given['pool']}"
    return {
        "JWT_JWKS_URL": f"{url}/.well-known/jwks.json",
        "JWT_ISSUER": url,
        "JWT_AUDIENCE": given["client_id"],
        # An access token always has a claim `scope`.
        "DEFAULT_SCOPES": given.get("default_scopes", ""),
    }


def _idaas(given: Given) -> dict[str, str]:
    place = f"{given['instance']}/{given['application']}"
    url = f"https://eiam-api-cn-hangzhou.aliyuncs.com/v2/{place}/oidc"
    return {
        "JWT_JWKS_URL": f"{url}/jwks",
        "JWT_ISSUER": url,
        "JWT_AUDIENCE": given["application"],
        "JWT_SCOPE_CLAIM": "vodScope",
    }


def _own_url(given: Given) -> dict[str, str]:
    return {"JWT_JWKS_URL": given["jwks_url"], **_own(given)}


def _own_public_key(given: Given) -> dict[str, str]:
    try:
        with Path(given["public_key_file"]).open("rb") as file:
            pem = file.read(LARGEST_INPUT)
        keys = jwks([jwk_of_pem(pem, given["kid"] or None)])
    except OSError:
        raise Refused("issuer.public_key_file: the file cannot be read") from None
    except PublicKeyError as error:
        raise Refused(f"issuer.public_key_file: {error}") from None
    return {"JWT_KEYS": keys, **_own(given)}


def _own(given: Given) -> dict[str, str]:
    return {"JWT_ISSUER": given["issuer"], "JWT_AUDIENCE": given["audience"]}


_BY_KIND: Mapping[str, Callable[[Given], dict[str, str]]] = {
    "auth0": _auth0,
    "entra": _entra,
    "firebase": _firebase,
    "supabase": _supabase,
    "cognito": _cognito,
    "idaas": _idaas,
    "own-url": _own_url,
    "own-public-key": _own_public_key,
    "own-shared-key": _own,
}

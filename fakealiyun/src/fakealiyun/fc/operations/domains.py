"""Custom domains: they route paths to functions, which need no HTTP trigger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.compute import LATEST, DomainRoute
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import QUALIFIER, Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.paging import page
from fakealiyun.fc.state import MAX_FUNCTIONS, Domain
from fakealiyun.fc.trigger_config import read_methods
from fakealiyun.fc.wire import FcAnswer, FcCall

_BASE = "/2023-03-30/custom-domains"
_CHANGEABLE = (
    "authConfig",
    "certConfig",
    "corsConfig",
    "isE2B",
    "protocol",
    "routeConfig",
    "tlsConfig",
    "wafConfig",
)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)+(?!-)[a-z0-9-]{{2,63}}(?<!-)", re.ASCII)
_PATH = re.compile(r"/[!-)+->@-~]{0,255}\*?", re.ASCII)
_PROTOCOLS = ("HTTP", "HTTPS", "HTTP,HTTPS")


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Domains(context)
    item = f"{_BASE}/{{domain}}"

    def domain(call: FcCall) -> str:
        return f"custom-domains/{call.names['domain']}"

    return [
        FcOperation("ListCustomDomains", "GET", _BASE, at.list, lambda _call: "custom-domains/*"),
        FcOperation(
            "CreateCustomDomain",
            "POST",
            _BASE,
            at.create,
            lambda call: f"custom-domains/{_name(call.json())}",
            writes=True,
        ),
        FcOperation("GetCustomDomain", "GET", item, at.get, domain),
        FcOperation("UpdateCustomDomain", "PUT", item, at.update, domain, writes=True),
        FcOperation("DeleteCustomDomain", "DELETE", item, at.delete, domain, writes=True),
    ]


class _Domains:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: FcCall) -> FcAnswer:
        """Return the custom domains, sorted by name, in pages."""
        found, more = page(self._account.domains.values(), call.query)
        return FcAnswer(body={"customDomains": [self._shown(one) for one in found], **more})

    async def get(self, call: FcCall) -> FcAnswer:
        """Return a custom domain and its routes, without the private key."""
        return FcAnswer(body=self._shown(self._account.domain(call.names["domain"])))

    async def create(self, call: FcCall) -> FcAnswer:
        """Route the paths of a domain to functions."""
        given = call.json()
        name = _name(given)
        if name in self._account.domains:
            raise errors.already_exists("DomainName", name)
        if len(self._account.domains) >= MAX_FUNCTIONS:
            raise errors.invalid_argument(f"there are {MAX_FUNCTIONS} custom domains already")
        now = self._context.clock.now()
        new = Domain(name, "HTTP", (), now, now)
        return self._keep(self._changed(new, Fields(given, (*_CHANGEABLE, "domainName"))))

    async def update(self, call: FcCall) -> FcAnswer:
        """Change protocol, certificate or routes."""
        old = self._account.domain(call.names["domain"])
        changed = self._changed(old, Fields(call.json(), _CHANGEABLE))
        return self._keep(replace(changed, modified=self._context.clock.now()))

    async def delete(self, call: FcCall) -> FcAnswer:
        """Stop serving the domain."""
        domain = self._account.domain(call.names["domain"])
        del self._account.domains[domain.name]
        if self._context.compute is not None:
            self._context.compute.remove_domain(domain.name)
        return FcAnswer(204)

    def _changed(self, old: Domain, fields: Fields) -> Domain:
        fields.blank("corsConfig", "wafConfig", "isE2B")
        auth = fields.mapping("authConfig")
        if auth.get("authType") not in (None, "", "anonymous"):
            raise errors.not_faked("authConfig.authType other than anonymous")
        protocol = fields.choice("protocol", _PROTOCOLS, old.protocol)
        certificate = _certificate(fields) or old.certificate
        if "HTTPS" in protocol and not certificate:
            raise errors.invalid_argument("certConfig is needed where protocol has HTTPS")
        routes = self._routes(fields) if "routeConfig" in fields else old.routes
        extra = dict(old.extra)
        if "tlsConfig" in fields:
            extra["tlsConfig"] = fields.mapping("tlsConfig")
        return replace(old, protocol=protocol, certificate=certificate, routes=routes, extra=extra)

    def _routes(self, fields: Fields) -> tuple[Mapping[str, Any], ...]:
        config = Fields(fields.mapping("routeConfig"), ("routes",), "routeConfig")
        found: dict[str, Mapping[str, Any]] = {}
        for given in config.sequence("routes"):
            if not isinstance(given, dict):
                raise config.refuse("routes", "a list of objects")
            known = ("path", "functionName", "methods", "qualifier", "rewriteConfig")
            route = Fields(given, known, "routeConfig.routes")
            route.blank("rewriteConfig")
            path = route.text("path", "a path, which may end in *", pattern=_PATH)
            if path in found:
                raise errors.invalid_argument("two routes have the same path")
            function = route.text("functionName", "the name of a function")
            target = self._account.function(function)
            qualifier = route.text("qualifier", QUALIFIER, longest=128, default="") or LATEST
            target.version(qualifier)  # refuses one that does not exist
            shown: dict[str, Any] = {
                "path": path,
                "functionName": target.name,
                "qualifier": qualifier,
            }
            if "methods" in route and route.sequence("methods"):
                shown["methods"] = read_methods(route)
            found[path] = shown
        return tuple(found.values())

    def _keep(self, domain: Domain) -> FcAnswer:
        self._account.domains[domain.name] = domain
        if self._context.compute is not None:
            routes = [
                DomainRoute(
                    route["path"],
                    frozenset(route["methods"]) if "methods" in route else None,
                    route["functionName"],
                    route["qualifier"],
                )
                for route in domain.routes
            ]
            self._context.compute.put_domain(domain.name, routes)
        return FcAnswer(body=self._shown(domain))

    def _shown(self, domain: Domain) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "domainName": domain.name,
            "accountId": self._account.account_id,
            "apiVersion": "2023-03-30",
            "protocol": domain.protocol,
            "routeConfig": {"routes": list(domain.routes)},
            "createdTime": utc(domain.created),
            "lastModifiedTime": utc(domain.modified),
            **domain.extra,
        }
        if domain.certificate:
            shown["certConfig"] = dict(domain.certificate)
        return shown


def _name(given: Mapping[str, Any]) -> str:
    return Fields({"domainName": given.get("domainName")}, ("domainName",)).text(
        "domainName", "a domain name in lower case", pattern=_DOMAIN
    )


def _certificate(fields: Fields) -> dict[str, str]:
    """The name and the certificate. A private key is required, but it is not stored."""
    given = Fields(
        fields.mapping("certConfig"), ("certName", "certificate", "privateKey"), "certConfig"
    )
    found = {
        name: given.text(name, "text in PEM", longest=20 * 1024, default="")
        for name in ("certName", "certificate", "privateKey")
    }
    if not any(found.values()):
        return {}
    for name in ("certificate", "privateKey"):
        if not found[name].lstrip().startswith("-----BEGIN "):
            raise given.refuse(name, "text in PEM")
    del found["privateKey"]
    return found

"""Custom domains: names whose paths lead to functions without an HTTP trigger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.compute import DomainRoute
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.operation import Operation
from fakealiyun.fc.state import MAX_FUNCTIONS, Domain, moment, page
from fakealiyun.fc.triggers import read_methods
from fakealiyun.fc.wire import Answer, Call

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


def operations(context: Context) -> list[Operation]:
    """Every operation of this module."""
    at = _Domains(context)
    item = f"{_BASE}/{{domain}}"

    def domain(call: Call) -> str:
        return f"custom-domains/{call.names['domain']}"

    doubts = (
        "Neither the domain's CNAME nor its ICP filing is looked for.",
        "Only names below .localhost are reachable on one machine, and by http alone.",
        "A route must lead to a function that exists; what becomes of the route when the function "
        "is deleted is not documented, here it leads nowhere.",
        "authConfig, wafConfig, corsConfig and rewrites are refused.",
    )
    return [
        Operation("ListCustomDomains", "GET", _BASE, at.list, lambda _call: "custom-domains/*"),
        Operation(
            "CreateCustomDomain",
            "POST",
            _BASE,
            at.create,
            lambda call: f"custom-domains/{_name(call.json())}",
            writes=True,
            doubts=doubts,
        ),
        Operation("GetCustomDomain", "GET", item, at.get, domain),
        Operation("UpdateCustomDomain", "PUT", item, at.update, domain, writes=True),
        Operation("DeleteCustomDomain", "DELETE", item, at.delete, domain, writes=True),
    ]


class _Domains:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list(self, call: Call) -> Answer:
        """Answer the custom domains by name, in pages."""
        found, more = page(self._account.domains.values(), call.query)
        return Answer(body={"customDomains": [self._shown(one) for one in found], **more})

    async def get(self, call: Call) -> Answer:
        """Answer a custom domain and its routes, without a private key."""
        return Answer(body=self._shown(self._account.domain(call.names["domain"])))

    async def create(self, call: Call) -> Answer:
        """Lead the paths of a domain to functions."""
        given = call.json()
        name = _name(given)
        if name in self._account.domains:
            raise errors.already_exists("DomainName", name)
        if len(self._account.domains) >= MAX_FUNCTIONS:
            raise errors.invalid_argument(f"there are {MAX_FUNCTIONS} custom domains already")
        now = self._context.clock.now()
        new = Domain(name, "HTTP", (), now, now)
        return self._keep(self._changed(new, Fields(given, (*_CHANGEABLE, "domainName"))))

    async def update(self, call: Call) -> Answer:
        """Change protocol, certificate or routes."""
        old = self._account.domain(call.names["domain"])
        changed = self._changed(old, Fields(call.json(), _CHANGEABLE))
        return self._keep(replace(changed, modified=self._context.clock.now()))

    async def delete(self, call: Call) -> Answer:
        """Serve the domain no more."""
        domain = self._account.domain(call.names["domain"])
        del self._account.domains[domain.name]
        if self._context.compute is not None:
            self._context.compute.remove_domain(domain.name)
        return Answer(204)

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
            if route.get("qualifier") not in (None, "", "LATEST"):
                raise errors.not_faked("routes to a version or alias")
            path = route.text("path", "a path, which may end in *", pattern=_PATH)
            if path in found:
                raise errors.invalid_argument("two routes have the same path")
            function = route.text("functionName", "the name of a function")
            shown: dict[str, Any] = {
                "path": path,
                "functionName": self._account.function(function).name,
                "qualifier": "LATEST",
            }
            if "methods" in route and route.sequence("methods"):
                shown["methods"] = read_methods(route)
            found[path] = shown
        return tuple(found.values())

    def _keep(self, domain: Domain) -> Answer:
        self._account.domains[domain.name] = domain
        if self._context.compute is not None:
            routes = [
                DomainRoute(
                    route["path"],
                    frozenset(route["methods"]) if "methods" in route else None,
                    route["functionName"],
                )
                for route in domain.routes
            ]
            self._context.compute.put_domain(domain.name, routes)
        return Answer(body=self._shown(domain))

    def _shown(self, domain: Domain) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "domainName": domain.name,
            "accountId": self._account.account_id,
            "apiVersion": "2023-03-30",
            "protocol": domain.protocol,
            "routeConfig": {"routes": list(domain.routes)},
            "createdTime": moment(domain.created),
            "lastModifiedTime": moment(domain.modified),
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
    """Name and certificate; the private key is checked to be there and forgotten."""
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

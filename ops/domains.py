"""Custom domains in a rendered `s.yaml`: their shape, and the rules between functions.

The component's schema does not check them. Each function has its own route and repeats the whole
domain, which the component merges into the existing one. Sources: Function Compute's
documentation, and the component for domains for the forms of a certificate.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ops.shape import LINE, Shape, choice, each, record, text

TO_EVENTS = "/events/*"
"""The route to `events`, because a CallbackURL ends in a secret. Clients know the other routes."""

ALIASES = ("blue", "green")
"""The aliases of which all routes lead to one, if `ops.deploy --versions` was used."""

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = text(
    rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?!-)[a-z0-9-]{{2,63}}(?<!-)",
    "your own domain in lower case (auto is for tests, and has no certificate)",
)
# The component accepts PEM text too, but a deployment would print it.
_FILE = text(r"(?!https?:|oss:)[^\n]{1,256}\.pem", "the path of a .pem file, not its content")
_OF_THE_ACCOUNT = record({"certId": text(r"[0-9]{1,20}", "the number of a certificate")})
_OF_FILES = record({"certName": LINE, "certificate": _FILE, "privateKey": _FILE})

_SUITES = tuple(
    f"TLS_ECDHE_{signature}_WITH_{cipher}"
    for signature in ("ECDSA", "RSA")
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305")
)
_TLS = record(
    {
        # The default allows TLS 1.0 and RC4, and users' tokens pass here.
        "minVersion": choice("TLSv1.2", "TLSv1.3"),
        "maxVersion": choice("TLSv1.3"),
        "cipherSuites": each(choice(*_SUITES), most=len(_SUITES)),
    }
)


def _certificate(place: str, value: object) -> Iterator[str]:
    by_number = isinstance(value, dict) and "certId" in value
    yield from (_OF_THE_ACCOUNT if by_number else _OF_FILES)(place, value)


def domain(methods: Shape) -> Shape:
    """The shape of a function's `customDomain` whose route has methods of the shape `methods`."""
    route = record(
        {"path": text(r"/[a-z]+(/\*)?", "a path such as /upload, or one that ends in /*")},
        {"methods": methods, "qualifier": choice("LATEST")},
    )
    return record(
        {
            "domainName": _NAME,
            # With http, everyone on the way could read the token.
            "protocol": choice("HTTPS"),
            "certConfig": _certificate,
            "tlsConfig": _TLS,
            "route": route,
        }
    )


def in_domain(place: str, function: str, props: Mapping[str, Any]) -> Iterator[str]:
    """Faults in the route of one function, given its props."""
    if "customDomain" not in props:
        return
    route = props["customDomain"]["route"]
    path = TO_EVENTS if function == "events" else f"/{function}"
    if route["path"] != path:
        yield f"{place}.route.path: must be {path}"
    if function != "events" and "OPTIONS" not in route.get("methods", METHODS):
        yield f"{place}.route.methods: must have OPTIONS, for preflights"


def leads_to_events(url: str, domain: Mapping[str, Any]) -> bool:
    """Whether this https URL reaches `events` through the route of its `customDomain`."""
    place = urlsplit(url)
    # The sender may resolve these, and then requests another path.
    dots = {".", ".."} & set(unquote(place.path).split("/"))
    return (
        place.hostname == domain["domainName"]
        and place.port in (None, 443)
        and place.path.startswith(TO_EVENTS.removesuffix("*"))
        and not dots
    )


def between_domains(functions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Faults between the domains of the functions, given their props by name."""
    first: dict[str, str] = {}
    for name, props in functions.items():
        place = f"s.yaml.resources.{name}.props.customDomain"
        if "customDomain" in props:
            other = first.setdefault(props["customDomain"]["domainName"], name)
            if _without_route(props) != _without_route(functions[other]):
                # The function that is deployed last would decide for all.
                yield f"{place}: must equal that of {other}, except for the route"
    for name, props in functions.items():
        called = any(trigger["triggerType"] == "http" for trigger in props["triggers"])
        if first and called and "customDomain" not in props:
            yield f"s.yaml.resources.{name}.props.customDomain: missing, but others have one"


def _without_route(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in props["customDomain"].items() if key != "route"}

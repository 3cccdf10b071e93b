"""Custom domains in a rendered `s.yaml`: their shape, and what must hold between functions.

The component's schema does not know them. Each function brings its own route, and with it the
whole domain, which the component lays over the one that is there. Sources: Function
Compute's documentation; the forms of a certificate are those of the component for domains.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ops.shape import Shape, choice, each, record, text

TO_EVENTS = "/events/*"
"""The route to `events`: a callback's address ends in a secret, the others are those that clients
know."""

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = text(
    rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?!-)[a-z0-9-]{{2,63}}(?<!-)",
    "a domain of yours in lower case (auto is for tests, and has no certificate)",
)
_LINE = text(r"[^\n]{1,256}", "one line of 1 to 256 characters")
# Text in PEM would be accepted too, and a deployment prints it.
_FILE = text(r"(?!https?:|oss:)[^\n]{1,256}\.pem", "the path of a .pem file, never what is in it")
_OF_THE_ACCOUNT = record({"certId": text(r"[0-9]{1,20}", "the number of a certificate")})
_OF_FILES = record({"certName": _LINE, "certificate": _FILE, "privateKey": _FILE})

_SUITES = tuple(
    f"TLS_ECDHE_{signature}_WITH_{cipher}"
    for signature in ("ECDSA", "RSA")
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305")
)
_TLS = record(
    {
        # The default begins with TLS 1.0 and RC4; users' tokens travel here.
        "minVersion": choice("TLSv1.2", "TLSv1.3"),
        "maxVersion": choice("TLSv1.3"),
        "cipherSuites": each(choice(*_SUITES), most=len(_SUITES)),
    }
)


def _certificate(place: str, value: object) -> Iterator[str]:
    by_number = isinstance(value, dict) and "certId" in value
    yield from (_OF_THE_ACCOUNT if by_number else _OF_FILES)(place, value)


def domain(methods: Shape) -> Shape:
    """The shape of a function's `customDomain`, whose route may name methods of that shape."""
    route = record(
        {"path": text(r"/[a-z]+(/\*)?", "a path as /upload, or one that ends in /*")},
        {"methods": methods, "qualifier": choice("LATEST")},
    )
    return record(
        {
            "domainName": _NAME,
            # A token that went by http has been shown to everybody on the way.
            "protocol": choice("HTTPS"),
            "certConfig": _certificate,
            "tlsConfig": _TLS,
            "route": route,
        }
    )


def in_domain(place: str, function: str, props: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the route of one function, given its props."""
    if "customDomain" not in props:
        return
    route = props["customDomain"]["route"]
    path = TO_EVENTS if function == "events" else f"/{function}"
    if route["path"] != path:
        yield f"{place}.route.path: must be {path}"
    if function != "events" and "OPTIONS" not in route.get("methods", METHODS):
        yield f"{place}.route.methods: must have OPTIONS, for preflights"


def leads_to_events(url: str, domain: Mapping[str, Any]) -> bool:
    """Whether a request to this https URL reaches `events` by the route of its `customDomain`."""
    place = urlsplit(url)
    # Whoever sends it may resolve these, and then asks for another path.
    dots = {".", ".."} & set(unquote(place.path).split("/"))
    return (
        place.hostname == domain["domainName"]
        and place.port in (None, 443)
        and place.path.startswith(TO_EVENTS.removesuffix("*"))
        and not dots
    )


def between_domains(functions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong between the domains of the functions, given their props by name."""
    first: dict[str, str] = {}
    for name, props in functions.items():
        place = f"s.yaml.resources.{name}.props.customDomain"
        if "customDomain" in props:
            other = first.setdefault(props["customDomain"]["domainName"], name)
            if _without_route(props) != _without_route(functions[other]):
                # Whichever is deployed last decides for all.
                yield f"{place}: must be that of {other} but for the route"
    for name, props in functions.items():
        called = any(trigger["triggerType"] == "http" for trigger in props["triggers"])
        if first and called and "customDomain" not in props:
            yield f"s.yaml.resources.{name}.props.customDomain: missing, where others have one"


def _without_route(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in props["customDomain"].items() if key != "route"}

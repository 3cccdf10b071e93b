"""Walks through a policy document. Every error names the place of the mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

_KEY = re.compile(r"[A-Za-z0-9-]{1,64}:[A-Za-z0-9_.-]{1,128}(/[^\x00-\x1f]{1,128})?", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.aliyuncs\.com", re.ASCII)
_RAM = re.compile(
    r"acs:ram::[0-9]{1,20}:(root|user/[A-Za-z0-9._-]{1,64}|role/[A-Za-z0-9.-]{1,64})", re.ASCII
)
_FEDERATED = re.compile(
    r"acs:ram::[0-9]{1,20}:(saml-provider|oidc-provider)/[A-Za-z0-9._-]{1,128}", re.ASCII
)
_PRINCIPALS = {"RAM": _RAM, "Service": _SERVICE, "Federated": _FEDERATED}


class PolicyGrammarError(ValueError):
    """The document is not a policy. `place` is a path such as `Statement[0].Action[1]`."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place or 'policy'}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True)
class PolicyElement:
    """A value in a policy document, with its place."""

    place: str
    value: Any
    name: str = ""

    def error(self, reason: str) -> PolicyGrammarError:
        """The grammar error for this place. The reason must not quote the document."""
        return PolicyGrammarError(self.place, reason)

    def keys(self, *, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()) -> None:
        """Raise PolicyGrammarError unless the value is an object with these keys."""
        if not isinstance(self.value, Mapping):
            raise self.error("expected an object")
        for key in self.value:
            if key not in required | optional:
                raise self.error(f"unknown key; allowed: {', '.join(sorted(required | optional))}")
        for key in sorted(required - set(self.value)):
            raise self.error(f"{key} is missing")

    def member(self, key: str) -> PolicyElement:
        """A member of the object. Call `keys` first: it checks that the member is there."""
        return PolicyElement(f"{self.place}.{key}" if self.place else key, self.value[key], key)

    def members(self, *, may_be_empty: bool = False) -> Iterator[PolicyElement]:
        """The members of an object that may have any keys."""
        if not isinstance(self.value, Mapping):
            raise self.error("expected an object")
        if not self.value and not may_be_empty:
            raise self.error("expected at least one member")
        for number, key in enumerate(self.value):
            if not isinstance(key, str):
                raise self.error("expected text as a key")
            shown = key if key.isascii() and key.isprintable() and len(key) <= 64 else f"#{number}"
            yield PolicyElement(f"{self.place}.{shown}", self.value[key], key)

    def one_of(self, positive: str, negative: str) -> PolicyElement:
        """The member that is given, out of two. Exactly one must be given."""
        if (positive in self.value) == (negative in self.value):
            raise self.error(f"expected exactly one of {positive} and {negative}")
        return self.member(positive if positive in self.value else negative)

    def items(self) -> list[PolicyElement]:
        """The items of a list, which must not be empty."""
        if not isinstance(self.value, list | tuple):
            raise self.error("expected a list")
        if not self.value:
            raise self.error("expected at least one item")
        return [PolicyElement(f"{self.place}[{i}]", item) for i, item in enumerate(self.value)]

    def texts(self) -> list[PolicyElement]:
        """One text or a list of texts. RAM requires quotes around numbers and booleans."""
        found = [self] if isinstance(self.value, str) else self.items()
        for element in found:
            if not isinstance(element.value, str):
                raise element.error("expected text")
            if not element.value:
                raise element.error("expected non-empty text")
            if any(c < " " or "\ud800" <= c <= "\udfff" for c in element.value):
                raise element.error("control characters and lone surrogates are not allowed")
        return found

    def check_condition_key(self) -> None:
        """Raise PolicyGrammarError unless the condition key has the form `<service>:<name>`.

        There is no list of allowed names, because every service has its own. A positive condition
        never holds on a key that the request does not have.
        """
        if not _KEY.fullmatch(self.name):
            raise self.error("expected a condition key such as acs:SourceIp")


def read_principals(element: PolicyElement) -> dict[str, tuple[str, ...]]:
    """The `Principal` of a trust policy: names by kind, without wildcards."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in element.members():
        shape = _PRINCIPALS.get(kind.name)
        if shape is None:
            raise kind.error("expected RAM, Service or Federated")
        for text in kind.texts():
            if not shape.fullmatch(text.value):
                raise text.error("expected the name of a principal; wildcards are not allowed")
        found[kind.name] = tuple(text.value for text in kind.texts())
    return found

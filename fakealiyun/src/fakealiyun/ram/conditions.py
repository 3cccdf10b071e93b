"""The `Condition` block of a policy statement: its operators, and what an absent key means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from fakealiyun.ram.answer import Answer, all_of
from fakealiyun.ram.glob import Glob


@dataclass(frozen=True)
class Condition:
    """One operator on one key: `{"IpAddress": {"acs:SourceIp": [...]}}`."""

    operator: str
    key: str
    values: tuple[str, ...]
    _test: Callable[[str], bool] = field(compare=False)
    _negative: bool = field(compare=False)

    @classmethod
    def compile(cls, operator: str, key: str, values: tuple[str, ...]) -> Condition:
        """Prepare a condition.

        Raises KeyError for an operator that RAM does not have, ValueError for a value that
        the operator cannot read.
        """
        family, negative = OPERATORS[operator]
        return cls(operator, key, values, family(values), negative)

    def holds(self, context: Mapping[str, str]) -> Answer:
        """Compare the key's value in the request. Several values: any one of them fits.

        A negative operator with several values means none of them fits, as a Deny on
        `NotIpAddress` with a list of networks is always written.

        A key the request lacks never fits a positive operator. What a negative operator does
        then is documented nowhere, so it is UNKNOWN; so is a value that the operator cannot
        read, such as a source address that is none.
        """
        value = context.get(self.key)
        if value is None:
            return Answer.UNKNOWN if self._negative else Answer.NO
        try:
            fits = self._test(value)
        except ValueError:
            return Answer.UNKNOWN
        return Answer.YES if fits != self._negative else Answer.NO

    def __repr__(self) -> str:
        return f"Condition({self.operator!r}, {self.key!r}, {self.values!r})"


def all_hold(conditions: tuple[Condition, ...], context: Mapping[str, str]) -> Answer:
    """The conjunction: several operators, and several keys of one operator, must all hold."""
    return all_of(condition.holds(context) for condition in conditions)


_Family = Callable[[tuple[str, ...]], Callable[[str], bool]]


def _strings(values: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda value: value in values


def _strings_any_case(values: tuple[str, ...]) -> Callable[[str], bool]:
    folded = {value.casefold() for value in values}
    return lambda value: value.casefold() in folded


def _globs(values: tuple[str, ...]) -> Callable[[str], bool]:
    globs = [Glob(value) for value in values]
    return lambda value: any(glob.matches(value) for glob in globs)


def _bools(values: tuple[str, ...]) -> Callable[[str], bool]:
    wanted = {_bool(value) for value in values}
    return lambda value: _bool(value) in wanted


def _networks(values: tuple[str, ...]) -> Callable[[str], bool]:
    networks = [network(value) for value in values]

    def test(value: str) -> bool:
        source = address(value)
        return any(source.version == net.version and source in net for net in networks)

    return test


def _ordered(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> _Family:
    def family(values: tuple[str, ...]) -> Callable[[str], bool]:
        wanted = [read(value) for value in values]

        def test(value: str) -> bool:
            actual = read(value)
            return any(compare(actual, limit) for limit in wanted)

        return test

    return family


def number(text: str) -> Decimal:
    """A decimal number without exponent; ValueError otherwise."""
    if not re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", text, re.ASCII):
        raise ValueError("not a decimal number")
    return Decimal(text)


def moment(text: str) -> datetime:
    """An ISO 8601 date and time with a zone; ValueError otherwise.

    A date alone or a time without a zone is refused: how RAM reads them is not documented.
    """
    if not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})",
        text,
        re.ASCII,
    ):
        raise ValueError("not a date of the form YYYY-MM-DDThh:mm:ssZ")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def address(text: str) -> IPv4Address | IPv6Address:
    """An IP address; an IPv4 address in IPv6 clothes becomes IPv4. ValueError otherwise."""
    if "%" in text:
        raise ValueError("not an address without a zone")
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def network(text: str) -> Any:
    """An address or a CIDR block; ValueError otherwise.

    A block whose address has bits beyond the prefix is refused: whether RAM ignores them is
    not documented. Netmasks in dotted form are none of the grammar's.
    """
    if "%" in text or not re.fullmatch(r"[^/]+(/[0-9]{1,3})?", text, re.ASCII):
        raise ValueError("not an address or a CIDR block")
    found = ip_network(text)
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped is not None:
        if found.prefixlen < 96:
            raise ValueError("not a block of one address family")
        return ip_network((found.network_address.ipv4_mapped, found.prefixlen - 96))
    return found


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError('not "true" or "false"')
    return text == "true"


_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], bool]] = {
    "Equals": (lambda a, b: a == b, False),
    "NotEquals": (lambda a, b: a == b, True),
    "LessThan": (lambda a, b: a < b, False),
    "LessThanEquals": (lambda a, b: a <= b, False),
    "GreaterThan": (lambda a, b: a > b, False),
    "GreaterThanEquals": (lambda a, b: a >= b, False),
}

# Operator -> how it reads its values, and whether it negates.
OPERATORS: Mapping[str, tuple[_Family, bool]] = {
    "StringEquals": (_strings, False),
    "StringNotEquals": (_strings, True),
    "StringEqualsIgnoreCase": (_strings_any_case, False),
    "StringNotEqualsIgnoreCase": (_strings_any_case, True),
    "StringLike": (_globs, False),
    "StringNotLike": (_globs, True),
    "Bool": (_bools, False),
    "IpAddress": (_networks, False),
    "NotIpAddress": (_networks, True),
    **{
        f"{kind}{name}": (_ordered(read, compare), negative)
        for kind, read in (("Numeric", number), ("Date", moment))
        for name, (compare, negative) in _COMPARISONS.items()
    },
}

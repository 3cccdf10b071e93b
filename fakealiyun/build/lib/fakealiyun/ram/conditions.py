"""The `Condition` block of a policy statement: its operators, and the rule for absent keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from fakealiyun.ram.fit import Fit, all_of
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

        Raises KeyError for an operator that RAM does not have, and ValueError for a value that
        the operator cannot read.
        """
        family, negative = OPERATORS[operator]
        return cls(operator, key, values, family(values), negative)

    def holds(self, context: Mapping[str, str]) -> Fit:
        """Whether the value of the key in the request meets the condition.

        With several values, a positive operator needs one that fits. A negative operator needs
        that none fits: this is how a Deny on `NotIpAddress` with a list of networks is written.

        If the request lacks the key, a positive operator answers NO. What a negative operator
        does then is not documented, so it answers UNKNOWN. The answer is also UNKNOWN for a value
        that the operator cannot read, such as a malformed source address.
        """
        value = context.get(self.key)
        if value is None:
            return Fit.UNKNOWN if self._negative else Fit.NO
        try:
            fits = self._test(value)
        except ValueError:
            return Fit.UNKNOWN
        return Fit.YES if fits != self._negative else Fit.NO

    def __repr__(self) -> str:
        return f"Condition({self.operator!r}, {self.key!r}, {self.values!r})"


def all_hold(conditions: tuple[Condition, ...], context: Mapping[str, str]) -> Fit:
    """Whether all conditions hold: every operator, and every key of an operator."""
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
    """A decimal number without an exponent. Raises ValueError."""
    if not re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", text, re.ASCII):
        raise ValueError("not a decimal number")
    return Decimal(text)


def moment(text: str) -> datetime:
    """An ISO 8601 date and time with a zone. Raises ValueError.

    A date alone and a time without a zone are refused: how RAM reads them is not documented.
    """
    if not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})",
        text,
        re.ASCII,
    ):
        raise ValueError("not a date of the form YYYY-MM-DDThh:mm:ssZ")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def address(text: str) -> IPv4Address | IPv6Address:
    """An IP address. An IPv4-mapped IPv6 address becomes IPv4. Raises ValueError."""
    if "%" in text:
        raise ValueError("an address with a zone is not allowed")
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def network(text: str) -> Any:
    """An address or a CIDR block. Raises ValueError.

    A block whose address has bits beyond the prefix is refused: whether RAM ignores such bits is
    not documented. The grammar has no netmasks in dotted form.
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

# For each operator: how it reads its values, and whether it is negative.
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

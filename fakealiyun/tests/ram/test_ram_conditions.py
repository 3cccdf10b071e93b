"""Each condition operator, and keys that a request does not have."""

from __future__ import annotations

from itertools import product

import pytest

from fakealiyun.ram.conditions import OPERATORS, Condition, all_hold
from fakealiyun.ram.fit import Fit

YES, NO, UNKNOWN = Fit.YES, Fit.NO, Fit.UNKNOWN


CASES = [
    ("StringEquals", ["a", "b"], "b", YES),
    ("StringEquals", ["a", "b"], "B", NO),
    ("StringEquals", ["*"], "b", NO),
    ("StringNotEquals", ["a", "b"], "b", NO),
    ("StringNotEquals", ["a", "b"], "c", YES),
    ("StringEqualsIgnoreCase", ["Straße"], "STRASSE", YES),
    ("StringEqualsIgnoreCase", ["a"], "b", NO),
    ("StringNotEqualsIgnoreCase", ["a"], "A", NO),
    ("StringNotEqualsIgnoreCase", ["a"], "b", YES),
    ("StringLike", ["user/*", "x?"], "user/a/b", YES),
    ("StringLike", ["user/*", "x?"], "xy", YES),
    ("StringLike", ["user/*"], "User/a", NO),
    ("StringNotLike", ["user/*"], "user/", NO),
    ("StringNotLike", ["user/*"], "other", YES),
    ("NumericEquals", ["10"], "10.0", YES),
    ("NumericNotEquals", ["10"], "10.0", NO),
    ("NumericNotEquals", ["10"], "11", YES),
    ("NumericLessThan", ["10"], "9.999", YES),
    ("NumericLessThan", ["10"], "10", NO),
    ("NumericLessThanEquals", ["10"], "10", YES),
    ("NumericGreaterThan", ["10"], "10", NO),
    ("NumericGreaterThan", ["10"], "100", YES),
    ("NumericGreaterThanEquals", ["-10"], "-10", YES),
    ("NumericEquals", ["0.1"], "0.1000000000000000000001", NO),
    ("NumericEquals", ["1"], "one", UNKNOWN),
    ("NumericNotEquals", ["1"], "one", UNKNOWN),
    ("DateEquals", ["2026-11-24T08:00:00Z"], "2026-11-24T16:00:00+08:00", YES),
    ("DateNotEquals", ["2026-11-24T08:00:00Z"], "2026-11-24T08:00:01Z", YES),
    ("DateLessThan", ["2026-11-24T08:00:00Z"], "2026-11-24T07:59:59Z", YES),
    ("DateLessThan", ["2026-11-24T08:00:00Z"], "2026-11-24T08:00:00Z", NO),
    ("DateLessThanEquals", ["2026-11-24T08:00:00Z"], "2026-11-24T08:00:00Z", YES),
    ("DateGreaterThan", ["2026-11-24T08:00:00+08:00"], "2026-11-24T00:00:01Z", YES),
    ("DateGreaterThanEquals", ["2026-11-24T08:00:00Z"], "2026-11-24T07:59:59Z", NO),
    ("DateLessThan", ["2026-11-24T08:00:00Z"], "yesterday", UNKNOWN),
    ("Bool", ["true"], "true", YES),
    ("Bool", ["true"], "false", NO),
    ("Bool", ["false"], "false", YES),
    ("Bool", ["true"], "maybe", UNKNOWN),
    ("IpAddress", ["203.0.113.2"], "203.0.113.2", YES),
    ("IpAddress", ["203.0.113.2"], "203.0.113.3", NO),
    ("IpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "192.168.255.255", YES),
    ("IpAddress", ["192.168.0.0/16"], "192.169.0.0", NO),
    ("IpAddress", ["2001:db8::/32"], "2001:db8:ffff::1", YES),
    ("IpAddress", ["2001:db8::/32"], "10.0.0.1", NO),
    ("IpAddress", ["10.0.0.0/8"], "::ffff:10.1.2.3", YES),
    ("IpAddress", ["::ffff:10.0.0.0/104"], "10.1.2.3", YES),
    ("IpAddress", ["0.0.0.0/0"], "::1", NO),
    ("IpAddress", ["0.0.0.0/0"], "not an address", UNKNOWN),
    ("NotIpAddress", ["10.0.0.0/8", "127.0.0.1"], "127.0.0.1", NO),
    ("NotIpAddress", ["10.0.0.0/8", "127.0.0.1"], "127.0.0.2", YES),
    ("NotIpAddress", ["10.0.0.0/8"], "", UNKNOWN),
]


@pytest.mark.parametrize(("operator", "values", "actual", "answer"), CASES)
def test_operators(operator: str, values: list[str], actual: str, answer: Fit) -> None:
    condition = Condition.compile(operator, "acs:Key", tuple(values))
    assert condition.holds({"acs:Key": actual, "acs:key": "another"}) is answer


def test_the_cases_cover_every_operator() -> None:
    assert {operator for operator, *_ in CASES} == set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_absent_key_never_fits(operator: str) -> None:
    """A positive operator answers NO, a negative one UNKNOWN, which never helps the caller."""
    value = {"N": "1", "D": "2026-11-24T08:00:00Z", "B": "true", "I": "10.0.0.1"}.get(
        operator[0], "x"
    )
    if operator == "NotIpAddress":
        value = "10.0.0.1"
    answer = Condition.compile(operator, "acs:Key", (value,)).holds({})
    assert answer is (UNKNOWN if "Not" in operator else NO)


@pytest.mark.parametrize(("first", "second"), list(product(["a", "b", None], repeat=2)))
def test_conditions_are_joined_by_and(first: str | None, second: str | None) -> None:
    conditions = (
        Condition.compile("StringNotEquals", "x:first", ("b",)),
        Condition.compile("StringNotEquals", "x:second", ("b",)),
    )
    given = {"x:first": first, "x:second": second}
    context = {key: value for key, value in given.items() if value is not None}
    expected = NO if "b" in (first, second) else UNKNOWN if None in (first, second) else YES
    assert all_hold(conditions, context) is expected
    assert all_hold((), {}) is YES

"""The credential of the function's role: temporary, the newest, and never a long-term AccessKey."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shared.alibaba.credentials import FunctionRole
from shared.errors import Misconfigured

PARTS = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")
ENVIRONMENT = {f"ALIBABA_CLOUD_{part}": f"env-{part}" for part in PARTS}


def context(**changes: Any) -> Any:
    given = {part.lower(): f"context-{part}" for part in PARTS}
    return SimpleNamespace(credentials=SimpleNamespace(**{**given, **changes}))


def held(environ: dict[str, str], given: Any = None) -> str:
    """The id of the key that a function uses. Raises Misconfigured if it has none."""
    role = FunctionRole(environ)
    role.use(given)
    return role.get_credential().access_key_id


def test_the_credential_of_the_invocation_comes_first() -> None:
    assert held(ENVIRONMENT, context()) == "context-ACCESS_KEY_ID"
    assert held(ENVIRONMENT, None) == "env-ACCESS_KEY_ID"
    assert held(ENVIRONMENT, SimpleNamespace()) == "env-ACCESS_KEY_ID"
    assert held(ENVIRONMENT, SimpleNamespace(credentials=None)) == "env-ACCESS_KEY_ID"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [None, ""])
def test_an_incomplete_credential_is_none(part: str, value: str | None) -> None:
    """Above all one without a token: that is a long-term AccessKey."""
    incomplete = {**ENVIRONMENT, f"ALIBABA_CLOUD_{part}": value or ""}
    if value is None:
        del incomplete[f"ALIBABA_CLOUD_{part}"]
    with pytest.raises(Misconfigured):
        held(incomplete)
    with pytest.raises(Misconfigured):
        held(incomplete, context(**{part.lower(): value}))
    assert held(ENVIRONMENT, context(**{part.lower(): value})) == "env-ACCESS_KEY_ID"


def test_before_the_first_invocation_there_is_none() -> None:
    with pytest.raises(Misconfigured):
        FunctionRole(ENVIRONMENT).get_credential()


def test_all_three_parts_are_used_and_none_is_shown() -> None:
    role = FunctionRole(ENVIRONMENT)
    role.use(None)
    key = role.get_credential()
    assert (key.access_key_id, key.access_key_secret, key.security_token) == tuple(
        f"env-{part}" for part in PARTS
    )
    assert "env-ACCESS_KEY_SECRET" not in repr(key)
    assert "env-SECURITY_TOKEN" not in repr(key)


def test_an_instance_whose_credential_has_expired_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can sign nothing any more, and Function Compute starts another."""
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    role = FunctionRole(ENVIRONMENT)
    role.mark_expired()
    spent = [role.credential_expired]  # it had none
    role.use(context())
    spent.append(role.credential_expired)
    role.mark_expired()
    spent.append(role.credential_expired)
    role.use(context(access_key_id="newer"))
    assert (ended, spent, role.credential_expired) == ([], [False, False, True], False)
    role.use(context())
    assert ended == [1]

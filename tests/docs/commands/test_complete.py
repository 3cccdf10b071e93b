"""No command of the operator's guides is left out of the steps without a reason."""

from __future__ import annotations

import pytest

from tests.docs.commands.pages import PAIRS, commands
from tests.docs.commands.steps import NOT_RUN, RUN, reason


def test_every_command_is_run_or_has_a_reason() -> None:
    listed = [command for pages in PAIRS for page in pages for command in commands(page)]
    left_out = {command for command in listed if reason(command)}
    assert sorted(set(listed) - left_out) == sorted(set(RUN))
    assert not left_out & set(RUN)
    for start in NOT_RUN:
        assert any(command.startswith(start) for command in left_out), start
    assert len(left_out) <= 8


@pytest.mark.parametrize(("page", "translation"), PAIRS)
def test_a_translation_has_the_same_commands(page: str, translation: str) -> None:
    # The example of the settings exists in both languages.
    same = [one.replace(".env.zh-CN.example", ".env.example") for one in commands(translation)]
    assert commands(page) == same

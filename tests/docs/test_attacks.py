"""The list of attacks in `docs/reliability.md`, in both languages, against the tests there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.catalogue import ATTACKS, ATTACKS_FOLDER, Attack
from tests.attacks.listing import (
    BEGIN,
    CHINESE,
    CHINESE_PAGE,
    END,
    PAGE,
    ROOT,
    names,
    table,
    texts,
    tried_by,
)


def test_each_pattern_names_a_test() -> None:
    alone = [
        Attack(attack.name, pattern, {path: (pattern,)})
        for attack in ATTACKS
        for path, patterns in attack.where.items()
        for pattern in patterns
    ]
    assert [(one.name, one.where) for one in alone if not tried_by(one)] == []


def test_every_test_of_the_folder_is_among_an_attack() -> None:
    listed = {one for attack in ATTACKS for one in tried_by(attack)}
    files = [str(path.relative_to(ROOT)) for path in (ROOT / ATTACKS_FOLDER).glob("test_*.py")]
    assert {(path, name) for path in files for name in names(path)} <= listed


def test_each_text_has_its_chinese_in_chinese_json() -> None:
    assert CHINESE.keys() == texts()


@pytest.mark.parametrize("page", [PAGE, CHINESE_PAGE], ids=["english", "chinese"])
def test_the_page_has_the_list(page: Path) -> None:
    text = page.read_text("utf-8")
    found = text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()
    assert found == table(page).strip(), "run python -m tests.attacks.listing"

"""The list of attacks in `docs/reliability.md` against the tests that there are."""

from __future__ import annotations

from tests.attacks.catalogue import ATTACKS, ATTACKS_FOLDER, Attack
from tests.attacks.listing import BEGIN, END, PAGE, ROOT, names, table, tried_by


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


def test_the_page_has_the_list() -> None:
    text = PAGE.read_text("utf-8")
    found = text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()
    assert found == table().strip(), "run python -m tests.attacks.listing"

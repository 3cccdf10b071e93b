"""`docs/architecture.md` against the repository: its folders, its table of files, its diagrams."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deployment.test_layout import ORDER

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docs" / "architecture.md").read_text("utf-8")


def section(heading: str) -> str:
    """The text below a heading, up to the next one of its level."""
    _, found, rest = TEXT.partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


def all_rows(text: str) -> list[list[str]]:
    """The cells of all tables of a text, with their heads."""
    lines = re.findall(r"^\|.*\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def rows(heading: str) -> list[list[str]]:
    """The cells of the last table below a heading, without its head."""
    cells = all_rows(section(heading))
    head = max(number for number, row in enumerate(cells) if set(row[0]) == {"-"})
    return cells[head + 1 :]


def paths(cell: str) -> list[str]:
    """The paths that a cell names between backquotes."""
    return [name for name in re.findall(r"`([^`\s]+)`", cell) if re.search(r"/|\.\w+$", name)]


TABLE = rows("Which file to open")
NAMED = sorted({path for _, first, also in TABLE for path in (*paths(first), *paths(also))})


@pytest.mark.parametrize("path", NAMED)
def test_a_file_of_the_table_exists(path: str) -> None:
    named = PROJECT / path
    assert named.is_dir() if path.endswith("/") else named.is_file()


def parts(text: str) -> list[tuple[str, str]]:
    """The functions and classes that the tables of a text name, each with its file, in order."""
    return [
        (name, path)
        for row in all_rows(text)
        for names, path in re.findall(r"((?:`\w+`(?: and )?)+) in `([^`]+)`", row[-1])
        for name in re.findall(r"\w{4,}", names)
    ]


UPLOAD, _, PLAY = section("One request, step by step").partition("**`GET /play`**")
PARTS_IN_ORDER = {"upload": parts(UPLOAD), "play": parts(PLAY)}
PARTS = {part for text in (UPLOAD, PLAY, section("An upload's events")) for part in parts(text)}


@pytest.mark.parametrize(("name", "path"), sorted(PARTS))
def test_a_step_names_what_is_in_its_file(name: str, path: str) -> None:
    source = (PROJECT / path).read_text("utf-8")
    assert re.search(rf"^ *(?:def|class) {name}\b", source, re.MULTILINE)


def test_the_steps_of_each_request_are_checked() -> None:
    assert ("upload", "functions/upload/index.py") in PARTS_IN_ORDER["upload"]
    assert ("play", "functions/play/index.py") in PARTS_IN_ORDER["play"]


def test_the_test_to_step_through_is_one() -> None:
    [(path, word)] = re.findall(r"--trace (\S+) -k (\w+)", TEXT)
    source = (PROJECT / path).read_text("utf-8")
    assert len(re.findall(rf"^def test_\w*{word}", source, re.MULTILINE)) == 1


def test_the_table_answers_for_twenty_changes_with_one_file_to_open_each() -> None:
    assert len(TABLE) >= 20
    assert len({change for change, _, _ in TABLE}) == len(TABLE)
    for change, first, _ in TABLE:
        assert len(paths(first)) == 1, change


def test_the_layout_is_the_one_there_is() -> None:
    block = re.search(r"^```\n(.*?)^```", section("Folders"), re.M | re.S)
    assert block is not None
    for line in block[1].splitlines():
        assert (PROJECT / line.split()[0]).exists(), line


def test_the_folders_of_shared_are_listed_in_the_order_of_imports() -> None:
    listed = [re.sub(r"\.py$|/$", "", row[0].strip("`")) for row in rows("Folders")]
    assert listed == ORDER
    assert {path.stem for path in (PROJECT / "shared").iterdir()} >= set(listed)


def test_every_word_of_the_glossary_is_defined_once() -> None:
    words = [word for row in rows("Glossary") for word in row[0].split(", ")]
    assert len(words) == len(set(words))
    assert {"callback", "event", "webhook", "recheck", "ownership mark", "credential"} <= set(words)

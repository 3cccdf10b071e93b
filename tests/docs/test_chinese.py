"""The Chinese pages against their English originals.

A failure names the section of the original that the translation no longer follows. The tests
compare structure, code, tables, code words, numbers and links. They cannot compare the meaning of
a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from tests.docs.sections import CODE, Section, numbers, sections

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
ZH = DOCS / "zh"
INDEX = ZH / "README.md"
CLIENTS = PROJECT / "clients"
ORIGINALS = {
    PROJECT / "README.zh-CN.md": PROJECT / "README.md",
    **{page: DOCS / page.relative_to(ZH) for page in sorted(ZH.rglob("*.md"))},
    ZH / "security.md": PROJECT / "SECURITY.md",
    PROJECT / "ram/README.zh-CN.md": PROJECT / "ram/README.md",
    PROJECT / "fakealiyun/README.zh-CN.md": PROJECT / "fakealiyun/README.md",
    **{page: page.with_name("README.md") for page in CLIENTS.glob("*/README.zh-CN.md")},
}
"""Chinese page: its original. A page of docs/zh/ translates the page of the same name in docs/."""
TRANSLATIONS = {original: page for page, original in ORIGINALS.items()}
EXAMPLE = PROJECT / ".env.zh-CN.example"
"""The explained settings in Chinese, for `.env.example`. It is no page."""
ADDED = {INDEX: 3}
"""Chinese page: how many sections at its end have no original. The index ends with the glossary."""
OF_ONE_PAGE = {ZH / "reliability.md": 3}
"""Chinese page: the level of the sections that have no counterpart. `make reliability WRITE=1`
writes the tables of faults into such sections of the original. The translation explains them."""
GLOSSARY = (DOCS / "architecture.md", "glossary")
"""The section whose translation is in the index."""
COMMENTS = {
    **dict.fromkeys(("sh", "bash", "python"), "#"),
    **dict.fromkeys(
        ("js", "ts", "tsx", "go", "java", "php", "kotlin", "swift", "dart", "html"), "//"
    ),
}
TEXT_AFTER = {"": r"\S+ {2,}", "mermaid": r'[^":]+: |\s*participant \S+ as '}
"""Language of a block: what comes before a text that a program does not read."""
HAN = r"[\u4e00-\u9fff]"

each_page = pytest.mark.parametrize(
    "page", ORIGINALS, ids=lambda page: str(page.relative_to(PROJECT))
)


def translated(page: Path) -> list[Section]:
    """The sections of a Chinese page that have an original."""
    found = [one for one in sections(page) if one.level != OF_ONE_PAGE.get(page)]
    return found[: len(found) - ADDED.get(page, 0)]


def originals(page: Path) -> list[Section]:
    """The sections of a Chinese page's original that have a translation."""
    return [
        one
        for one in sections(ORIGINALS[page])
        if one.level != OF_ONE_PAGE.get(page) and (ORIGINALS[page], one.anchor) != GLOSSARY
    ]


def unmatched(page: Path) -> list[str]:
    """The headings without a counterpart, as a failure reports them. Empty if all levels match."""
    original, translation = originals(page), translated(page)
    if [one.level for one in original] == [one.level for one in translation]:
        return []
    steps = SequenceMatcher(
        None, [one.shape for one in original], [one.shape for one in translation], autojunk=False
    ).get_opcodes()
    return [
        f"original {[one.heading for one in original[a:b]]}, "
        f"translation {[one.heading for one in translation[c:d]]}"
        for step, a, b, c, d in steps
        if step != "equal"
    ]


def pairs(page: Path) -> list[tuple[Section, Section]]:
    """Each section of the original with its translation. Fails if the headings do not match."""
    assert not unmatched(page), "the headings do not match"
    return list(zip(originals(page), translated(page), strict=True))


def where(section: Section) -> str:
    """How a failure names a section of the original."""
    return f"section {section.heading!r} of the original"


@each_page
def test_the_original_exists(page: Path) -> None:
    assert ORIGINALS[page].exists(), f"the original of {page.name} is gone or has moved"


@each_page
def test_the_headings_match(page: Path) -> None:
    assert unmatched(page) == []


def without_comments(block: list[str]) -> list[str]:
    """The lines of a code block, its comments left out."""
    mark = COMMENTS.get(block[0].removeprefix("```"))
    if mark is None:
        return block
    # `///` and the lines of a long `/** … */` are comments too.
    comment = re.compile(rf"(^|(?<=\s)){mark}/? .*$|/\*\* .* \*/|^\s*\* .*$")
    return [comment.sub("", line).rstrip() for line in block]


def same_code(original: str, translation: str, language: str) -> bool:
    """Whether two lines are equal but for strings and files that the translation has in Chinese.

    In a diagram, and in a list of files, also the text after a name may be in Chinese. It may name
    only what the original names.
    """
    translation = translation.replace(EXAMPLE.name, ".env.example")
    name = TEXT_AFTER.get(language)
    if name and (found := re.fullmatch(rf'({name})([^"]*{HAN}.*)', translation)):
        if not original.startswith(found[1]):
            return False
        kept, there = (
            set(re.findall(r"[a-z0-9_]+", text.lower()))
            for text in (found[2], original.removeprefix(found[1]))
        )
        return kept <= there
    parts = re.split(rf'"[^"]*{HAN}[^"]*"', translation)
    return re.fullmatch('"[^"]*"'.join(map(re.escape, parts)), original) is not None


@each_page
def test_the_code_is_the_same(page: Path) -> None:
    for original, translation in pairs(page):
        assert len(original.blocks) == len(translation.blocks), where(original)
        for ours, theirs in zip(original.blocks, translation.blocks, strict=True):
            assert len(ours) == len(theirs), where(original)
            lines = zip(without_comments(ours), without_comments(theirs), strict=True)
            for one, other in lines:
                place = f"{where(original)}: {one!r} against {other!r}"
                assert same_code(one, other, ours[0].removeprefix("```")), place


def in_cells(row: list[str]) -> list[tuple[list[str], set[str], set[str]]]:
    """What each cell keeps in translation: code words, numbers, and quoted texts of a program."""
    return [
        (sorted(CODE.findall(cell)), numbers(cell), set(re.findall(r'"[^"]+"', CODE.sub("", cell))))
        for cell in row
    ]


@each_page
def test_the_tables_are_the_same(page: Path) -> None:
    for original, translation in pairs(page):
        rows, theirs = original.rows, translation.rows
        assert len(rows) == len(theirs), f"{where(original)}: rows"
        for row, other in zip(rows, theirs, strict=True):
            place = f"{where(original)}, row {row[0]!r}"
            assert in_cells(row) == in_cells(other), place


@each_page
def test_the_prose_has_the_same_lists_words_and_numbers(page: Path) -> None:
    for original, translation in pairs(page):
        assert original.items == translation.items, f"{where(original)}: list items"
        words = original.words ^ translation.words
        assert not words, f"{where(original)}: code words {words}"
        figures = original.numbers ^ translation.numbers
        assert not figures, f"{where(original)}: numbers {figures}"


def anchored(page: Path, anchor: str) -> Section:
    """The section that an anchor names. Fails if there is none."""
    found = [one for one in sections(page) if one.anchor == anchor]
    assert found, f"{page.relative_to(PROJECT)} has no section #{anchor}"
    return found[0]


def resolved(page: Path, target: str) -> tuple[Path, str] | str:
    """Where a link leads: a file and an anchor, or an address of the web."""
    if target.startswith(("https://", "http://")):
        return target
    name, _, anchor = target.partition("#")
    linked = (page.parent / name).resolve() if name else page
    assert linked.exists(), f"{page.relative_to(PROJECT)}: {target} leads nowhere"
    return linked, anchor


def in_chinese(link: tuple[Path, str] | str) -> tuple[Path, str] | str:
    """Where the translation's link must lead: to the Chinese page, if there is one."""
    if isinstance(link, str):
        return link
    linked, anchor = link
    picture = linked.with_suffix(f".zh{linked.suffix}")
    if picture.suffix == ".webp" and picture.exists():
        return picture, anchor
    if link == GLOSSARY:
        return INDEX, translated_anchor_of_the_glossary()
    if linked == PROJECT / ".env.example":
        return EXAMPLE, anchor
    if linked not in TRANSLATIONS:
        return link
    page = TRANSLATIONS[linked]
    if not anchor:
        return page, ""
    section = anchored(linked, anchor)
    if section.level == OF_ONE_PAGE.get(page):
        return link
    assert not unmatched(page), f"the headings of {page.relative_to(PROJECT)} do not match"
    return page, translated(page)[originals(page).index(section)].anchor


def translated_anchor_of_the_glossary() -> str:
    """The anchor of the Chinese glossary: the first section that the index adds."""
    return sections(INDEX)[-ADDED[INDEX]].anchor


@each_page
def test_the_links_lead_to_the_chinese_pages(page: Path) -> None:
    switch = {page, ORIGINALS[page]}
    for original, translation in pairs(page):
        expected: Counter[tuple[Path, str] | str] = Counter()
        for target, times in original.links.items():
            link = resolved(ORIGINALS[page], target)
            if isinstance(link, str) or link[1] or link[0] not in switch:
                expected[in_chinese(link)] += times
        found: Counter[tuple[Path, str] | str] = Counter()
        for target, times in translation.links.items():
            link = resolved(page, target)
            if isinstance(link, tuple) and link[1]:
                anchored(*link)
            if isinstance(link, str) or link[1] or link[0] not in switch:
                found[link] += times
        assert found == expected, where(original)


@each_page
def test_the_two_languages_link_each_other(page: Path) -> None:
    start = "\n".join(sections(page)[0].lines[:2])
    [target] = re.findall(r"^\[English\]\(([^)]+)\) \| 简体中文$", start, re.MULTILINE)
    assert (page.parent / target).resolve() == ORIGINALS[page]


@pytest.mark.parametrize("page", [PROJECT / "README.md", DOCS / "README.md"], ids=["root", "docs"])
def test_the_english_entrances_link_the_chinese_ones(page: Path) -> None:
    target = TRANSLATIONS[page].relative_to(page.parent)
    assert f"English | [简体中文]({target})" in sections(page)[0].lines[:2]


def test_the_chinese_glossary_has_every_word() -> None:
    def first_column(section: Section) -> list[str]:
        return [row[0] for row in section.rows[1:]]

    [english] = [one for one in sections(GLOSSARY[0]) if one.anchor == GLOSSARY[1]]
    assert first_column(sections(INDEX)[-2]) == first_column(english)


def test_the_chinese_page_explains_every_table_of_faults_and_every_fault() -> None:
    english = [one for one in sections(DOCS / "reliability.md") if one.level == 3]
    _, example, tables, of_calls, _, of_store = sections(ZH / "reliability.md")[-6:]
    links = [f"[{one.heading}](../reliability.md#{one.anchor})" for one in english]
    assert [row[0] for row in tables.rows[1:]] == links
    for one in english:
        explained = of_store if one.heading.startswith("store-") else of_calls
        assert [row[0] for row in explained.rows] == [row[0] for row in one.rows], one.heading
    [refresh] = [one for one in english if one.heading == "refresh"]
    assert all(row in [other[:2] for other in refresh.rows] for row in example.rows)


def broken_bold(text: str) -> list[str]:
    """The bold passages of a line that Markdown shows with their asterisks.

    If an opening mark stands before punctuation, or a closing mark after it, it needs a space or
    punctuation on its other side.
    """
    broken = []
    for found in re.finditer(r"\*\*(.+?)\*\*", text):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        opens = re.match(r"\w", found[1]) or not re.match(r"\w", before)
        closes = re.search(r"\w$", found[1]) or not re.match(r"\w", after)
        if not (opens and closes):
            broken.append(found[0])
    return broken


@each_page
def test_the_typography_is_chinese(page: Path) -> None:
    for section in sections(page):
        for line in [section.heading, *section.lines]:
            text = re.sub(r"\]\([^)]*\)", "]", CODE.sub("``", line))
            halves = re.findall(rf"{HAN}[,;:?!()]|[,;:?!()]{HAN}", text)
            assert not halves, f"half-width punctuation {halves} in {line!r}"
            tight = re.findall(rf"{HAN}\[?[A-Za-z0-9`]|[A-Za-z0-9`]\]?{HAN}", text)
            assert not tight, f"no space at {tight} in {line!r}"
            assert not broken_bold(text), line
        # A line break inside a paragraph is shown as a space.
        split = re.search(rf"(?:{HAN}|[，。：；])\n{HAN}", "\n".join(section.lines))
        assert split is None, f"a paragraph of {section.heading!r} has a line break"


IN_ENGLISH = {
    # What a reader may need who changes vodpass; not to deploy or to call it.
    *(PROJECT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "THIRD_PARTY.md")),
    *(DOCS / name for name in ("decisions",)),
    *(PROJECT / "fakealiyun" / name for name in ("CHANGELOG.md", "docs")),
}
"""Pages and folders of pages that exist in English only."""


def test_every_other_page_exists_in_chinese() -> None:
    """A reader can deploy vodpass, call it and build any client without reading English."""
    folders = [PROJECT / "fakealiyun", PROJECT / "ram", *CLIENTS.glob("*/")]
    pages = {*DOCS.rglob("*.md"), *(page for folder in folders for page in folder.glob("*.md"))}
    known = TRANSLATIONS.keys() | ORIGINALS.keys() | IN_ENGLISH
    missing = [page for page in pages if not {page, *page.parents} & known]
    assert missing == []


def test_the_road_to_a_deployment_is_chinese() -> None:
    """From README.zh-CN.md every page can be reached that one needs, and all are Chinese."""
    reached: set[Path] = set()
    ahead = [PROJECT / "README.zh-CN.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for section in sections(page):
            for target in section.links:
                link = resolved(page, target)
                if isinstance(link, str) or link[0] == ORIGINALS.get(page):
                    continue
                if not {link[0], *link[0].parents} & IN_ENGLISH:
                    ahead.append(link[0])
    assert reached <= ORIGINALS.keys()
    assert reached >= {PROJECT / "ram/README.zh-CN.md", *ZH.glob("*.md")}

"""Every text of the operator's commands in Chinese.

What is English in the source has its Chinese text in `ops/chinese/`, or beside it in a `Text`.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import chinese, s_yaml, voice
from ops.text import Text
from shared.config.uses import USES
from shared.config.variables import VARIABLES
from tests.ops.prose import english

PROJECT = Path(__file__).resolve().parents[2]
HAN = r"[\u4e00-\u9fff]"
CODE = re.compile(r"`[^`]*`|%\([a-z]+\)s")

WITHOUT = ("ops/audit.py", "ops/account/readme.py", "ops/bundle/in_target/", "ops/bundle/shipped/")
"""What no operator runs who deploys."""
PROGRAM = re.compile(r'(A_1)?((import|from|def)\b|"""|#)')
"""How a text begins that is a program."""
KEPT = {
    # They stand in the account, or in a JSON Schema.
    "A role of vodpass, made by ops.account",
    "A policy of vodpass, made by ops.account",
    "Answers for python -m ops.setup --answers FILE",
    "Values that exist already, each by the environment variable that holds it. Without them, new "
    "ones are made.",
    "Further variables of .env.example.",
    # Only tests see it.
    "only a fake cloud",
    # They are compared, not said.
    "for another name",
    "it belongs to",
    "nothing to do",
    # Parts of longer texts, which are tried whole.
    "; it stays as it is without --adopt ",
    "A_1: A_1. fc3 loads it by itself, and no setting pins its version",
    " and a multiple of A_1",
    "not in the form of vodpass",
    "imports are deferred",
    "methods of unused operations are left out",
}
AROUND = (
    "{}",
    "A_1: {}",
    "A_1: {}.",
    "{}.",
    "1 {}",
    "{}: A_1",
    "{}: A_1 (A_1)",
    "A_1: unknown key; {}",
    "the PlayURL: {}",
    "stays    A_1: {}",
    "{}. fc3 loads it by itself, and no setting pins its version",
)
"""What stands around texts that are put together."""
STAND_IN = "A_1"
"""A value in a text: it fits wherever a variable's name does."""
MOST_VARIANTS = 64


def modules() -> list[Path]:
    paths = sorted((PROJECT / "ops").rglob("*.py"))
    return [p for p in paths if not str(p.relative_to(PROJECT)).startswith(WITHOUT)]


# --- the catalogue ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", chinese.FILES, ids=lambda path: path.name)
def test_each_text_has_both_languages_with_the_same_places(path: Path) -> None:
    for source, target in json.loads(path.read_text("utf-8")).items():
        assert not re.search(HAN, source), source
        assert re.search(r"[\u3000-\u9fff\uff00-\uffef]", target), source
        # A place may stand twice in one language, but not in one of them only.
        assert {*chinese.PLACE.findall(source)} == {*chinese.PLACE.findall(target)}, source
        assert {*CODE.findall(source)} == {*CODE.findall(target)}, source


@pytest.mark.parametrize("path", chinese.FILES, ids=lambda path: path.name)
def test_the_typography_is_chinese(path: Path) -> None:
    for target in json.loads(path.read_text("utf-8")).values():
        text = CODE.sub("``", target)
        halves = re.findall(rf"{HAN}[,;:?!()]|[,;:?!()]{HAN}", text)
        assert not halves, target
        tight = re.findall(rf"{HAN}[A-Za-z0-9`]|[A-Za-z0-9`]{HAN}", text)
        assert not tight, target


def test_no_text_has_two_translations() -> None:
    found: dict[str, str] = {}
    for source, target in chinese.entries():
        assert found.setdefault(source, target) == target, source


def test_no_name_is_a_text() -> None:
    """A value that is a name stays as it is, even if it is a word."""
    names = {*USES, *VARIABLES, "vodpass", "role", "policy", "queue"}
    assert not {source for source, _ in chinese.entries()} & names


def test_values_may_be_texts_themselves() -> None:
    found = chinese.of("could not run: the file that --settings names cannot be read")
    assert found == "无法运行：无法读取 --settings 指定的文件"
    assert chinese.of("Nobody said that before.") == "Nobody said that before."


def test_a_phrase_of_few_words_fits_no_sentence() -> None:
    refusal = "refused: VOD sends no signed callbacks by HTTP, so there is no key to change"
    assert chinese.of(refusal).startswith("拒绝：视频点播没有以 HTTP 方式发送")
    assert chinese.of("3 to change") == "3 项将修改"


def test_of_two_places_that_fit_the_one_with_more_words_is_taken() -> None:
    assert chinese.of("VOD calls another URL: its path differs.").endswith("路径不同。")
    assert "example" in chinese.of("VOD calls another URL: its host differs (a.example, not b).")


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_what_a_variable_may_hold_is_said_in_chinese(name: str) -> None:
    assert not english(chinese.of(f"is not set: {VARIABLES[name].allowed}"))
    assert re.search(HAN, chinese.of(VARIABLES[name].allowed))


def test_what_a_function_says_of_its_configuration_is_said_in_chinese() -> None:
    """The doctor shows these answers. The code that is deployed has no Chinese."""
    rows = [line.split("|") for line in (PROJECT / "docs/error-codes.md").read_text().splitlines()]
    said = {row[5].strip() for row in rows if len(row) > 6 and "`Misconfigured`" in row[4]}
    for path in (PROJECT / "shared").rglob("*.py"):
        said |= set(re.findall(r'Misconfigured\("([^"]+)"\)', path.read_text("utf-8")))
    assert len(said) > 25
    assert [text for text in said if english(chinese.of(text))] == []


# --- the source -------------------------------------------------------------------------------


class Sentences(ast.NodeVisitor):
    """The texts in a module that are English, filled with a stand-in, and where they are.

    `Text(en, zh)` has both languages. A docstring is for a reader of the code.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[int, str]] = []
        self._constants: dict[str, ast.expr] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._constants[node.targets[0].id] = node.value
        self.visit(tree)

    def _body(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
                self.visit(child)

    visit_Module = visit_FunctionDef = visit_ClassDef = _body  # noqa: N815 - as ast names them
    visit_AsyncFunctionDef = _body  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called == "Text" or getattr(getattr(node.func, "value", None), "id", "") == "re":
            return
        # `error(where, template, en, zh)` of the answers has both languages too.
        if called == "error" and len(node.args) == 4:
            return
        self.generic_visit(node)

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, ast.expr) or not is_text(node):
            super().visit(node)
            return
        self.found += [(node.lineno, one) for one in self._variants(node)]
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue) and not is_text(part.value):
                super().visit(part.value)

    def _variants(self, node: ast.AST) -> list[str]:
        """Every text that an expression can be."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [chinese.PLACE.sub(STAND_IN, node.value)]
        if isinstance(node, ast.FormattedValue):
            return self._variants(node.value)
        if isinstance(node, ast.IfExp):
            return [*self._variants(node.body), *self._variants(node.orelse)]
        if isinstance(node, ast.Name) and is_text(self._constants.get(node.id)):
            return self._variants(self._constants[node.id])
        parts: list[list[str]] = []
        if isinstance(node, ast.JoinedStr):
            parts = [self._variants(one) for one in node.values]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [self._variants(node.left), self._variants(node.right)]
        made = itertools.islice(itertools.product(*parts), MOST_VARIANTS)
        return ["".join(one) for one in made] if parts else [STAND_IN]


def is_text(node: ast.AST | None) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return is_text(node.left) or is_text(node.right)
    if isinstance(node, ast.IfExp):
        return is_text(node.body) and is_text(node.orelse)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_chinese(text: str) -> bool:
    """Whether a text, or one that it is part of, has no English prose in Chinese."""
    bare = text.removeprefix("A_1 ").removesuffix(STAND_IN)
    return any(
        not english(shown, 2)
        for one in {text, bare}
        for around in AROUND
        for shown in (chinese.of(around.format(one)), s_yaml.shown(around.format(one)))
    )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_each_english_text_has_a_chinese_one(path: Path) -> None:
    voice.speak("zh")
    try:
        lacking = [
            f"line {line}: {text}"
            for line, text in Sentences(ast.parse(path.read_text("utf-8"))).found
            if text not in KEPT and not PROGRAM.match(text) and not is_chinese(text)
        ]
    finally:
        voice.speak("en")
    assert lacking == []


# --- texts beside each other ------------------------------------------------------------------


def beside() -> Iterator[Text]:
    """Every `Text` that stands in the source with both languages written out."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text":
                both = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if len(both) == 2:
                    yield Text(*map(str, both))


def test_texts_beside_each_other_have_the_same_places() -> None:
    found = list(beside())
    assert len(found) > 200
    for text in found:
        assert text.en.count("{}") == text.zh.count("{}"), text
        assert not english(CODE.sub("", text.zh)), text
        assert Counter(CODE.findall(text.en)).keys() == Counter(CODE.findall(text.zh)).keys(), text

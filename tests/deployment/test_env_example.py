"""`.env.example` has every variable, and the functions refuse each of its placeholders."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.columns import width
from ops.s_yaml import faults
from shared.config.settings import SettingsError, load
from shared.config.uses import USES
from tests.docs.sections import numbers
from tests.ops.prose import english

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / ".env.example").read_text()
ASSIGNMENTS = dict(re.findall(r"^(\w+)=(.*)$", TEXT, re.MULTILINE))
PLACEHOLDERS = {name: value.strip("'") for name, value in ASSIGNMENTS.items() if value}
CHINESE = (PROJECT / ".env.zh-CN.example").read_text()
FILES = {path.name: path.read_text() for path in PROJECT.glob("s*.yaml")}


def test_has_just_the_variables_of_the_deployment() -> None:
    used = re.findall(r"\$\{env\('(\w+)'", "".join(FILES.values()))
    assert set(ASSIGNMENTS) == set(used)
    assert len(ASSIGNMENTS) == len(re.findall(r"^\s*\w+\s*=", TEXT, re.MULTILINE))


def test_explains_each_variable_in_the_lines_above_it() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            assert re.match(r"# .{10,}", lines[number - 1]), line
        assert len(line) <= 100


def test_says_required_of_just_the_variables_without_a_default() -> None:
    without_default = re.findall(r"\$\{env\('(\w+)'\)\}", FILES["s.yaml"])
    required = re.findall(r"required\n(\w+)=", TEXT)
    for name, text in FILES.items():
        added = set(re.findall(r"\$\{env\('(\w+)'\)\}", text)) - set(without_default)
        # One of the two for production stands for both.
        named = "s.prod.yaml" if name.startswith("s.prod") else name
        assert set(re.findall(rf"required by {named}\n(\w+)=", TEXT)) == added
    # One of the two variables for keys is required, so neither has a default or none.
    assert set(required) == set(without_default) == set(PLACEHOLDERS) - {"VODPASS_JWT_KEYS"}


def test_the_chinese_one_differs_in_its_comments_only() -> None:
    def without_comments(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("#")]

    assert without_comments(CHINESE) == without_comments(TEXT)
    for line, original in zip(CHINESE.splitlines(), TEXT.splitlines(), strict=True):
        assert (line[:1] == "#") == (original[:1] == "#"), line
        assert not english(line), line
        assert width(line) <= 100, line
    # What is required, and every number and name, stands in both explanations.
    for name in ASSIGNMENTS:
        ours, theirs = (explanation(text, name) for text in (TEXT, CHINESE))
        assert ours.count("required") == theirs.count("必填"), name
        assert numbers(ours) <= numbers(theirs), name
        assert set(re.findall(r"VODPASS_\w+", ours)) == set(re.findall(r"VODPASS_\w+", theirs)), (
            name
        )


def explanation(text: str, name: str) -> str:
    """The comment above a variable."""
    found = re.search(rf"((?:^#.*\n)+){name}=", text, re.MULTILINE)
    assert found is not None, name
    return found[1]


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_no_placeholder_is_a_value_that_works(environment: dict[str, str], name: str) -> None:
    sound = environment | {"VODPASS_REGION": "cn-shanghai"}
    uses = USES["upload"] if name in USES["upload"] else USES["events"]
    load(sound, uses)
    with pytest.raises(SettingsError) as refusal:
        load(sound | {name: PLACEHOLDERS[name]}, uses)
    assert refusal.value.variable == name


def test_s_reads_it_and_the_check_refuses_it(s_preview: Callable[..., Any]) -> None:
    done = s_preview({}, dot_env=TEXT)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    resources = document["resources"]
    variables: dict[str, str] = {}
    for function in ("upload", "events"):
        variables |= resources[function]["props"]["environmentVariables"]
    assert {name: variables[name] for name in PLACEHOLDERS} == PLACEHOLDERS
    assert document["vars"]["eventQueue"] == "vodpass-events", "empty means the default"
    found = faults(document)
    for function in document["resources"]:
        place = f"s.yaml.resources.{function}.props.environmentVariables.VODPASS_"
        assert any(fault.startswith(place) for fault in found)

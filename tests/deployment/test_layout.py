"""Which part of the project may import which.

This keeps the deployed code small and cold starts short. And it keeps the fake independent: it may
not import the code that it tests.
"""

import ast
import graphlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.config.uses import ALWAYS
from shared.config.variables import VARIABLES

PROJECT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "functions": {"shared"},
    "shared": {"shared"},
    "fakealiyun": {"fakealiyun"},
    # One module of `ops`: what `make run` and the bundle put into a code folder in the same way.
    "local": {"local", "fakealiyun", "ops.code_folder"},
    "ops": {"ops", "shared", "fakealiyun"},
    "benchmarks": {"benchmarks", "ops", "shared", "local", "fakealiyun"},
    "tests": {"tests", "benchmarks", "ops", "shared", "local", "fakealiyun"},
}
"""The parts of the project, or single modules of them, that each part may import.

Nothing imports `functions`, and no function imports another. Function Compute calls them, and so
does the gateway, each in a process of its own.
"""

ORDER = (
    "errors config web transport auth alibaba limits runtime playback uploads events watch"
).split()
"""What stands in `shared/`: each may import itself and what stands before it."""

DEPLOYED = {"functions", "shared"}
DEPLOYED_PACKAGES = {
    "alibabacloud_vod20170321",
    "alibabacloud_sts20150401",
    "alibabacloud_tea_openapi",
    "darabonba",
    "Tea",
    "certifi",
    "jwt",
    "cryptography",
}
"""The installed packages that deployed code may use, and only inside a function, so that a request
that is refused does not pay for them."""


@dataclass(frozen=True)
class Import:
    """A module that is imported, and whether importing the importer is enough for that."""

    module: str
    at_once: bool
    relative: bool = False

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]


def imports(source: str) -> Iterator[Import]:
    """The imports of a module, without those under `if TYPE_CHECKING`, which never run."""
    yield from _imports(ast.parse(source), at_once=True)


def _imports(node: ast.AST, *, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module, relative = child.module or "", child.level > 0
            # `from shared.web import fields` imports shared.web.fields.
            folder = PROJECT.joinpath(*module.split(".")).is_dir()
            inner = child.names if folder or module in MAY_IMPORT else []
            for name in [f"{module}.{alias.name}" for alias in inner] or [module]:
                yield Import(name, at_once, relative)
        elif isinstance(child, ast.Call) and _name(child.func) in {"import_module", "__import__"}:
            # An expression could name any module. "" is in no list.
            argument = child.args[0] if child.args else None
            constant = isinstance(argument, ast.Constant) and str(argument.value)
            yield Import(constant or "", at_once)
        elif isinstance(child, ast.If) and _name(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from _imports(other, at_once=at_once)
            continue
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, at_once=at_once and not later)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def breaches(part: str, source: str) -> list[str]:
    """The imports that a module of a part of the project may not make."""
    found = []
    for item in imports(source):
        if item.root in MAY_IMPORT:
            if not {item.root, item.module} & MAY_IMPORT[part]:
                found.append(f"{part} may not import {item.module}")
        elif part not in DEPLOYED or item.root in sys.stdlib_module_names:
            continue
        elif item.relative or not item.module:
            found.append(f"{part} must name what it imports in full")
        elif item.root not in DEPLOYED_PACKAGES:
            found.append(f"{part} may not use the package {item.root}")
        elif item.at_once:
            found.append(f"{part} must import {item.root} inside the function that needs it")
    return found


def modules(part: str) -> list[Path]:
    folder = PROJECT / part
    return sorted((folder / "src" if (folder / "src").is_dir() else folder).rglob("*.py"))


@pytest.mark.parametrize("part", [part for part in MAY_IMPORT if (PROJECT / part).is_dir()])
def test_each_part_imports_what_it_may(part: str) -> None:
    found = {
        str(path.relative_to(PROJECT)): wrong
        for path in modules(part)
        if (wrong := breaches(part, path.read_text()))
    }
    assert modules(part)
    assert found == {}


def test_what_local_imports_of_ops_brings_nothing_else_with_it() -> None:
    """Else `local` would import, through `ops`, what it may not import itself."""
    for module in MAY_IMPORT["local"] - MAY_IMPORT.keys():
        path = PROJECT.joinpath(*module.split(".")).with_suffix(".py")
        found = {item.root for item in imports(path.read_text())}
        assert found <= sys.stdlib_module_names
        assert not list(imports((path.parent / "__init__.py").read_text()))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def test_the_modules_of_shared_depend_one_way() -> None:
    graph = {
        dotted(path): {item.module for item in imports(path.read_text()) if item.root == "shared"}
        for path in modules("shared")
        if path.stem != "__init__"
    }
    # Raises if there is a cycle.
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert {"shared.errors", "shared.runtime.endpoint"} <= set(order) <= set(graph)


def test_the_folders_of_shared_depend_one_way() -> None:
    found = [
        f"{dotted(path)} may not import {item.module}"
        for path in modules("shared")
        for item in imports(path.read_text())
        if item.root == "shared" and rank(item.module) > rank(dotted(path))
    ]
    assert found == []


def rank(module: str) -> int:
    """Where a module of `shared/` stands. Raises ValueError for a folder that is not listed."""
    inner = module.split(".")[1]
    return -1 if inner == "__init__" else ORDER.index(inner)


LONGER = {
    "ops/account/command.py": "its arguments and its steps",
    "ops/doctor/command.py": "its arguments and the order of its checks",
    "ops/setup/command.py": "its arguments and its steps",
    "ops/setup/issuers.py": "one entry for each issuer",
    "ops/setup/questions.py": "one entry for each question",
    "ops/smoke/round.py": "one round, step by step",
}
"""Modules of `ops/` with 251 to 450 lines, and what keeps them in one piece."""


def test_modules_stay_short() -> None:
    long = {
        str(path.relative_to(PROJECT)): lines
        for part, limit in (("shared", 250), ("functions", 120), ("ops", 250))
        for path in modules(part)
        if (lines := len(path.read_text().splitlines())) > limit
    }
    assert long.keys() == LONGER.keys()
    assert all(lines <= 450 for lines in long.values()), long


START = """
import json, os, sys

class Recorded(dict):
    asked = set()
    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)
    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

os.environ = Recorded(os.environ)
sys.path.insert(0, sys.argv[1])
import index
assert callable(index.handler)
print(json.dumps(sorted(name for name in Recorded.asked if name.startswith("VODPASS_"))))
"""


@pytest.mark.parametrize("function", ["upload", "refresh", "play", "sts", "events", "watch"])
def test_a_function_starts_with_no_package_and_asks_for_just_its_variables(
    rendered: dict[str, Any], function: str
) -> None:
    """Loaded as by Function Compute, but without packages: the function loads them when a request
    needs them."""
    variables = rendered["resources"][function]["props"]["environmentVariables"]
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", START, f"functions/{function}"],
        cwd=PROJECT,
        env={**variables, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # There is one line only. A fault in the settings would add another.
    assert set(json.loads(done.stdout)) == ALWAYS | set(variables) - {"PYTHONPATH"}


def test_every_setting_is_used_by_deployed_code() -> None:
    code = [path for part in DEPLOYED for path in modules(part) if path.stem != "settings"]
    read = {
        node.attr
        for path in code
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert {variable.attribute for variable in VARIABLES.values()} <= read | {"local"}


@pytest.mark.parametrize(
    ("part", "source", "breach"),
    [
        ("functions", "import fakealiyun", "functions may not import fakealiyun"),
        ("fakealiyun", "from local import stack", "fakealiyun may not import local.stack"),
        ("fakealiyun", "def f():\n    from shared.auth import ownership", "may not import shared"),
        ("functions", "from functions.play import index", "may not import functions.play"),
        ("functions", "from .index import handler", "must name what it imports in full"),
        ("functions", "import oss2", "may not use the package oss2"),
        ("functions", "def f():\n    import yaml", "may not use the package yaml"),
        ("functions", "import jwt", "must import jwt inside the function that needs it"),
        ("functions", "try:\n    import jwt\nexcept ImportError:\n    pass", "must import jwt"),
        ("functions", "class A:\n    import jwt", "must import jwt inside the function"),
        ("shared", "from ops.bundle import main", "shared may not import ops.bundle"),
        ("shared", "def f():\n    from tests import data", "shared may not import tests"),
        ("shared", "import importlib\nimportlib.import_module('local')", "not import local"),
        ("shared", "def f(name):\n    return __import__(name)", "must name what it imports"),
        ("local", "def f():\n    from shared import owner", "local may not import shared"),
        ("local", "from ops.bundle import build", "local may not import ops.bundle.build"),
        ("local", "import ops", "local may not import ops"),
        ("ops", "from local.build import fill", "ops may not import local.build"),
        ("tests", "from functions.upload.index import handler", "tests may not import functions"),
        ("ops", "import functions.play.index", "ops may not import functions.play.index"),
    ],
)
def test_a_forbidden_import_is_found(part: str, source: str, breach: str) -> None:
    assert [breach in line for line in breaches(part, source)] == [True]


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("functions", "import json\nfrom shared.web.http import Request"),
        ("shared", "def f():\n    import jwt"),
        ("shared", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import jwt"),
        ("local", "import aiohttp\nfrom fakealiyun import FakeCloud"),
        ("local", "from ops.code_folder import BuildError"),
    ],
)
def test_a_permitted_import_is_not(part: str, source: str) -> None:
    assert breaches(part, source) == []

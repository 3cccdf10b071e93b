"""Finds the modules that a function needs, by reading the imports in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ops.code_folder import BuildError


@dataclass(frozen=True)
class Import:
    """`import module`, or `from module import names`. `level` counts the leading dots."""

    module: str
    names: tuple[str, ...]
    level: int
    at_once: bool
    """Whether it runs when the importing module is loaded, not later in a call."""

    @property
    def root(self) -> str:
        """The top-level package; empty for a relative import."""
        return "" if self.level else self.module.partition(".")[0]


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file. Raises BuildError."""
    try:
        return ast.parse(path.read_bytes(), filename=path.name)
    except (SyntaxError, ValueError) as error:
        raise BuildError(f"{path} is not Python: {error}") from None


def imports_of(path: Path, python: str) -> tuple[Import, ...]:
    """Every import that a module makes under a Python version (`3.10`), also inside functions.

    Imports for type checkers are left out.
    """
    version = tuple(int(part) for part in python.split("."))
    return tuple(_imports(parsed(path), version, at_once=True))


def _imports(node: ast.AST, version: tuple[int, ...], *, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, (), 0, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            names = tuple(alias.name for alias in child.names)
            yield Import(child.module or "", names, child.level, at_once)
        elif isinstance(child, ast.If) and (known := _outcome(child.test, version)) is not None:
            branch = ast.Module(child.body if known else child.orelse, [])
            yield from _imports(branch, version, at_once=at_once)
            continue
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, version, at_once=at_once and not later)


def _outcome(test: ast.expr, version: tuple[int, ...]) -> bool | None:
    """The result of a test for type checkers or for the Python version; None for other tests."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    if name == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Compare) and ast.unparse(test.left) == "sys.version_info":
        wanted: tuple[int, ...] = ast.literal_eval(test.comparators[0])
        if isinstance(test.ops[0], ast.GtE):
            return version >= wanted[:2]
        if isinstance(test.ops[0], ast.Lt):
            return version < wanted[:2]
    return None


@dataclass(frozen=True)
class Code:
    """A function's own code: its files by their place at `/code`, and the packages it imports.

    `constants` has every text in the code, and so the names of the operations that it calls.
    """

    files: Mapping[str, Path]
    packages: frozenset[str]
    constants: frozenset[str]


def code_of(project: Path, function: str, python: str) -> Code:
    """The `index.py` of a function and the modules of `shared/` that it reaches.

    Raises BuildError for a missing module, and for an import that does not name a module in full.
    """
    files: dict[str, Path] = {}
    packages: set[str] = set()
    constants: set[str] = set()
    pending = {"index.py": project / "functions" / function / "index.py"}
    while pending:
        place, path = pending.popitem()
        files[place] = path
        for item in imports_of(path, python):
            if item.level:
                raise BuildError(f"{path}: Function Compute cannot import relatively")
            if item.root == "shared":
                found = _shared_modules(project, item, path)
                pending |= {name: at for name, at in found.items() if name not in files}
            else:
                packages.add(item.module)
        constants |= {
            node.value
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return Code(files, frozenset(packages), frozenset(constants))


def _shared_modules(project: Path, item: Import, importer: Path) -> dict[str, Path]:
    """The modules of `shared/` that an import loads, with the packages around them.

    `from shared.a import b` means the module `shared/a/b.py` where `shared/a` is a folder, and
    otherwise a name in `shared/a.py`.
    """
    if project.joinpath(*item.module.split(".")).is_dir():
        modules = [f"{item.module}.{name}" for name in item.names]
    else:
        modules = [item.module]
    if not modules:
        raise BuildError(f"{importer}: import a module of {item.module}, not the folder")
    places = {module.replace(".", "/") + ".py" for module in modules}
    places |= {f"{parent}/__init__.py" for place in places for parent in _parents(place)}
    for place in sorted(places):
        if not (project / place).is_file():
            raise BuildError(f"{importer}: there is no {place}")
    return {place: project / place for place in places}


def _parents(place: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(place).parents if parent.name]

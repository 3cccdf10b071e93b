"""Changes the SDK so that it loads fast: models on demand, and imports at their first use.

The SDK is under the Apache License 2.0, and PyJWT under the MIT License. Both allow changed copies;
each changed file says so in its first line. Anything unexpected stops the build, so that someone
looks at a new version before it is changed in the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from ops.bundle.imports import parsed
from ops.code_folder import BuildError

SERVICES = ("alibabacloud_vod20170321", "alibabacloud_sts20150401")
"""The SDK's packages for single services, each with a client and hundreds of models."""

DEFERRED: Mapping[str, tuple[str, ...]] = {
    "darabonba/core.py": ("import asyncio",),
    "darabonba/utils/xml.py": ("from xml.etree import ElementTree",),
    "alibabacloud_tea_openapi/utils.py": (
        "from cryptography.hazmat.primitives import hashes",
        "from cryptography.hazmat.primitives.asymmetric import padding",
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key",
    ),
    # PyJWT reads a certificate only to refuse it as an HMAC secret. It is a third of its imports.
    "jwt/algorithms.py": ("from cryptography import x509",),
}
"""The most expensive imports that no synchronous, HMAC-signed call and no token needs."""

REPLACED: Mapping[str, Mapping[str, str]] = {
    # The SDK asks it for system, machine and version at every call. It imports subprocess and more.
    "alibabacloud_tea_openapi/utils.py": {"import platform": "import uname as platform"},
}
"""Imports of the SDK that a module of ours replaces."""

NOT_NEEDED: Mapping[str, frozenset[str]] = {
    place: frozenset(
        node.module
        for statement in statements
        for node in ast.parse(statement).body
        if isinstance(node, ast.ImportFrom) and node.module
    )
    for place, statements in DEFERRED.items()
}
"""The modules behind deferred imports, by source; they are not a reason to bundle a package."""

_NOTICE = "# Changed by vodpass when it was bundled: {}.\n"


def changed(what: str) -> BuildError:
    """The error for an SDK that differs from what is expected."""
    return BuildError(f"the SDK has changed: {what} (ops/bundle/sdk.py)")


def defer_imports(folder: Path) -> None:
    """Defer the imports of DEFERRED in `folder` to their first use, and replace those of REPLACED.

    Packages that `folder` does not have are left out.
    Raises BuildError.
    """
    for place in sorted({*DEFERRED, *REPLACED}):
        path = folder / place
        if not (folder / place.partition("/")[0]).is_dir():
            continue  # this function does not have the package
        if not path.is_file():
            raise changed(f"there is no {place}")
        path.write_text(_rewritten(path.read_text("utf-8"), place), "utf-8")


def _rewritten(source: str, place: str) -> str:
    """The source with only those import statements replaced. Raises BuildError."""
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    for statement, replacement in REPLACED.get(place, {}).items():
        node = _only(tree, statement, place)
        used = {
            n.attr
            for n in ast.walk(tree)
            if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "platform"
        }
        if not used <= {"system", "machine", "python_version"}:
            raise changed(f"{place} uses more of platform than before")
        lines[node.lineno - 1] = f"{replacement}\n"
    for statement in DEFERRED.get(place, ()):
        node = _only(tree, statement, place)
        bound = _bound(node)
        early = _used_while_loading(tree, set(bound))
        if early:
            raise changed(f"{place} uses {early} while it is loaded")
        made = "; ".join(f"{name} = _Deferred({call})" for name, call in bound.items())
        indent = " " * node.col_offset
        lines[node.lineno - 1] = f"{indent}from left_out import Deferred as _Deferred; {made}\n"
    return _NOTICE.format("imports are deferred") + "".join(lines)


def _only(tree: ast.Module, statement: str, place: str) -> ast.stmt:
    """The only line with this statement. Raises BuildError."""
    # PyJWT imports its asymmetric library in a `try`.
    places = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.Try))]
    found = [node for body in places for node in body if ast.unparse(node) == statement]
    if len(found) != 1 or found[0].lineno != found[0].end_lineno:
        raise changed(f"{place} does not say `{statement}` exactly once")
    return found[0]


def _bound(node: ast.stmt) -> dict[str, str]:
    """The names that an import binds, each with the arguments that find it later."""
    if isinstance(node, ast.ImportFrom):
        return {a.asname or a.name: f"{node.module!r}, {a.name!r}" for a in node.names}
    if isinstance(node, ast.Import):
        return {a.asname or a.name: repr(a.name) for a in node.names}
    raise AssertionError("only imports are deferred")


def _used_while_loading(tree: ast.Module, names: set[str]) -> str | None:
    """One of the names that is used outside of function bodies; decorators and defaults count."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and node.id in names:
            return node.id
        children: list[ast.AST] = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            children = [*node.decorator_list, node.args]
        elif isinstance(node, ast.Lambda):
            children = [node.args]
        pending += children
    return None


class Models:
    """The models of one service: the module of each, and the models that each needs."""

    def __init__(self, package: Path) -> None:
        self.package = package.name
        self._folder = package / "models"
        self._needs: dict[str, frozenset[str]] = {}
        self.home = _homes(self._folder)

    def operations(self, constants: frozenset[str]) -> list[str]:
        """The operations of the service that are named among `constants`."""
        return sorted(name for name in constants if f"{name}Request" in self.home)

    def reached(self, operations: list[str]) -> frozenset[str]:
        """All models of these operations' requests and responses. Raises BuildError."""
        pending = {f"{name}{part}" for name in operations for part in ("Request", "Response")}
        found: set[str] = set()
        while pending:
            name = pending.pop()
            if name not in self.home:
                raise changed(f"{self.package} has no model {name}")
            if name not in found:
                found.add(name)
                pending |= self._needed_by(self.home[name])
        return frozenset(found)

    def _needed_by(self, module: str) -> frozenset[str]:
        """The models that the source of a model names."""
        if module not in self._needs:
            nodes = ast.walk(parsed(self._folder / f"{module}.py"))
            named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
            self._needs[module] = frozenset(named & self.home.keys())
        return self._needs[module]

    def source(self, reached: frozenset[str]) -> str:
        """The new `models/__init__.py`, which loads these models on demand."""
        homes = {name: self.home[name] for name in sorted(reached)}
        return (
            _NOTICE.format("models are loaded on demand, those of unused operations left out")
            + f'"""Models of {self.package}."""\n'
            + f"_HOMES = {homes!r}\n\n\n"
            + _ON_DEMAND
        )

    def files(self, reached: frozenset[str]) -> frozenset[str]:
        """The files that hold these models."""
        return frozenset(f"{self.home[name]}.py" for name in reached)


_ON_DEMAND = """def __getattr__(name):
    home = _HOMES.get(name)
    if home is None:
        if name.startswith("__"):
            raise AttributeError(name)
        from left_out import LeftOutError

        raise LeftOutError(__name__ + "." + name + " is left out: no function calls its operation")
    module = __import__(__name__ + "." + home, fromlist=[name])
    globals()[name] = found = getattr(module, name)
    return found
"""


def _homes(folder: Path) -> dict[str, str]:
    """Name to module, from a package that consists of `from ._module import Name`."""
    path = folder / "__init__.py"
    if not path.is_file():
        raise changed(f"{folder.parent.name} has no models")
    homes: dict[str, str] = {}
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, ast.ImportFrom) or node.level != 1 or not node.module:
            raise changed(
                f"{folder.parent.name}.models does more than list its models, in line {node.lineno}"
            )
        for alias in node.names:
            if alias.asname or not (folder / f"{node.module}.py").is_file():
                raise changed(f"{folder.parent.name}.models.{alias.name} is elsewhere")
            homes[alias.name] = node.module
    if not homes:
        raise changed(f"{folder.parent.name}.models lists no model")
    return homes


def check_seam(folder: Path) -> None:
    """Check the method that `shared.alibaba.client` replaces: it exists, and calls go through it.

    Raises BuildError.
    """
    core = parsed(folder / "darabonba" / "core.py")
    methods = {
        method.name: [argument.arg for argument in method.args.args]
        for node in core.body
        if isinstance(node, ast.ClassDef) and node.name == "DaraCore"
        for method in node.body
        if isinstance(method, ast.FunctionDef)
    }
    if methods.get("do_action") != ["request", "runtime_option"]:
        raise changed("DaraCore.do_action(request, runtime_option) is not there")
    client = parsed(folder / "alibabacloud_tea_openapi" / "client.py")
    for node in ast.walk(client):
        if isinstance(node, ast.FunctionDef) and node.name == "do_request":
            calls = {
                ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)
            }
            if "DaraCore.do_action" in calls:
                return
    raise changed("Client.do_request does not go through DaraCore.do_action")

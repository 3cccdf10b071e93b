"""The SDK's package for one service, cut to the operations that a function calls.

VOD's has 1,100 models and a client of 750 methods. All of them would be loaded in a cold start.
"""

from __future__ import annotations

import ast
from pathlib import Path

from ops.bundle import sdk
from ops.bundle.imports import parsed

SERVICES = ("alibabacloud_vod20170321", "alibabacloud_sts20150401")
"""The SDK's packages for single services, each with a client and hundreds of models."""

_FORMS = ("", "WithOptions", "Async", "WithOptionsAsync")
"""What follows an operation in the names of its methods."""


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
                raise sdk.changed(f"{self.package} has no model {name}")
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
            sdk.NOTICE.format("models are loaded on demand, those of unused operations left out")
            + f'"""Models of {self.package}."""\n'
            + f"_HOMES = {homes!r}\n\n\n"
            + _ON_DEMAND
        )

    def client(self, operations: list[str]) -> str:
        """The new `client.py`: the client without the methods of operations that are not called.

        Of those that are, the method that takes options stays, and so does whatever belongs to no
        operation. Raises BuildError.
        """
        path = self._folder.parent / "client.py"
        # Each operation has a response; one without parameters has no request.
        every = {name.removesuffix("Response") for name in self.home if name.endswith("Response")}
        methods_of_any = {f"{name}{form}".lower() for name in every for form in _FORMS}
        kept = {f"{name}WithOptions".lower() for name in operations}
        classes = [node for node in parsed(path).body if isinstance(node, ast.ClassDef)]
        if [node.name for node in classes] != ["Client"]:
            raise sdk.changed(f"{self.package}.client is more than the class Client")
        methods = {
            node.name.replace("_", ""): node
            for node in classes[0].body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        lacking = kept - methods.keys()
        if lacking:
            raise sdk.changed(f"{self.package}.client has no method {min(lacking)}")
        left_out = {
            line
            for name in methods.keys() & methods_of_any - kept
            for line in range(methods[name].lineno, (methods[name].end_lineno or 0) + 1)
        }
        lines = enumerate(path.read_text("utf-8").splitlines(keepends=True), start=1)
        source = "".join(line for number, line in lines if number not in left_out)
        return sdk.NOTICE.format("methods of unused operations are left out") + source

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
        raise sdk.changed(f"{folder.parent.name} has no models")
    homes: dict[str, str] = {}
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, ast.ImportFrom) or node.level != 1 or not node.module:
            raise sdk.changed(
                f"{folder.parent.name}.models does more than list its models, in line {node.lineno}"
            )
        for alias in node.names:
            if alias.asname or not (folder / f"{node.module}.py").is_file():
                raise sdk.changed(f"{folder.parent.name}.models.{alias.name} is elsewhere")
            homes[alias.name] = node.module
    if not homes:
        raise sdk.changed(f"{folder.parent.name}.models lists no model")
    return homes

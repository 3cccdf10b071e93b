"""Builds one folder for each function from the project and its locked packages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ops.bundle import (
    byte_code,
    certificates,
    manifest,
    native,
    own_code,
    sdk,
    services,
    stand_ins,
)
from ops.bundle.imports import Code, code_of
from ops.bundle.packages import Distribution, Packages, fetch
from ops.bundle.target import PLATFORM, Target, find_interpreter
from ops.code_folder import BuildError, function_names, put_in_place

_SHIPPED = Path(__file__).parent / "shipped"
_NEEDS_LEFT_OUT = frozenset(
    {*services.SERVICES, *(place.partition("/")[0] for place in sdk.DEFERRED)}
    | {module.partition(".")[0] for module in stand_ins.STAND_INS}
)


@dataclass(frozen=True)
class Built:
    """A function's folder, and which packages it has. Sizes are bytes."""

    folder: Path
    operations: tuple[str, ...]
    kept: tuple[Distribution, ...]
    left_out: tuple[str, ...]
    installed_size: int
    size: int
    with_byte_code: bool


def build(
    project: Path,
    python: str,
    out: Path,
    *,
    packages: Path | None = None,
    interpreter: Callable[[str], Path | None] = find_interpreter,
) -> list[Built]:
    """Make `out/<function>/` for every function of the project.

    `python` is the version of the runtime, not of the Python that runs this. An existing folder is
    replaced when the new one is complete. `packages` is a folder that `packages.fetch` filled for
    the same target. `interpreter` finds a Python of that version. Without one, the bundle has no
    byte code and is not tested, and `Built.with_byte_code` is false. Raises BuildError.
    """
    target = Target(python)
    names = function_names(project)
    if not names:
        raise BuildError("there are no functions in functions/")
    found = interpreter(python)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".bundle-") as temporary:
        if packages is None:
            packages = Path(temporary) / "packages"
            fetch(project / "requirements.txt", target, packages)
        source = _checked(packages, target)
        models = cache(services.Models)
        made = [
            _Function(project, name, source, models, target, found).make(Path(temporary) / name)
            for name in names
        ]
        for built in made:
            put_in_place(built.folder, out / built.folder.name)
    return [_moved(built, out) for built in made]


def _checked(folder: Path, target: Target) -> Packages:
    """The packages, after a check that they fit the target. Raises BuildError."""
    packages = Packages(folder, target.python)
    for distribution in packages.distributions:
        native.check_wheel(distribution.info, target)
    native.check(folder, target)
    return packages


def _moved(built: Built, out: Path) -> Built:
    return Built(**{**vars(built), "folder": out / built.folder.name})


class _Function:
    """Builds one function's folder."""

    def __init__(
        self,
        project: Path,
        name: str,
        packages: Packages,
        models: Callable[[Path], services.Models],
        target: Target,
        interpreter: Path | None,
    ) -> None:
        self._name = name
        self._packages = packages
        self._models = models
        self._target = target
        self._interpreter = interpreter
        self._code: Code = code_of(project, name, target.python)
        self._certificates = certificates.read(project)
        self._roots = packages.reached(
            self._code.packages, stand_ins.STOOD_IN_PACKAGES, self._sources, sdk.NOT_NEEDED
        )
        self._kept = self._roots - stand_ins.STOOD_IN_PACKAGES

    def make(self, folder: Path) -> Built:
        """Create and fill `folder`, which must not exist."""
        python = folder / "python"
        python.mkdir(parents=True)
        own_code.copy(self._code, folder, python)
        if self._certificates is not None:
            (folder / certificates.NAME).write_bytes(self._certificates)
        operations = self._copy_packages(python)
        kept = self._licences(python)
        for source in (path for root in sorted(self._kept) for path in self._sources(root)):
            stand_ins.check(source, self._packages.imports_of(source))
        stand_ins.write(python, self._roots)
        if self._roots & _NEEDS_LEFT_OUT:
            for shipped in ("left_out.py", "uname.py"):
                shutil.copyfile(_SHIPPED / shipped, python / shipped)
        if self._interpreter is not None:
            byte_code.compile_folder(self._interpreter, folder)
            modules = sorted(m for m in self._code.packages if self._is_locked(m))
            plan = {"modules": modules, "operations": operations}
            byte_code.try_function(self._interpreter, folder, plan)
        native.check(python, self._target)
        named = tuple(name for found in operations.values() for name in found)
        about = {
            "function": self._name,
            "python": self._target.python,
            "platform": PLATFORM,
            "byte_code": self._interpreter is not None,
            "operations": sorted(named),
            "distributions": {one.name: one.version for one in kept},
        }
        manifest.write(folder, about)
        manifest.settle(folder)
        everything = {distribution.name for distribution in self._packages.distributions}
        return Built(
            folder=folder,
            operations=named,
            kept=tuple(kept),
            left_out=tuple(sorted(everything - {one.name for one in kept})),
            installed_size=_size(self._packages.folder),
            size=_size(folder),
            with_byte_code=self._interpreter is not None,
        )

    def _is_locked(self, module: str) -> bool:
        return module.partition(".")[0] in self._kept

    def _copy_packages(self, python: Path) -> dict[str, list[str]]:
        """Copy the packages in the form that loads fast. Returns the operations of each service."""
        operations: dict[str, list[str]] = {}
        for root in sorted(self._kept):
            source = self._packages.root(root)
            if source is None:
                raise AssertionError("a kept package was found before")
            if source.is_file():
                shutil.copyfile(source, python / source.name)
            elif root == "certifi":
                certificates.copy_roots(source, python / root)
            elif root in services.SERVICES:
                operations[root] = self._copy_service(source, python / root)
            else:
                shutil.copytree(source, python / root, ignore=_not_code)
        if "darabonba" in self._kept:
            sdk.check_seam(python)
            sdk.defer_imports(python)
        return operations

    def _sources(self, root: str) -> list[Path]:
        """The sources of a package that the function can reach."""
        found = [
            path
            for path in self._packages.sources(root)
            if not stand_ins.covers(_module_of(path.relative_to(self._packages.folder)))
        ]
        if root not in services.SERVICES or not found:
            return found
        models, operations = self._service(self._packages.folder / root)
        files = models.files(models.reached(operations))
        return [path for path in found if path.parent.name != "models" or path.name in files]

    def _service(self, package: Path) -> tuple[services.Models, list[str]]:
        """The models of a service, and the operations that the function's code names."""
        models = self._models(package)
        operations = models.operations(self._code.constants)
        if not operations:
            raise BuildError(f"{self._name} imports {package.name} but names no operation of it")
        return models, operations

    def _copy_service(self, source: Path, destination: Path) -> list[str]:
        models, operations = self._service(source)
        reached = models.reached(operations)
        needed = models.files(reached)

        def not_needed(folder: str, names: list[str]) -> set[str]:
            if Path(folder) == source / "models":
                return set(names) - needed
            return _not_code(folder, names)

        shutil.copytree(source, destination, ignore=not_needed)
        (destination / "models" / "__init__.py").write_text(models.source(reached), "utf-8")
        (destination / "client.py").write_text(models.client(operations), "utf-8")
        return operations

    def _licences(self, python: Path) -> list[Distribution]:
        """Copy the licences of the kept packages. Returns their distributions."""
        kept = {d.name: d for d in map(self._packages.distribution_of, sorted(self._kept))}
        for distribution in kept.values():
            for path in distribution.licences:
                place = python / path.relative_to(self._packages.folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
        return list(kept.values())


def _module_of(place: Path) -> str:
    return ".".join(place.with_suffix("").parts).removesuffix(".__init__")


def _not_code(_folder: str, names: list[str]) -> set[str]:
    """The files of a package that are neither source nor native code."""
    return {
        name
        for name in names
        if name in ("__pycache__", "tests") or name.endswith((".pyc", ".pyi", ".typed", ".c", ".h"))
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

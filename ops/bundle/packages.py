"""The locked packages as pip installs them for the target, and which of them a function needs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.bundle.imports import Import, imports_of
from ops.bundle.target import Target
from ops.code_folder import BuildError, install

NEEDED_BY_NATIVE_CODE: Mapping[str, tuple[str, ...]] = {"cryptography": ("_cffi_backend",)}
"""Modules that a package's native part imports, which no source shows."""

_LICENCE = re.compile(r"LICEN[CS]E|NOTICE|COPYING|AUTHORS", re.IGNORECASE)


@dataclass(frozen=True)
class Distribution:
    """One installed distribution and the modules at its top."""

    name: str
    version: str
    info: Path
    roots: frozenset[str]

    @property
    def licences(self) -> list[Path]:
        """The texts that must go wherever the code goes."""
        return sorted(p for p in self.info.rglob("*") if p.is_file() and _LICENCE.match(p.name))


def fetch(requirements: Path, target: Target, folder: Path) -> None:
    """Install what is locked into `folder`, which must not exist. Raises BuildError."""
    install(requirements, folder, target.pip_options)
    # Console scripts carry this machine's interpreter and are of no use to a function.
    shutil.rmtree(folder / "bin", ignore_errors=True)


class Packages:
    """An installed set of packages, which does not change any more."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self._python = python
        self._imports: dict[Path, tuple[Import, ...]] = {}
        self.distributions = sorted(
            (_distribution(info) for info in folder.glob("*.dist-info")), key=lambda d: d.name
        )

    def root(self, name: str) -> Path | None:
        """The package folder or module file of that name at the top."""
        for path in (self.folder / name, self.folder / f"{name}.py"):
            if path.exists():
                return path
        return next(iter(sorted(self.folder.glob(f"{name}.*.so"))), None)

    def distribution_of(self, root: str) -> Distribution:
        """The distribution that a module at the top belongs to. Raises BuildError."""
        for distribution in self.distributions:
            if root in distribution.roots:
                return distribution
        raise BuildError(f"no locked distribution holds {root}")

    def reached(
        self,
        modules: Iterable[str],
        ends: frozenset[str],
        sources: Callable[[str], Iterable[Path]],
        passed_over: Mapping[str, frozenset[str]],
    ) -> frozenset[str]:
        """The modules at the top that `modules` need, directly or through others.

        The search does not go on behind those in `ends`, but reports them. `sources` are those of
        a module at the top that count; `passed_over` says of a source which imports do not.
        """
        pending = {module.partition(".")[0] for module in modules}
        found: set[str] = set()
        while pending:
            root = pending.pop()
            path = self.root(root)
            if path is None or root in found:
                continue  # the standard library's, or an optional one that is not locked
            found.add(root)
            if root not in ends:
                for source in sources(root):
                    place = source.relative_to(self.folder).as_posix()
                    without = passed_over.get(place, frozenset())
                    pending |= {
                        item.root
                        for item in self.imports_of(source)
                        if item.root and item.module not in without
                    }
                pending |= set(NEEDED_BY_NATIVE_CODE.get(root, ()))
        return frozenset(found)

    def sources(self, root: str) -> list[Path]:
        """The sources of a module at the top."""
        path = self.root(root)
        if path is None:
            return []
        return sorted(path.rglob("*.py")) if path.is_dir() else [path] * (path.suffix == ".py")

    def imports_of(self, source: Path) -> tuple[Import, ...]:
        """See `imports.imports_of`; each source is read once."""
        if source not in self._imports:
            self._imports[source] = imports_of(source, self._python)
        return self._imports[source]


def _distribution(info: Path) -> Distribution:
    name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
    recorded = (line.partition(",")[0] for line in (info / "RECORD").read_text().splitlines())
    tops = {place.partition("/")[0] for place in recorded}
    roots = {top.partition(".")[0] for top in tops if not top.endswith(".dist-info")}
    return Distribution(name, version, info, frozenset(roots - {""}))

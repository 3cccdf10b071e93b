"""The locked packages as pip installs them for the target, and which a function needs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from ops.bundle.imports import Import, imports_of
from ops.bundle.target import Target
from ops.code_folder import BuildError, install

NEEDED_BY_NATIVE_CODE: Mapping[str, tuple[str, ...]] = {"cryptography": ("_cffi_backend",)}
"""Modules that a package's native code imports; no source names them."""

_SPDX: Mapping[str, str] = dict.fromkeys(
    ("Apache License 2.0", "Apache 2.0", "Apache 2"), "Apache-2.0"
)
"""How SPDX writes what some metadata says."""

_LICENCE = re.compile(r"LICEN[CS]E|NOTICE|COPYING|AUTHORS", re.IGNORECASE)


@dataclass(frozen=True)
class Distribution:
    """One installed distribution and its top-level modules.

    `licence` is the one that its metadata names, as SPDX writes it; empty if it names none.
    """

    name: str
    version: str
    licence: str
    info: Path
    roots: frozenset[str]

    @property
    def licences(self) -> list[Path]:
        """The licence texts, which must be shipped with the code."""
        return sorted(p for p in self.info.rglob("*") if p.is_file() and _LICENCE.match(p.name))


def fetch(requirements: Path, target: Target, folder: Path) -> None:
    """Install the locked packages into `folder`, which must not exist. Raises BuildError."""
    install(requirements, folder, target.pip_options)
    # Console scripts name this machine's interpreter, and a function does not use them.
    shutil.rmtree(folder / "bin", ignore_errors=True)


class Packages:
    """A folder of installed packages that no longer changes."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self._python = python
        self._imports: dict[Path, tuple[Import, ...]] = {}
        self.distributions = sorted(
            (_distribution(info) for info in folder.glob("*.dist-info")), key=lambda d: d.name
        )

    def root(self, name: str) -> Path | None:
        """The top-level package folder or module file of that name; None if there is none."""
        for path in (self.folder / name, self.folder / f"{name}.py"):
            if path.exists():
                return path
        return next(iter(sorted(self.folder.glob(f"{name}.*.so"))), None)

    def distribution_of(self, root: str) -> Distribution:
        """The distribution of a top-level module. Raises BuildError."""
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
        """The top-level modules that `modules` need, directly or through others.

        The result includes the modules in `ends`, but not what only they need. `sources` gives the
        sources of a top-level module to read. `passed_over` names, by source, imports to ignore.
        """
        pending = {module.partition(".")[0] for module in modules}
        found: set[str] = set()
        while pending:
            root = pending.pop()
            path = self.root(root)
            if path is None or root in found:
                continue  # of the standard library, or optional and not locked
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
        """The sources of a top-level module."""
        path = self.root(root)
        if path is None:
            return []
        return sorted(path.rglob("*.py")) if path.is_dir() else [path] * (path.suffix == ".py")

    def imports_of(self, source: Path) -> tuple[Import, ...]:
        """As `imports.imports_of`; each source is read once."""
        if source not in self._imports:
            self._imports[source] = imports_of(source, self._python)
        return self._imports[source]


def _distribution(info: Path) -> Distribution:
    name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
    recorded = (line.partition(",")[0] for line in (info / "RECORD").read_text().splitlines())
    tops = {place.partition("/")[0] for place in recorded}
    roots = {top.partition(".")[0] for top in tops if not top.endswith(".dist-info")}
    metadata = Parser().parsestr((info / "METADATA").read_text("utf-8"), headersonly=True)
    licence = (metadata["License-Expression"] or metadata["License"] or "").strip()
    named = _SPDX.get(licence, licence)
    return Distribution(name, version, named, info, frozenset(roots - {""}))

"""The bill of materials of a bundle: CycloneDX 1.5, the same bytes for the same bundle.

It names each function with the SHA-256 of its zip, and each package in it with version, licence and
package URL. It has no time and no serial number, so that two builds can be compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ops.bundle.build import Built
from ops.bundle.manifest import archive
from ops.bundle.packages import Distribution

NAME = "sbom.cdx.json"
LICENCE = "Apache-2.0"  # of vodpass itself

COMPATIBLE = frozenset("Apache-2.0 BSD-2-Clause BSD-3-Clause ISC MIT MIT-0 MPL-2.0 PSF-2.0".split())
"""Licences under which a package may be part of a bundle. MPL-2.0 asks for the source of changed
files; the bundle changes none of them."""


def write(path: Path, built: Iterable[Built], version: str) -> None:
    """Write the bill of these functions. `version` is that of vodpass."""
    text = json.dumps(bill(built, version), indent=1, sort_keys=True) + "\n"
    path.write_text(text, "utf-8")


def bill(built: Iterable[Built], version: str) -> dict[str, Any]:
    """The bill as a JSON object."""
    functions = sorted(built, key=lambda one: one.folder.name)
    packages = {_url(kept): _package(kept) for one in functions for kept in one.kept}
    whole = f"vodpass@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": _own("vodpass", version, whole)},
        "components": [
            *(
                {
                    **_own(one.folder.name, version, _reference(one, version)),
                    "hashes": [{"alg": "SHA-256", "content": _digest(one.folder)}],
                }
                for one in functions
            ),
            *(packages[url] for url in sorted(packages)),
        ],
        "dependencies": [
            {"ref": whole, "dependsOn": [_reference(one, version) for one in functions]},
            *(
                {
                    "ref": _reference(one, version),
                    "dependsOn": sorted(_url(kept) for kept in one.kept),
                }
                for one in functions
            ),
            *({"ref": url, "dependsOn": []} for url in sorted(packages)),
        ],
    }


def names_of(expression: str) -> frozenset[str]:
    """The licences in an SPDX expression, without its operators."""
    return frozenset(re.split(r"[\s()]+", expression)) - {"", "AND", "OR", "WITH"}


def is_compatible(expression: str) -> bool:
    """Whether a package with this licence may be shipped.

    Of licences joined by OR, one is enough. Parentheses are not read: such an expression needs all.
    """
    if "(" in expression:
        return bool(names_of(expression)) and names_of(expression) <= COMPATIBLE
    choices = [names_of(choice) for choice in expression.split(" OR ")]
    return any(choice and choice <= COMPATIBLE for choice in choices)


def licence_of(component: dict[str, Any]) -> str:
    """The SPDX expression of a component of a bill; empty if it has none."""
    said = component["licenses"]
    return str(said[0].get("expression") or said[0]["license"]["id"]) if said else ""


def _own(name: str, version: str, reference: str) -> dict[str, Any]:
    return {
        "type": "application",
        "name": name,
        "version": version,
        "bom-ref": reference,
        "licenses": [{"license": {"id": LICENCE}}],
    }


def _package(kept: Distribution) -> dict[str, Any]:
    url, licence = _url(kept), kept.licence
    single = len(names_of(licence)) == 1
    said = [{"license": {"id": licence}}] if single else [{"expression": licence}]
    return {
        "type": "library",
        "name": normal(kept.name),
        "version": kept.version,
        "bom-ref": url,
        "purl": url,
        "licenses": said if licence else [],
    }


def _reference(built: Built, version: str) -> str:
    return f"vodpass-{built.folder.name}@{version}"


def _url(kept: Distribution) -> str:
    return f"pkg:pypi/{normal(kept.name)}@{kept.version}"


def normal(name: str) -> str:
    """A distribution's name as PyPI writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(folder: Path) -> str:
    return hashlib.sha256(archive(folder)).hexdigest()

"""Changes what all services of the SDK share, so that it loads fast: imports at their first use.

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

DEFERRED: Mapping[str, tuple[str, ...]] = {
    "darabonba/core.py": ("import asyncio",),
    "darabonba/utils/xml.py": ("from xml.etree import ElementTree",),
    "alibabacloud_tea_openapi/utils.py": (
        "from cryptography.hazmat.primitives import hashes",
        "from cryptography.hazmat.primitives.asymmetric import padding",
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key",
    ),
    # PyJWT reads a certificate only to refuse it as an HMAC secret, and PEM and SSH keys only where
    # a key is none in JSON. They are most of its imports.
    "jwt/algorithms.py": (
        "from cryptography import x509",
        "from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption,"
        " PrivateFormat, PublicFormat, load_der_public_key, load_pem_private_key,"
        " load_pem_public_key, load_ssh_public_key",
    ),
}
"""The most expensive imports that no synchronous, HMAC-signed call and no token needs."""

REPLACED: Mapping[str, Mapping[str, str]] = {
    # The SDK asks it for system, machine and version at every call. It imports subprocess and more.
    "alibabacloud_tea_openapi/utils.py": {"import platform": "import uname as platform"},
    # Only type annotations use it, and only Python 3.10 lacks it.
    "jwt/algorithms.py": {
        "from typing_extensions import Never": "from typing import NoReturn as Never"
    },
}
"""Imports that a cheaper one replaces."""

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

NOTICE = "# Changed by vodpass when it was bundled: {}.\n"
"""The first line of each changed file."""


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
        _put(lines, node, replacement)
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "platform"
    }
    if not used <= {"system", "machine", "python_version"}:
        raise changed(f"{place} uses more of platform than before")
    for statement in DEFERRED.get(place, ()):
        node = _only(tree, statement, place)
        bound = _bound(node)
        early = _used_while_loading(tree, set(bound))
        if early:
            raise changed(f"{place} uses {early} while it is loaded")
        made = "; ".join(f"{name} = _Deferred({call})" for name, call in bound.items())
        _put(lines, node, f"from left_out import Deferred as _Deferred; {made}")
    return NOTICE.format("imports are deferred") + "".join(lines)


def _put(lines: list[str], node: ast.stmt, replacement: str) -> None:
    """Put one line in the place of a statement, and keep the number of lines."""
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    lines[first:last] = [f"{' ' * node.col_offset}{replacement}\n", *["\n"] * (last - first - 1)]


def _only(tree: ast.Module, statement: str, place: str) -> ast.stmt:
    """The only import with this text. Raises BuildError."""
    # PyJWT imports its asymmetric library in a `try`.
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    found = [node for node in imports if ast.unparse(node) == statement]
    if len(found) != 1:
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

"""Reads `s.yaml` as the `s` tool does: YAML 1.2 booleans, no duplicate keys, merged overlays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_MAX_OVERLAYS = 1  # `s` merges one file over another; with more files it renders nothing


class DeploymentError(ValueError):
    """`s.yaml` cannot be served. The message names the place, the reason and what is allowed."""


class _Loader(yaml.SafeLoader):
    """SafeLoader with two changes that make it read like the tool's own parser.

    `yes`, `no`, `on`, `off` and dates stay strings (YAML 1.2). A duplicate key is an error:
    SafeLoader would keep the last one.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None) or key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} occurs twice or is not a scalar", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def deep_merge(base: Any, over: Any) -> Any:
    """`over` merged into `base`. Maps merge key by key; everything else, also a list, is replaced.

    Source: Function Compute's documentation, `template` and `extend`.
    """
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = deep_merge(base[key], value) if key in base else value
        return merged
    return over


def within(root: Path, relative: str, what: str) -> Path:
    """The path of `relative` below `root`. Raises DeploymentError if it is outside `root`."""
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise DeploymentError(f"{what} is outside the project")
    return path


def read_document(path: Path, *, root: Path, depth: int = 0) -> dict[str, Any]:
    """The mapping in the file at `path`, merged over the file that its `extend` names."""
    try:
        value = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise DeploymentError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DeploymentError(f"{path.name} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise DeploymentError(f"{path.name} is not valid YAML: {error}") from None
    if not isinstance(value, dict):
        raise DeploymentError(f"{path.name} must contain a mapping")
    base = value.pop("extend", None)
    if base is None:
        return value
    if not isinstance(base, str):
        raise DeploymentError(f"{path.name}: extend must name one file")
    if depth >= _MAX_OVERLAYS:
        raise DeploymentError(f"{path.name}: s renders at most two files that extend one another")
    parent = within(root, str(path.parent.resolve() / base), f"{path.name}: extend")
    merged = deep_merge(read_document(parent, root=root, depth=depth + 1), value)
    return dict(merged)

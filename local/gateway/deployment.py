"""Reads every function of an `s.yaml`, with its expressions resolved and its settings checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.gateway.function import Function
from local.gateway.resource import ResourceReader
from local.gateway.templating import Scope, resolve
from local.gateway.yaml_document import DeploymentError, deep_merge, read_document


@dataclass(frozen=True)
class Deployment:
    """Every function of an `s.yaml`, by the name of its resource, and their account."""

    account_id: str
    functions: Mapping[str, Function]
    props: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The resolved `props` of each resource, as `s preview` shows them."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The whole file with its expressions resolved, as `s preview` shows it."""


def load_deployment(
    path: Path,
    environment: Mapping[str, str],
    *,
    account_id: str,
    code_root: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
) -> Deployment:
    """The deployment that the `s.yaml` at `path` describes.

    `${env()}` reads `environment` only. `code_root` replaces the folder that contains the
    functions' code folders (`./build`). `extra_environment` overrides every function's own
    variables and does not count towards their 4 KB. Raises DeploymentError.
    """
    project = path.resolve().parent
    document = read_document(path, root=project)
    if document.get("edition") != "3.0.0":
        raise DeploymentError("edition must be 3.0.0")
    resources = document.get("resources")
    if not isinstance(resources, dict) or not resources:
        raise DeploymentError("resources must be a mapping of functions")
    for resource in resources.values():
        if isinstance(resource, dict) and "extend" in resource:
            _merge_template(resource, document.get("template"))
    props: dict[str, Mapping[str, Any]] = {}
    functions: dict[str, Function] = {}
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("props"), dict):
            raise DeploymentError(f"resources.{name} must have props")
        # A version may follow.
        if str(resource.get("component")).partition("@")[0] != "fc3":
            raise DeploymentError(f"resources.{name}.component must be fc3")
        scope = Scope(environment, document, project, account_id, resource["props"])
        try:
            props[name] = resolve(resource["props"], scope)
            reader = ResourceReader(str(name), props[name], project, code_root)
            functions[name] = reader.function(extra_environment or {})
        except DeploymentError as error:
            raise DeploymentError(f"{path.name}: resources.{name}: {error}") from None
    _check_destinations(functions)
    scope = Scope(environment, document, project, account_id)
    rest = {key: value for key, value in document.items() if key not in ("resources", "template")}
    shown = {
        **resolve(rest, scope),
        "resources": {
            str(name): {
                **{key: resource[key] for key in resource if key not in ("props", "extend")},
                "props": props[name],
            }
            for name, resource in resources.items()
        },
    }
    return Deployment(account_id, functions, props, shown)


def _check_destinations(functions: Mapping[str, Function]) -> None:
    names = {function.name for function in functions.values()}
    for function in functions.values():
        policy = function.asynchronous
        for destination in (policy.on_success, policy.on_failure):
            if destination and destination.kind == "function" and destination.name not in names:
                raise DeploymentError(
                    f"resources.{function.resource}: the destination {destination.name} is not a"
                    " function of this deployment"
                )


def _merge_template(resource: dict[str, Any], templates: Any) -> None:
    extend = resource["extend"]
    name = extend.get("name") if isinstance(extend, dict) else None
    template = templates.get(name) if isinstance(templates, dict) else None
    if not isinstance(template, dict):
        raise DeploymentError(f"extend.name: there is no template {name!r}")
    ignore = extend.get("ignore") or []
    if any("." in str(key) for key in ignore):
        raise DeploymentError("extend.ignore must name whole settings here, without a dot")
    base = {key: value for key, value in template.items() if key not in ignore}
    resource["props"] = deep_merge(base, resource.get("props") or {})

"""The `${...}` expressions of Serverless Devs that a deployment of functions needs.

    ${env('X')}  ${env('X', 'default')}   the given environment, never that of the process
    ${vars.x}  ${this.props.x}  ${resources.r.props.x}
    ${config('AccountID')}
    ${file('p')}  ${json(file('p'))}  ${path('p')}   only below the project's folder

Source: the tool's documentation. Any other expression is refused by name, so that nothing runs
locally that differs from what is deployed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.gateway.yaml_document import DeploymentError, within

_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")  # the tool's own parser also ends at the first brace
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*)|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\""
    r"|(?P<mark>[(),]))"
)


class TemplatingError(DeploymentError):
    """An expression cannot be resolved. The message names it, or the missing variable."""


@dataclass
class Scope:
    """Everything that an expression may refer to."""

    environment: Mapping[str, str] = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    project: Path
    account_id: str
    props: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The props of the resource being resolved: `this.props`."""


@dataclass(frozen=True)
class _FunctionCall:
    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class _Reference:
    path: str


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with every expression in its strings replaced.

    If a string consists of one expression, the result keeps the type of its value. Raises
    TemplatingError.
    """
    return _Resolver(scope).resolve(value)


class _Resolver:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._open: list[str] = []

    def resolve(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, str) and "${" in value:
            return self._text(value)
        return value

    def _text(self, text: str) -> Any:
        whole = _EXPRESSION.fullmatch(text)
        if whole:
            return self._evaluate(_parse(whole[1]))
        if "${" in _EXPRESSION.sub("", text):
            raise TemplatingError(f"unknown expression: {text}")

        def insert(match: re.Match[str]) -> str:
            found = self._evaluate(_parse(match[1]))
            if isinstance(found, bool):
                return "true" if found else "false"
            if not isinstance(found, str | int | float):
                raise TemplatingError(f"{match[0]} is not text, so it cannot be part of a string")
            return str(found)

        return _EXPRESSION.sub(insert, text)

    def _evaluate(self, node: Any) -> Any:
        if isinstance(node, _Reference):
            return self._look_up(node.path)
        if not isinstance(node, _FunctionCall):
            return node
        function = _FUNCTIONS.get(node.name)
        if function is None:
            raise TemplatingError(f"${{{node.name}(...)}} is not supported")
        arguments = [self._evaluate(argument) for argument in node.arguments]
        if not all(isinstance(argument, str) for argument in arguments):
            raise TemplatingError(f"{node.name}() accepts only strings")
        return function(self._scope, arguments)

    def _look_up(self, path: str) -> Any:
        head, *rest = path.split(".")
        found: Any
        if head == "vars":
            found = self._scope.document.get("vars", {})
        elif head == "this" and rest[:1] == ["props"]:
            found, rest = self._scope.props, rest[1:]
        elif head == "resources" and rest[1:2] == ["props"]:
            resources = self._scope.document.get("resources")
            resource = resources.get(rest[0]) if isinstance(resources, Mapping) else None
            found = resource.get("props") if isinstance(resource, Mapping) else None
            rest = rest[2:]
        else:
            raise TemplatingError(f"${{{path}}} is not supported")
        for key in rest:
            if not isinstance(found, Mapping) or key not in found:
                raise TemplatingError(f"${{{path}}} does not exist")
            found = found[key]
        if path in self._open:
            raise TemplatingError(f"${{{path}}} refers to itself")
        self._open.append(path)
        try:
            return self.resolve(found)
        finally:
            self._open.pop()


def _parse(source: str) -> Any:
    tokens: list[tuple[str, str]] = []
    position = 0
    while source[position:].strip():
        match = _TOKEN.match(source, position)
        if match is None:
            raise TemplatingError(f"unknown expression: ${{{source}}}")
        kind = str(match.lastgroup)
        tokens.append((kind if kind in ("name", "mark") else "text", match[kind]))
        position = match.end()

    def expression(at: int) -> tuple[Any, int]:
        kind, text = tokens[at]
        if kind == "text":
            return text, at + 1
        if kind == "mark":
            raise IndexError
        if at + 1 == len(tokens) or tokens[at + 1] != ("mark", "("):
            return _Reference(text), at + 1
        arguments = []
        at += 2
        while tokens[at] != ("mark", ")"):
            argument, at = expression(at)
            arguments.append(argument)
            if tokens[at] == ("mark", ","):
                at += 1
            elif tokens[at] != ("mark", ")"):
                raise IndexError
        return _FunctionCall(text, tuple(arguments)), at + 1

    try:
        node, end = expression(0)
        if end != len(tokens):
            raise IndexError
    except IndexError:
        raise TemplatingError(f"unknown expression: ${{{source}}}") from None
    return node


def _env(scope: Scope, arguments: Sequence[str]) -> str:
    if not 1 <= len(arguments) <= 2:
        raise TemplatingError("env() needs a name and may have a default")
    found = scope.environment.get(arguments[0])
    if found:  # the tool also treats an empty value as absent
        return found
    if len(arguments) == 2:
        return arguments[1]
    raise TemplatingError(f"the environment variable {arguments[0]} is not set")


def _config(scope: Scope, arguments: Sequence[str]) -> str:
    if list(arguments) != ["AccountID"]:
        raise TemplatingError("config() supports only 'AccountID': there are no credentials here")
    return scope.account_id


def _file(scope: Scope, arguments: Sequence[str]) -> str:
    path = Path(_path(scope, arguments))
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise TemplatingError(f"file('{arguments[0]}') cannot be read") from None


def _path(scope: Scope, arguments: Sequence[str]) -> str:
    if len(arguments) != 1:
        raise TemplatingError("file() and path() need exactly one name")
    return str(within(scope.project, arguments[0], f"'{arguments[0]}'"))


def _json(_scope: Scope, arguments: Sequence[str]) -> Any:
    if len(arguments) != 1:
        raise TemplatingError("json() needs exactly one text")
    try:
        return json.loads(arguments[0])
    except (ValueError, RecursionError):
        raise TemplatingError("json(): the text is not JSON") from None


_FUNCTIONS: dict[str, Callable[[Scope, Sequence[str]], Any]] = {
    "env": _env,
    "config": _config,
    "file": _file,
    "path": _path,
    "json": _json,
}

"""RAM policies: a strict reader of the grammar, and what a statement covers.

Source of the grammar: RAM, "Policy structure and syntax" and "Basic elements of policies".
Anything else is refused. A policy that allows more or less than its author thinks is worse than a
policy that is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fakealiyun import strict_json
from fakealiyun.ram.conditions import Condition, all_hold
from fakealiyun.ram.fit import Fit, all_of, any_of
from fakealiyun.ram.grammar import PolicyElement, PolicyGrammarError, read_principals
from fakealiyun.ram.patterns import ActionPattern, ResourcePattern

__all__ = ["Policy", "PolicyGrammarError", "Statement", "parse_json"]


@dataclass(frozen=True)
class Statement:
    """One statement. Exactly one of `resources` and `principals` is not None."""

    effect: Literal["Allow", "Deny"]
    actions: tuple[ActionPattern, ...]
    actions_negated: bool
    resources: tuple[ResourcePattern, ...] | None
    resources_negated: bool
    principals: Mapping[str, tuple[str, ...]] | None
    conditions: tuple[Condition, ...]

    def covers(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Whether the statement takes effect on this request, for any caller.

        A request has the resource `*` if its operation is permitted only as a whole. The patterns
        that cover it are `*` and a pattern for all resources of the service, nothing narrower.
        """
        if resource == "*":
            resource = f"acs:{action.partition(':')[0]}:*:*:*"
        named = any(pattern.matches(action) for pattern in self.actions)
        if named == self.actions_negated:
            return False
        fit = all_of([self._concerns(resource), all_hold(self.conditions, context)])
        return fit is Fit.YES or (fit is Fit.UNKNOWN and self.effect == "Deny")

    def _concerns(self, resource: str) -> Fit:
        if self.resources is None:
            return Fit.YES
        named = any_of(pattern.matches(resource) for pattern in self.resources)
        return named.negated if self.resources_negated else named


@dataclass(frozen=True, repr=False)
class Policy:
    """A policy that has passed the grammar check."""

    statements: tuple[Statement, ...]
    document: str = field(default="", compare=False)
    """The JSON text that was parsed, as it was given."""

    @classmethod
    def parse(cls, document: str | Mapping[str, Any]) -> Policy:
        """Read an identity policy or a session policy.

        `document` is the JSON text, or the object that the text stands for. Raises
        PolicyGrammarError. Its message names the place: `Statement[0].Effect: expected "Allow" or
        "Deny"`.
        """
        return cls(_statements(document, trust=False), _text(document))

    @classmethod
    def parse_trust(cls, document: str | Mapping[str, Any]) -> Policy:
        """Read a role's trust policy: `Principal` instead of `Resource`, STS actions only."""
        return cls(_statements(document, trust=True), _text(document))

    def __repr__(self) -> str:
        # A policy may contain names of customers and paths, so logs must not show it.
        return f"<Policy of {len(self.statements)} statements>"


def _text(document: str | Mapping[str, Any]) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def _statements(document: str | Mapping[str, Any], *, trust: bool) -> tuple[Statement, ...]:
    root = PolicyElement("", parse_json(document) if isinstance(document, str) else document)
    root.keys(required={"Version", "Statement"})
    if root.member("Version").value != "1":
        raise root.member("Version").error('expected the text "1"')
    return tuple(_statement(item, trust=trust) for item in root.member("Statement").items())


def parse_json(document: str) -> Any:
    """The value of a document, read as strict JSON. Raises PolicyGrammarError."""
    try:
        return strict_json.parse(document)
    except strict_json.StrictJsonError as error:
        raise PolicyGrammarError("", str(error)) from None


def _statement(element: PolicyElement, *, trust: bool) -> Statement:
    subject = {"Principal"} if trust else {"Resource", "NotResource"}
    element.keys(
        required={"Effect"} | (subject if trust else set()),
        optional={"Action", "NotAction", "Condition"} | subject,
    )
    effect = element.member("Effect")
    if effect.value not in ("Allow", "Deny"):
        raise effect.error('expected "Allow" or "Deny"')
    actions = element.one_of("Action", "NotAction")
    resources = None if trust else element.one_of("Resource", "NotResource")
    statement = Statement(
        effect=effect.value,
        actions=tuple(ActionPattern.read(text) for text in actions.texts()),
        actions_negated="NotAction" in element.value,
        resources=None
        if resources is None
        else tuple(map(ResourcePattern.read, resources.texts())),
        resources_negated="NotResource" in element.value,
        principals=read_principals(element.member("Principal")) if trust else None,
        conditions=_conditions(element),
    )
    if trust and (statement.actions_negated or any(p.service != "sts" for p in statement.actions)):
        raise actions.error("a trust policy may name only actions of sts")
    return statement


def _conditions(statement: PolicyElement) -> tuple[Condition, ...]:
    if "Condition" not in statement.value:
        return ()
    found = []
    block = statement.member("Condition")
    for operator in block.members(may_be_empty=True):
        for key in operator.members():
            key.check_condition_key()
            values = tuple(text.value for text in key.texts())
            try:
                found.append(Condition.compile(operator.name, key.name, values))
            except KeyError:
                raise operator.error("unknown condition operator") from None
            except ValueError:
                raise key.error(f"a value that {operator.name} cannot read") from None
    return tuple(found)

"""A plan: each thing that a deployment needs, how it is now, and the calls that would change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ops.columns import padded, width
from ops.text import Text
from ops.voice import told

State = Literal["create", "change", "nothing", "not ours", "unknown"]

TAG = "vodpass"
"""The key of the tag that marks what is ours. Its value is the deployment's name."""


ADOPTED = "adopted by"
"""What stands before the mark in the description of an adopted thing that had none."""


@dataclass(frozen=True)
class Step:
    """One call that changes something. `text` names the operation and what it concerns."""

    text: str
    call: Callable[[], object] = field(repr=False)


@dataclass(frozen=True)
class Thing:
    """A role, a queue or another thing that the deployment needs.

    `needs` are the keys of things that must be there before. `what` says what differs, or why
    nothing is done.
    """

    kind: str
    name: str
    state: State
    what: str = ""
    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names it on the command line: `role/vodpass-upload`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Outcome:
    """What became of a thing: `done`, or why not."""

    thing: Thing
    failure: str = ""


def mark(name: str) -> str:
    """The mark of a deployment in a description, where a service has no tags."""
    return f"{TAG} {name}"


def has_mark(description: str, name: str) -> bool:
    """Whether a description ends with the mark of this deployment."""
    words = mark(name)
    return description == words or description.endswith(f" {words}")


def shown(things: Sequence[Thing], *, every: bool = True) -> list[str]:
    """The plan as lines: state, thing, and what differs."""
    wide = max((width(thing.key) for thing in things), default=0)
    return [
        f"{padded(told(_STATES[thing.state]), 9)} {padded(thing.key, wide)}  "
        f"{told(thing.what)}".rstrip()
        for thing in things
        if every or thing.state != "nothing"
    ]


def counted(things: Iterable[Thing]) -> str:
    """How many things are in which state, as one line."""
    states = [thing.state for thing in things]
    if set(states) <= {"nothing"}:
        return told(f"nothing to do: {len(states)} are as they should be")
    words = {
        "create": "to create",
        "change": "to change",
        "nothing": "as they should be",
        "not ours": "not ours",
        "unknown": "that could not be read",
    }
    return told(_AND).join(
        told(f"{states.count(key)} {text}") for key, text in words.items() if key in states
    )


_AND = Text(", ", "，")
_STATES: Mapping[State, Text] = {
    "create": Text("create", "创建"),
    "change": Text("change", "修改"),
    "nothing": Text("nothing", "不变"),
    "not ours": Text("not ours", "非本部署"),
    "unknown": Text("unknown", "未知"),
}

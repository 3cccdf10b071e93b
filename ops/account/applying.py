"""Does a plan, step by step, and goes on with what does not depend on a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ops.account.answers import NotAnswered, ServiceRefused
from ops.account.plan import Outcome, Thing

_HINTS: Mapping[str, str] = {
    "ProjectAlreadyExist": "another region or account has this name: "
    "python -m ops.setup --set VODPASS_LOG_PROJECT",
}
"""What to say of a code besides its name."""


def apply(things: Iterable[Thing], say: Callable[[str], None]) -> list[Outcome]:
    """Do every step of the plan, in its order. One outcome for each thing that had steps.

    If it is interrupted after any call, what was made is marked as ours already. A new plan then
    has the rest.
    """
    done: list[Outcome] = []
    failed: set[str] = set()
    for thing in things:
        if thing.state == "unknown":
            failed.add(thing.key)
        if not thing.steps:
            continue
        waits = [need for need in thing.needs if need in failed]
        if waits:
            failed.add(thing.key)
            done.append(Outcome(thing, f"needs {waits[0]}"))
            say(f"left     {thing.key}: it needs {waits[0]}")
            continue
        failure = _do(thing, say)
        if failure:
            failed.add(thing.key)
        done.append(Outcome(thing, failure))
    return done


def _do(thing: Thing, say: Callable[[str], None]) -> str:
    for step in thing.steps:
        try:
            step.call()
        except ServiceRefused as refusal:
            hint = _HINTS.get(refusal.code, "")
            failure = f"{refusal}; {hint}" if hint else str(refusal)
        except NotAnswered as fault:
            failure = f"no answer ({fault}); it may have been done: run the command again"
        else:
            say(f"done     {step.text}")
            continue
        say(f"failed   {step.text}: {failure}")
        return failure
    return ""

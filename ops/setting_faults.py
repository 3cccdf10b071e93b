"""All faults of the settings at once, by variable. No text has a value.

The functions stop at the first fault, because they only have to name one. An operator wants to
correct all of them in one round.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.config.settings import SettingsError, load
from shared.config.uses import USES
from shared.config.variables import PREFIX, VARIABLES

PLACEHOLDER = "replace me"
"""What `.env.example` has for each value that an operator must choose."""

_PROJECT = Path(__file__).resolve().parents[1]
_READ_BY_S = re.compile(r"\benv\(\s*['\"](VODPASS_[A-Z0-9_]+)['\"]")
_NAME = re.compile(rf"{PREFIX}[A-Z0-9_]+")

_STAND_INS = {"VODPASS_OSS_BUCKET": "bucket", "VODPASS_OSS_PREFIX": "uploads/"}
"""Valid values for variables that only another one requires. They let the search go on."""


def of_function(environ: Mapping[str, str], uses: frozenset[str]) -> dict[str, str]:
    """Each variable with a fault, for a function that reads `uses`, and what is wrong with it."""
    found = {name: unknown(name) for name in environ if _is_unknown(name)}
    for name, value in environ.items():
        if name in VARIABLES and is_placeholder(value):
            found[name] = f"is still `{PLACEHOLDER}`: it must be {VARIABLES[name].allowed}"
    left = {name: value for name, value in environ.items() if name not in found}
    read = set(uses) - found.keys()
    seen = set(found)
    # Each round leaves out a variable, or gives it a stand-in.
    while (error := _first(left, frozenset(read))) is not None:
        name = error.variable
        others = set(_NAME.findall(error.allowed)) - {name}
        if name not in seen:
            seen.add(name)
            out = {name}
            # A variable that was left out because it is wrong is not missing to the others.
            if not any(environ.get(other) for other in others & seen):
                found[name] = error.allowed
        elif name in _STAND_INS and name not in left:
            left[name] = _STAND_INS[name]
            read.add(name)
            continue
        else:
            out = others & left.keys()
        if not out:
            break
        left = {other: value for other, value in left.items() if other not in out}
        read -= out
    return found


def _first(environ: Mapping[str, str], uses: frozenset[str]) -> SettingsError | None:
    try:
        load(environ, uses)
    except SettingsError as error:
        return error
    return None


def of_process(environ: Mapping[str, str]) -> list[str]:
    """The faults of all functions' variables before `s` renders them, one line for each variable.

    `environ` is the process's environment over `.env`.
    """
    found: dict[str, dict[str, None]] = {}
    for uses in USES.values():
        own = {name: environ[name] for name in uses if environ.get(name)}
        own.setdefault("VODPASS_REGION", "cn-shanghai")  # the default in s.yaml
        for name, text in of_function(own, uses).items():
            found.setdefault(name, {})[text] = None
    return [f"{name}: {text}" for name in sorted(found) for text in found[name]]


def unknown_in(environ: Iterable[str]) -> dict[str, str]:
    """The names that look like settings, but are read by no function and by no s*.yaml."""
    known = read_by_s()
    return {name: unknown(name) for name in sorted(environ) if _is_unknown(name, known)}


def read_by_s() -> set[str]:
    """The variables that `s.yaml` or a file that extends it reads, and no function."""
    read = {
        name
        for path in _PROJECT.glob("s*.yaml")
        for name in _READ_BY_S.findall(path.read_text("utf-8"))
    }
    return read - VARIABLES.keys()


def is_placeholder(value: str) -> bool:
    """Whether a value is still that of `.env.example`."""
    return value.strip().strip("'\"") == PLACEHOLDER


def unknown(name: str) -> str:
    """What to say of a name that is not a setting."""
    near = difflib.get_close_matches(name, {*VARIABLES, *read_by_s()}, n=1)
    return "is not a setting of vodpass" + (f" (did you mean {near[0]}?)" if near else "")


def _is_unknown(name: str, known: Iterable[str] = ()) -> bool:
    return name.startswith(PREFIX) and name not in VARIABLES and name not in known

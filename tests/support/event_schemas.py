"""Every event that a test receives is checked against the schemas of `docs/schemas/`.

Receivers of tests call `check`. A fixture of `tests/conftest.py` fails the test of each violation.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"
ENVELOPE = "envelope"

violations: list[str] = []
"""What was wrong with received events since the last `taken`."""


@functools.cache
def schemas() -> dict[str, Any]:
    """The name of each schema, without `.json`, and its content."""
    return {path.name.removesuffix(".json"): _read(path) for path in FOLDER.iterdir()}


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    found = {f"{known}.json": Resource.from_contents(content) for known, content in named()}
    return Draft202012Validator(
        schemas()[name],
        registry=Registry().with_resources(found.items()),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def named() -> list[tuple[str, Any]]:
    """The schemas, sorted by name."""
    return sorted(schemas().items())


def faults(body: Any) -> list[str]:
    """What is wrong with the body of a webhook: by its schemas, and by what no schema can say."""
    kind = body.get("type") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind == ENVELOPE or kind not in schemas():
        return [f"no schema for the type {kind!r}"]
    found = [
        f"{kind}: {'/'.join(map(str, fault.absolute_path))}: {fault.message}"
        for name in (ENVELOPE, kind)
        for fault in _validator(name).iter_errors(body)
    ]
    data = body.get("data") or {}
    own = [data[name] for name in ("VideoId", "ImageId", "MediaId") if name in data]
    if not found and own != ([body["subject"]] if "subject" in body else []):
        found.append(f"{kind}: the subject is not the medium of data")
    try:
        if "unverified" in body and not found:
            json.loads(body["unverified"], parse_constant=_no_json)
    except ValueError:
        found.append(f"{kind}: unverified is not JSON")
    return found


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # json reads NaN and Infinity; nothing else does


def check(body: Any) -> None:
    """Records what is wrong with a received event."""
    violations.extend(faults(body))


def taken() -> list[str]:
    """The violations since the last call."""
    found = list(violations)
    violations.clear()
    return found

"""Check a rendered `s.yaml` for mistakes that `s` and Function Compute's schema do not report.

    node_modules/.bin/s preview --silent -o json | python3 -m ops.s_yaml

`s deploy` writes a violation of the component's schema only to its debug log. That schema allows
unknown keys and wrong triggers. Here every unknown key is a fault, and the functions' own parsers
read the environment. No message repeats a variable's value.

This runs before every deployment with the operator's own Python, so it needs only the standard
library. The fake Function Compute (`fakealiyun/fc`) checks properties of functions too. The two
stay apart: the fake imports nothing of this project, and this module imports no package.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import dot_env, serverless_devs, setting_faults
from ops.command_line import Parser
from ops.document_shape import DOCUMENT, PREVIEW_RUNTIME, RESERVED_INSTANCES
from ops.domains import between_domains, in_domain
from ops.environment import in_environment
from ops.text import Text
from ops.triggers import between_triggers, in_triggers
from ops.voice import told
from shared.config.uses import USES

PREVIEW_RUNTIME_ABSENT = frozenset({"ap-southeast-1", "ap-southeast-5", "me-central-1"})
"""VOD's regions that do not offer python3.12, by the list of its public preview (2026-06)."""


def faults(document: Any) -> list[str]:
    """The faults of the object that `s preview -o json` prints, one line each."""
    shape = list(DOCUMENT("s.yaml", document))
    # The other checks rely on the right types.
    return shape or [*_between_functions(document), *_in_functions(document)]


def misshapen(document: Any) -> bool:
    """Whether the object has not the shape that other code relies on."""
    return any(DOCUMENT("s.yaml", document))


def warnings(document: Mapping[str, Any]) -> list[str]:
    """What is allowed but unwise in a document without faults, one line each."""
    return [
        f"s.yaml.resources.{name}.component: has no version. The component runs with the "
        "deployer's key and sees every secret; name one, such as fc3@0.1.22"
        for name, resource in document["resources"].items()
        if "@" not in resource["component"]
    ]


def notes(document: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """What a deployer should know of a document without faults, one line each."""
    if not any("customDomain" in one["props"] for one in document["resources"].values()):
        return []
    name = serverless_devs.DOMAIN_COMPONENT
    version = serverless_devs.domain_version(environ)
    found = f"version {version} is in the cache" if version else "it is not in the cache yet"
    return [f"{name}: {found}. fc3 loads it by itself, and no setting pins its version"]


def _in_functions(document: Mapping[str, Any]) -> Iterator[str]:
    for name, resource in document["resources"].items():
        place, props = f"s.yaml.resources.{name}.props", resource["props"]
        if name not in USES:
            yield f"s.yaml.resources.{name}: must be a function: {', '.join(USES)}"
            continue
        core_gb = props["memorySize"] / 1024 / props["cpu"]
        if not 1 <= core_gb <= 4:
            yield f"{place}.memorySize: must be 1 to 4 GB for each core of cpu, is {core_gb:.2f}"
        if round(props["cpu"] * 100) % 5:
            yield f"{place}.cpu: must be a multiple of 0.05"
        if props["runtime"] == PREVIEW_RUNTIME and props["region"] in PREVIEW_RUNTIME_ABSENT:
            yield f"{place}.runtime: {PREVIEW_RUNTIME} is not offered in {props['region']}"
        if props["code"] != f"./build/{name}":
            yield f"{place}.code: must be ./build/{name}, the function's own folder"
        tags = [tag["key"] for tag in props.get("tags", [])]
        if len(set(tags)) < len(tags):
            yield f"{place}.tags: two tags have the same key"
        yield from in_triggers(f"{place}.triggers", name, props)
        yield from in_domain(f"{place}.customDomain", name, props)
        yield from in_environment(f"{place}.environmentVariables", name, props)


def _between_functions(document: Mapping[str, Any]) -> Iterator[str]:
    functions = {name: resource["props"] for name, resource in document["resources"].items()}
    yield from between_triggers(functions)
    yield from between_domains(functions)
    for key in ("functionName", "role", "code"):
        seen: dict[str, str] = {}
        for name, props in functions.items():
            if props[key] in seen:
                yield f"s.yaml.resources.{name}.props.{key}: {seen[props[key]]} has the same"
            seen.setdefault(props[key], name)
    reserved = sum(
        props["concurrencyConfig"]["reservedConcurrency"] for props in functions.values()
    )
    if reserved > RESERVED_INSTANCES:
        yield (
            f"s.yaml.resources: reservedConcurrency must be at most {RESERVED_INSTANCES} in all, "
            f"is {reserved}"
        )
    runs = " ; ".join(action["run"] for action in document["actions"]["pre-deploy"])
    if " | python3 -m ops.s_yaml ;" not in runs:
        yield "s.yaml.actions.pre-deploy: must check with ops.s_yaml before it builds"
    for name, props in functions.items():
        bundle = f"-m ops.bundle --python {props['runtime'].removeprefix('python')} "
        if bundle not in runs:
            yield (
                f"s.yaml.actions.pre-deploy: must build the bundle for the runtime of {name}, "
                f"{props['runtime']}"
            )


def report(found: Iterable[str]) -> list[str]:
    """The faults for an operator: by the variable in `.env`, and each only once."""
    functions: dict[tuple[str, str], list[str]] = {}
    others: dict[str, None] = {}
    for fault in found:
        match = _IN_VARIABLE.fullmatch(fault)
        if match is None:
            others[fault] = None
        else:
            functions.setdefault((match["name"], match["text"]), []).append(match["function"])
    lines = [
        f"{name}: {text} ({', '.join(dict.fromkeys(names))})"
        for (name, text), names in sorted(functions.items(), key=lambda item: item[0][0])
    ]
    return [*lines, *others]


_IN_VARIABLE = re.compile(
    r"s\.yaml\.resources\.(?P<function>[^.]+)\.props\.environmentVariables\.(?P<name>VODPASS_\w+): "
    r"(?P<text>.*)",
    re.DOTALL,
)
_OF_S = re.compile(r"Error Message:\s*(.*?)\s*(?:A complete log|Env: |\Z)", re.DOTALL)
_LONGEST_MESSAGE = 12  # lines


def message_of_s(text: str, environ: Mapping[str, str]) -> list[str]:
    """The message of `s` in its output, without any value of a setting; empty if there is none."""
    found = _OF_S.search(text)
    if found is None or text.lstrip().startswith(("{", "[")):
        return []
    message = found[1]
    for name, value in environ.items():
        if name.startswith("VODPASS_") and len(value) >= _SHORTEST_SECRET:
            message = message.replace(value, f"<{name}>")
    lines = (line.rstrip() for line in message.splitlines())
    return [line for line in lines if line][:_LONGEST_MESSAGE]


def shown(fault: str) -> str:
    """A fault, `place: text (functions)`, in the language that is spoken."""
    place, _, rest = fault.partition(": ")
    text, functions = _FUNCTIONS.fullmatch(rest).groups()  # type: ignore[union-attr] # always fits
    return f"{place}{told(_MARK)}{told(text)}{functions}"


_FUNCTIONS = re.compile(r"(.*?)((?: \([a-z, ]+\))?)", re.DOTALL)
_MARK = Text(": ", "：")
_WARNING = Text("warning: ", "警告：")
_NOTE = Text("note: ", "提示：")
_SHORTEST_SECRET = 8  # characters; a shorter value is a number or a name


def main(argv: Sequence[str] | None = None) -> int:
    """Check the document on standard input; returns 0 if it has no fault, else 1."""
    Parser(
        prog="python3 -m ops.s_yaml",
        description="Check what `s preview --silent -o json` prints, on standard input. Prints one "
        "line for each fault, but no value of a variable. Also names unknown VODPASS_ variables in "
        ".env and in the environment.",
        epilog="exit codes: 0 no fault, 1 a fault, or standard input has no document",
    ).parse_args(argv)
    environ = {**dot_env.read(Path(".env")), **os.environ}
    unknown = [f"{name}: {text}" for name, text in setting_faults.unknown_in(environ).items()]
    text = sys.stdin.read()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        _report_no_document(text, environ, unknown)
        return 1
    found = [*unknown, *report(faults(document))]
    for fault in found:
        print(shown(fault))
    if not found:
        for line in warnings(document):
            print(f"{told(_WARNING)}{shown(line)}", file=sys.stderr)
        for line in notes(document, os.environ):
            print(f"{told(_NOTE)}{shown(line)}", file=sys.stderr)
        print(shown(f"s.yaml: {len(document['resources'])} functions, no fault"))
    return 1 if found else 0


def _report_no_document(text: str, environ: Mapping[str, str], unknown: Sequence[str]) -> None:
    message = message_of_s(text, environ)
    if not message:
        print(shown("s.yaml: standard input is not what `s preview --silent -o json` prints"))
        return
    print(shown("s.yaml: `s preview` failed:"))
    for line in message:
        print(f"  {line}")
    # `s` stops at the first variable that is missing; name all faults that can be known now.
    for fault in (*unknown, *setting_faults.of_process(environ)):
        print(shown(fault))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m fakealiyun.coverage`: write `docs/coverage.md` from the code of the operations.

For each operation, the page says what the fake does, and on which facts that rests. With `--check`
it only reports whether the file is current. It needs a source checkout.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fakealiyun.control import Control
from fakealiyun.fact import GUESSED, PROVENANCES, Fact
from fakealiyun.facts import TITLES, all_facts, facts_of, limits_of
from fakealiyun.fake_cloud import FakeCloud
from fakealiyun.faults import KINDS
from fakealiyun.mns.operations import OPERATIONS as MNS_OPERATIONS
from fakealiyun.openapi.types import Operation, Service
from fakealiyun.oss.offer import offered
from fakealiyun.sls.operations import OPERATIONS as SLS_OPERATIONS
from fakealiyun.vod.progress import ANONYMOUS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"

_HEAD = """\
<!-- Written by python -m fakealiyun.coverage. Do not edit. -->
# What the fake Alibaba Cloud does

`python -m fakealiyun` serves one account on one loopback port. It always checks signatures, expiry,
nonces, permissions and states; no option turns this off. It refuses everything that this page does
not list: OpenAPI with `InvalidAction.NotFound`, OSS with `NotImplemented`, Function Compute with
`PathNotSupported`, SMQ with `InvalidRequestURL`.

*Wall* time is the machine's time. The fake checks the dates that clients sign against it, and the
expiry of signed URLs and forms. *Cloud* time is moved by `POST /_local/clock`. It decides about the
expiry of credentials, about states and timers, and about the `Date` of every answer.

## How it knows

A fact about the real service is *recorded* (a real answer was seen), *documented* (the vendor's
documentation or the source of a vendor's SDK says so) or *guessed*. `fakealiyun verify` checks the
facts that have a probe against a real account.

@COUNTS@
All guesses are in [one list](#all-guesses) at the end.

## The OpenAPI gateway (VOD, STS and RAM)

| what | how |
|---|---|
| signatures | ACS3-HMAC-SHA256, and RPC with HMAC-SHA1 by GET or POST (query and form) |
| date | at most 15 minutes before or after wall time |
| RPC without `Timestamp` | only with a SecurityToken, and only for operations marked *web* |
| nonce | valid once for each AccessKey, for as long as the request could be accepted |
| token | different errors for missing, malformed, expired, and another key's token |
| permission | the RAM policies of the user or role, and the session policy |
| pages in a browser | refused from other origins, except *web* operations with a SecurityToken |
"""

_CALLBACKS = """\
## VOD's callbacks

| what | how |
|---|---|
| by HTTP | POST of JSON. Only status 200 within 5 seconds is success. No redirects; the answer's \
body is not read |
| to a queue | the same JSON, to an existing queue at the account's own MNS endpoint |
| attempts | 3, one second of cloud time apart. Then the event is lost |
| signature | `X-VOD-TIMESTAMP` by wall time and `X-VOD-SIGNATURE`, if AuthSwitch is on |
| receivers | only addresses of this machine. SetMessageCallback accepts others; the fake records \
their callbacks in `GET /_local/state` and never connects to them |
| queues | those of SMQ, below. A queue also exists without CreateQueue if a trigger reads it or \
`/_local/queues` sent a message to it |
"""


_MNS = """\
## SMQ (formerly MNS)

Queues with the API version 2015-06-06. The host is `ACCOUNT.mns.REGION.localhost` on the cloud's
port, or the plain address if the request is signed `MNS …` or has `x-mns-version`. Topics are
refused.

| what | how |
|---|---|
| signature | `Authorization: MNS <AccessKeyId>:<signature>`, HMAC-SHA1 |
| version | `x-mns-version: 2015-06-06`, required in every request |
| date | `Date` or `x-mns-date`, at most 15 minutes before or after wall time |
| token | `security-token`. It expires by cloud time |
| Content-MD5 | checked if sent: base64 of the digest, or of its hexadecimal form |
| permission | `mns:<operation>` on `acs:mns:<region>:<account>:<path>`. Batches have their own |
| body | XML in UTF-8, at most 512 KB, without a document type or unknown elements |
| messages | Delayed for 0 to 604800 seconds, then Active. Inactive for 1 to 43200 seconds after a \
receive. Priorities 1 to 16. All by cloud time |
| waiting | up to 30 seconds of cloud time. It ends when a message arrives or becomes visible |
| pages in a browser | refused; no CORS header |
"""

_FC = """\
## Function Compute

The calls of `s deploy`, `plan`, `info`, `invoke` and `remove` (2023-03-30), and the answers of
2021-04-06 in an account without services. Without `--allow-deploy`, every call that changes
something is refused. The cloud stores functions. `FakeCloud.fc.serve_with` connects a runner for
them.

| what | how |
|---|---|
| signature | ACS3-HMAC-SHA256 over method, path, query and body; nonce, date and token as above |
| permission | `fc:<operation>` on `acs:fc:<region>:<account>:functions/<name>…` |
| credential to upload code | `GET /2016-08-15/tempBucketToken`, signed \
`FC <AccessKeyId>:<signature>` |
| packages | at most 50 MB inside a request and 500 MB through OSS; unpacked at most 512 MB and \
20000 files; no name or link leads out of the package |
| HTTP triggers | `anonymous`, and `function` with ACS3-HMAC-SHA256. The runner serves them |
| not supported | answered with 501 `NotImplemented` |
"""


_SLS = """\
## Simple Log Service

The host is `PROJECT.REGION.log.localhost` on the cloud's port. `fakealiyun.testing.local_names`
makes a process resolve such names.
"""


def page(cloud: FakeCloud) -> str:
    """The complete page."""
    parts = [_HEAD.replace("@COUNTS@", _counts()), _foundations("openapi")]
    for title, service in (("VOD", cloud.vod), ("STS", cloud.sts), ("RAM", cloud.ram_api)):
        parts.append(f"## {title} {service.version}\n")
        parts.extend(_operations(service))
        if service.name == "ram":
            parts.append("## ResourceManager 2020-03-31\n")
            parts.extend(_operations(cloud.resource_manager))
        if service.name == "vod":
            parts.append("## VOD, as the web uploader calls it without an AccessKey\n")
            parts.extend(_entry(name, answer) for name, answer in ANONYMOUS.items())
            parts.append(_CALLBACKS)
        parts.append(f"### Facts about {title}\n")
        parts.append(_foundations(service.name))
    parts += [_MNS, _mns(), _mns_control(cloud), _foundations("mns")]
    parts += [_FC, _fc(cloud), _foundations("fc")]
    parts += [_SLS, _sls(), _foundations("sls")]
    parts += ["## Certificate Management 2018-07-13\n", *_certificates(cloud), _foundations("cas")]
    parts += ["## OSS\n", _oss(), _foundations("oss")]
    parts += ["## Control\n", _control(cloud)]
    parts += ["## All guesses\n", _guesses()]
    return "\n".join(parts)


def _summary(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring, on one line."""
    text = inspect.getdoc(function) or ""
    return " ".join(text.split("\n\n")[0].split())


def _entry(name: str, handler: Callable[..., Any]) -> str:
    return f"### {name}\n\n{_described(name, handler)}\n"


def _described(name: str, handler: Callable[..., Any]) -> str:
    """The summary of a handler, without the name of the operation in front."""
    text = _summary(handler).removeprefix(f"{name}: ")
    return text[:1].upper() + text[1:]


def _counts() -> str:
    """The number of facts for each service and provenance, as a table."""
    lines = [
        f"| service | {' | '.join(PROVENANCES)} | all | with a probe |",
        "|---|" + "---|" * (len(PROVENANCES) + 2),
    ]
    rows = [(title, facts_of(service)) for service, title in TITLES.items()]
    for title, facts in (*rows, ("all", all_facts())):
        numbers = [sum(fact.provenance == one for fact in facts) for one in PROVENANCES]
        numbers += [len(facts), sum(bool(fact.probe) for fact in facts)]
        lines.append(f"| {title} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines) + "\n"


def _foundations(service: str) -> str:
    """The facts and the limits of a service that do not belong to single operations."""
    general = [fact for fact in facts_of(service) if not fact.operations]
    limits = [f"- {limit}" for limit in limits_of(service)]
    parts = [*_table(general), "", "What the fake leaves out or refuses:", "", *limits]
    return "\n".join(parts) + "\n"


def _table(facts: Iterable[Fact]) -> list[str]:
    lines = ["| fact | provenance, source | |", "|---|---|---|"]
    lines += [f"| {_cell(fact.statement)} | {_origin(fact)} | `{fact.id}` |" for fact in facts]
    return lines


def _origin(fact: Fact) -> str:
    return f"*{fact.provenance}*, {fact.date}: {_cell(fact.source)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _guesses() -> str:
    """Every guess, with its probe or the reason why it has none."""
    lines = ["| guess | rests on | checked by |", "|---|---|---|"]
    for fact in all_facts():
        if fact.provenance == GUESSED:
            checked = "a probe" if fact.probe else f"no probe: {fact.no_probe}"
            statement = f"`{fact.id}`: {_cell(fact.statement)}"
            lines.append(f"| {statement} | {_cell(fact.source)} | {checked} |")
    return "\n".join(lines) + "\n"


def _operations(service: Service) -> Iterable[str]:
    for name, operation in service.operations.items():
        yield _entry(name, operation.handler) + _rests_on(service, name, operation)


def _rests_on(service: Service, name: str, operation: Operation) -> str:
    permission = f"`{service.name}:{name}`" if operation.needs_permission else "none needed"
    lines = [f"- Permission: {permission}{'; *web*' if operation.web else ''}"]
    facts = [fact for fact in facts_of(service.name) if name in fact.operations]
    return "\n" + "\n".join([*lines, *(["", *_table(facts)] if facts else [])]) + "\n"


def _fc(cloud: FakeCloud) -> str:
    lines = ["| operation | call | what |", "|---|---|---|"]
    for operation in cloud.fc.operations.all:
        description = _described(operation.name, operation.handler)
        call = f"`{operation.method} {operation.path}`"
        lines.append(f"| {operation.name} | {call} | {description} |")
    return "\n".join([*lines, "", *_of_operations("fc")]) + "\n"


def _mns() -> str:
    lines = ["| operation | call | what |", "|---|---|---|"]
    for operation in MNS_OPERATIONS.values():
        query = "&".join(f"{name}=" for name in operation.query)
        call = f"`{operation.method} {operation.path}{f'?{query}' if query else ''}`"
        description = _described(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {call} | {description} |")
    return "\n".join([*lines, "", *_of_operations("mns")]) + "\n"


def _mns_control(cloud: FakeCloud) -> str:
    lines = [
        "The control API (mns-open, 2022-01-19) reaches the same queues by OpenAPI:",
        "",
        "| operation | what |",
        "|---|---|",
    ]
    for name, operation in cloud.mns_control.operations.items():
        lines.append(f"| {name} | {_described(name, operation.handler)} |")
    return "\n".join(lines) + "\n"


def _certificates(cloud: FakeCloud) -> list[str]:
    entries = [_entry(name, one.handler) for name, one in cloud.cas.operations.items()]
    return [*entries, "\n".join(_of_operations("cas")) + "\n"]


def _sls() -> str:
    lines = ["| operation | call | permission | what |", "|---|---|---|---|"]
    for operation in SLS_OPERATIONS:
        call = f"`{operation.method} {operation.path}`"
        description = _described(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {call} | `{operation.ram_action}` | {description} |")
    return "\n".join([*lines, "", *_of_operations("sls")]) + "\n"


def _oss() -> str:
    lines = ["| operation | permission | what |", "|---|---|---|"]
    for operation in offered():
        permission = " or ".join(f"`{action}`" for action in operation.actions)
        description = _described(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {permission} | {description} |")
    return "\n".join([*lines, "", *_of_operations("oss")]) + "\n"


def _of_operations(service: str) -> list[str]:
    """The facts about single operations of a service, as a table."""
    lines = ["| operation | fact | provenance, source | |", "|---|---|---|---|"]
    for fact in facts_of(service):
        if fact.operations:
            names, statement = ", ".join(fact.operations), _cell(fact.statement)
            lines.append(f"| {names} | {statement} | {_origin(fact)} | `{fact.id}` |")
    return lines


def _control(cloud: FakeCloud) -> str:
    lines = ["| route | what |", "|---|---|"]
    lines += [f"| `{route}` | {_summary(what)} |" for route, what in Control(cloud).routes()]
    lines.append("")
    lines.append("Kinds of faults, with their parameters:")
    lines.append("")
    lines += [
        f"- `{kind}`" + (f": {', '.join(f'`{p}`' for p in parameters)}" if parameters else "")
        for kind, parameters in KINDS.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or check it. Returns 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare the file, and do not write it"
    )
    arguments = parser.parse_args()
    if not PAGE.parent.is_dir():
        parser.error(f"there is no {PAGE.parent}: run this in a source checkout")
    text = page(FakeCloud())
    if arguments.check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("current" if current else "not current: run python -m fakealiyun.coverage")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

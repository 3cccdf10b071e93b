"""`python -m fakealiyun.coverage`: write `docs/coverage.md` from what the operations declare.

The page says operation by operation what is faked, where the facts come from, and what is in
doubt. `--check` only tells whether the file is current.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fakealiyun.control import Control
from fakealiyun.fake_cloud import FakeCloud
from fakealiyun.faults import KINDS
from fakealiyun.mns.doubts import DOUBTS as MNS_DOUBTS
from fakealiyun.mns.operations import OPERATIONS as MNS_OPERATIONS
from fakealiyun.openapi.types import Operation, Service
from fakealiyun.oss.offer import DOUBTS, offered
from fakealiyun.vod.progress import ANONYMOUS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"

_HEAD = """\
<!-- Written by python -m fakealiyun.coverage; do not edit. -->
# What the fake Alibaba Cloud does

`python -m fakealiyun` serves one account on one loopback port. Signatures, expiry, nonces,
permissions and states are always checked; nothing switches them off. What is not listed here is
refused: OpenAPI with `InvalidAction.NotFound`, OSS with `NotImplemented`, Function Compute with
`PathNotSupported`, SMQ with `InvalidRequestURL`.

*Wall* time judges the dates that clients sign, and until when their signed URLs and forms are
good; *cloud* time, which `POST /_local/clock` moves, decides the expiry of what the cloud hands
out, states, timers and the `Date` of every answer.

## The OpenAPI gateway (VOD and STS)

| what | how |
|---|---|
| signatures | ACS3-HMAC-SHA256, and RPC with HMAC-SHA1 by GET or POST (query and form) |
| date | within 15 minutes of wall time, either way |
| RPC without `Timestamp` | only with a SecurityToken, for the operations marked *web* |
| nonce | once for each AccessKey, for as long as the request could be accepted |
| token | missing, malformed, another key's and expired are told apart |
| permission | RAM policies of the user or role, and the session policy |
| pages in a browser | foreign origins are refused, but for *web* operations with a SecurityToken |

In doubt:

- The HTTP status of signature and token errors: the vendor's tables say 400 and 403; 400 here.
- The code of a permission refusal by VOD: Forbidden.RAM here.
- Repeated parameters, broken escapes and unsigned `x-acs-*` headers are refused.
- The order of the checks: date, AccessKey, signature, token, nonce, permission.
- RegionId, added unsigned by the web player to the address of a custom server, is left out of the
  signature when the request carries no `Timestamp`.
"""

_CALLBACKS = """\
## VOD's callbacks

| what | how |
|---|---|
| by HTTP | POST of JSON; success is exactly 200 within 5 seconds; no redirects, the answer unread |
| to a queue | the same JSON, into a queue that exists at the account's own MNS endpoint |
| attempts | 3, one second of cloud time apart; then the event is lost |
| signature | `X-VOD-TIMESTAMP` by wall time, `X-VOD-SIGNATURE`, where AuthSwitch is on |
| receivers | this machine's own addresses; any other is accepted by SetMessageCallback and \
recorded in `GET /_local/state`, but never connected to |
| queues | those of SMQ, below; one that a trigger reads, or a message was sent to by \
`/_local/queues`, exists without CreateQueue |

In doubt:

- `Content-Type: application/json`, no `User-Agent`: neither is documented.
- The URL that is hashed is the one that is called, also where the upload's UserData names it.
- An upload's own URL gets what the account's would have got, in its place. It counts for nothing \
once the video is deleted, nor where the account's callbacks go to a queue (a setting).
- A configuration that changes between two attempts does not change the second.
- FileUploadComplete has Status and Extend. Fps is missing of streams, as nothing is transcoded.
- MediaBaseChangeComplete is raised by CreateUploadVideo and DeleteVideo alone; MediaContent is an \
object, as in the sample, its members JSON text.
- SnapshotComplete and every event of an operation that is not faked are never sent.
- A video that needs no transcoding is announced by FileUploadComplete alone.
"""


_MNS = """\
## SMQ (formerly MNS)

Queues by the API 2015-06-06, at `ACCOUNT.mns.REGION.localhost` on the cloud's port, or at its plain
address where the request is signed `MNS …` or has `x-mns-version`. Topics are refused.

| what | how |
|---|---|
| signature | `Authorization: MNS <AccessKeyId>:<signature>`, HMAC-SHA1 |
| version | `x-mns-version: 2015-06-06`, which every request has |
| date | `Date` or `x-mns-date`, within 15 minutes of wall time, either way |
| token | `security-token`; its time ends by cloud time |
| Content-MD5 | where it is sent; base64 of the digest, or of its hexadecimal form |
| permission | `mns:<operation>` on `acs:mns:<region>:<account>:<path>`, batches have their own |
| body | XML in UTF-8, 512 KB at most, without a document type or unknown elements |
| messages | Delayed for 0 to 604800 seconds, then Active, Inactive for 1 to 43200 once received; \
priorities 1 to 16; all by cloud time |
| waiting | up to 30 seconds of cloud time; ends with a message, also one that the clock brings |
| pages in a browser | refused; no CORS header |
"""

_FC = """\
## Function Compute

The calls of `s deploy`, `plan`, `info`, `invoke` and `remove` (2023-03-30), and what 2021-04-06
says in an account without services. Everything that changes something is refused unless the cloud
was started with `--allow-deploy`; under `python -m local` the gateway then runs what is deployed.

| what | how |
|---|---|
| signature | ACS3-HMAC-SHA256 over method, path, query and body; nonce, date and token as above |
| permission | `fc:<operation>` on `acs:fc:<region>:<account>:functions/<name>…` |
| key to upload code | `GET /2016-08-15/tempBucketToken`, signed `FC <AccessKeyId>:<signature>` |
| packages | 50 MB inside a request, 500 MB through OSS; unpacked 512 MB and 20000 files at most; \
nothing leads out |
| HTTP triggers | `anonymous`, and `function` with ACS3-HMAC-SHA256; at `/<functionName>` on the \
gateway |
| not acted out | answered with 501 `NotImplemented` |
"""

_FC_DOUBTS = """\
- Codes and statuses are those of the table about 2.0; a wrong token keeps OpenAPI's codes.
- The permission for the key to upload code is not documented: every identity of the account has it.
- An HTTP trigger refuses the signature of 2.0: callers report `invalid authorization` for it.
- The documented call of a signed trigger has no nonce and leaves the body out of the signature.
- The addresses of triggers answer preflights on the real service; here the function does."""


def page(cloud: FakeCloud) -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, service in (("VOD", cloud.vod), ("STS", cloud.sts)):
        parts.append(f"## {title} {service.version}\n")
        parts.extend(_operations(service))
    parts.append("## VOD, called by the web uploader without an AccessKey\n")
    parts.extend(_entry(name, answer) for name, answer in ANONYMOUS.items())
    parts.append(_CALLBACKS)
    parts.append(_MNS)
    parts.append(_mns())
    parts.append(_FC)
    parts.append(_fc(cloud))
    parts.append("## OSS\n")
    parts.append(_oss())
    parts.append("## Control\n")
    parts.append(_control(cloud))
    return "\n".join(parts)


def _summary(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring, on one line."""
    text = inspect.getdoc(function) or ""
    return " ".join(text.split("\n\n")[0].split())


def _entry(name: str, handler: Callable[..., Any]) -> str:
    return f"### {name}\n\n{_told(name, handler)}\n"


def _told(name: str, handler: Callable[..., Any]) -> str:
    """The summary without the operation's name in front."""
    text = _summary(handler).removeprefix(f"{name}: ")
    return text[:1].upper() + text[1:]


def _operations(service: Service) -> Iterable[str]:
    for name, operation in service.operations.items():
        yield _entry(name, operation.handler) + _facts(service, name, operation)


def _facts(service: Service, name: str, operation: Operation) -> str:
    permission = f"`{service.name}:{name}`" if operation.needs_permission else "none needed"
    lines = [
        f"- Permission: {permission}{'; *web*' if operation.web else ''}",
        f"- Source: {operation.source}",
        *(f"- In doubt: {doubt}" for doubt in operation.doubts),
    ]
    return "\n" + "\n".join(lines) + "\n"


def _fc(cloud: FakeCloud) -> str:
    lines = ["| operation | call | what |", "|---|---|---|"]
    doubts: list[str] = []
    for operation in cloud.fc.operations.all:
        told = _told(operation.name, operation.handler)
        call = f"`{operation.method} {operation.path}`"
        lines.append(f"| {operation.name} | {call} | {told} |")
        doubts += [f"- {operation.name}: {doubt}" for doubt in operation.doubts]
    lines += ["", "In doubt:", "", _FC_DOUBTS, *doubts]
    return "\n".join(lines) + "\n"


def _mns() -> str:
    lines = ["| operation | call | what |", "|---|---|---|"]
    for operation in MNS_OPERATIONS.values():
        query = "&".join(f"{name}=" for name in operation.query)
        call = f"`{operation.method} {operation.path}{f'?{query}' if query else ''}`"
        told = _told(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {call} | {told} |")
    lines += ["", "In doubt:", "", *(f"- {doubt}" for doubt in MNS_DOUBTS)]
    return "\n".join(lines) + "\n"


def _oss() -> str:
    lines = ["| operation | permission | what |", "|---|---|---|"]
    for operation in offered():
        permission = " or ".join(f"`{action}`" for action in operation.actions)
        told = _told(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {permission} | {told} |")
    lines += ["", "In doubt:", "", *(f"- {doubt}" for doubt in DOUBTS)]
    return "\n".join(lines) + "\n"


def _control(cloud: FakeCloud) -> str:
    lines = ["| route | what |", "|---|---|"]
    lines += [f"| `{route}` | {_summary(what)} |" for route, what in Control(cloud).routes()]
    lines.append("")
    lines.append("Faults, with their parameters:")
    lines.append("")
    lines += [
        f"- `{kind}`" + (f": {', '.join(f'`{p}`' for p in taken)}" if taken else "")
        for kind, taken in KINDS.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or check it; 1 when it was not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="do not write, only compare")
    arguments = parser.parse_args()
    text = page(FakeCloud())
    if arguments.check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("current" if current else "not current: run python -m fakealiyun.coverage")
        return 0 if current else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

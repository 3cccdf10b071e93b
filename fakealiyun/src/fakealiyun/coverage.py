"""`python -m fakealiyun.coverage`: write `docs/coverage.md` from the code of the operations.

For each operation, the page says what the fake does, the source of the facts, and what is in
doubt. With `--check` it only reports whether the file is current. It needs a source checkout.
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
<!-- Written by python -m fakealiyun.coverage. Do not edit. -->
# What the fake Alibaba Cloud does

`python -m fakealiyun` serves one account on one loopback port. It always checks signatures, expiry,
nonces, permissions and states; no option turns this off. It refuses everything that this page does
not list: OpenAPI with `InvalidAction.NotFound`, OSS with `NotImplemented`, Function Compute with
`PathNotSupported`, SMQ with `InvalidRequestURL`.

*Wall* time is the machine's time. The fake checks the dates that clients sign against it, and the
expiry of signed URLs and forms. *Cloud* time is moved by `POST /_local/clock`. It decides about the
expiry of credentials, about states and timers, and about the `Date` of every answer.

## The OpenAPI gateway (VOD and STS)

| what | how |
|---|---|
| signatures | ACS3-HMAC-SHA256, and RPC with HMAC-SHA1 by GET or POST (query and form) |
| date | at most 15 minutes before or after wall time |
| RPC without `Timestamp` | only with a SecurityToken, and only for operations marked *web* |
| nonce | valid once for each AccessKey, for as long as the request could be accepted |
| token | different errors for missing, malformed, expired, and another key's token |
| permission | the RAM policies of the user or role, and the session policy |
| pages in a browser | refused from other origins, except *web* operations with a SecurityToken |

In doubt:

- The HTTP status of signature and token errors: the vendor's tables say 400 and 403. Here 400.
- The code of a permission refusal by VOD: here Forbidden.RAM.
- Repeated parameters, broken escapes and unsigned `x-acs-*` headers are refused.
- The order of the checks: date, AccessKey, signature, token, nonce, permission.
- With a custom server, the web player adds RegionId to the URL unsigned. If the request has no
  `Timestamp`, the signature may leave RegionId out.
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

In doubt:

- `Content-Type: application/json` and no `User-Agent`: neither is documented.
- The signed URL is the called URL, also if the upload's UserData names it.
- The URL of an upload gets the events instead of the account's URL. It has no effect after the \
video is deleted, or if the account's callbacks go to a queue (a setting).
- If the configuration changes between two attempts, the second attempt does not change.
- FileUploadComplete has Status and Extend. Streams have no Fps, because nothing is transcoded.
- Only CreateUploadVideo and DeleteVideo cause MediaBaseChangeComplete. MediaContent is an object, \
as in the sample, and its members are JSON text.
- SnapshotComplete, and every event of an operation that is not faked, is never sent.
- If a video needs no transcoding, FileUploadComplete is its only event.
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

_FC_DOUBTS = """\
- Codes and statuses are from the table about 2.0. For a wrong token, they are those of OpenAPI.
- The permission for the credential to upload code is not documented. Every identity of the \
account has it.
- An HTTP trigger refuses the signature of 2.0. Callers report `invalid authorization` for it.
- The documented call of a signed trigger has no nonce, and its signature does not cover the body.
- On the real service, the addresses of triggers answer preflights. Here the function does."""


def page(cloud: FakeCloud) -> str:
    """The complete page."""
    parts = [_HEAD]
    for title, service in (("VOD", cloud.vod), ("STS", cloud.sts)):
        parts.append(f"## {title} {service.version}\n")
        parts.extend(_operations(service))
    parts.append("## VOD, as the web uploader calls it without an AccessKey\n")
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
    return f"### {name}\n\n{_described(name, handler)}\n"


def _described(name: str, handler: Callable[..., Any]) -> str:
    """The summary of a handler, without the name of the operation in front."""
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
        description = _described(operation.name, operation.handler)
        call = f"`{operation.method} {operation.path}`"
        lines.append(f"| {operation.name} | {call} | {description} |")
        doubts += [f"- {operation.name}: {doubt}" for doubt in operation.doubts]
    lines += ["", "In doubt:", "", _FC_DOUBTS, *doubts]
    return "\n".join(lines) + "\n"


def _mns() -> str:
    lines = ["| operation | call | what |", "|---|---|---|"]
    for operation in MNS_OPERATIONS.values():
        query = "&".join(f"{name}=" for name in operation.query)
        call = f"`{operation.method} {operation.path}{f'?{query}' if query else ''}`"
        description = _described(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {call} | {description} |")
    lines += ["", "In doubt:", "", *(f"- {doubt}" for doubt in MNS_DOUBTS)]
    return "\n".join(lines) + "\n"


def _oss() -> str:
    lines = ["| operation | permission | what |", "|---|---|---|"]
    for operation in offered():
        permission = " or ".join(f"`{action}`" for action in operation.actions)
        description = _described(operation.name, operation.handler)
        lines.append(f"| {operation.name} | {permission} | {description} |")
    lines += ["", "In doubt:", "", *(f"- {doubt}" for doubt in DOUBTS)]
    return "\n".join(lines) + "\n"


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

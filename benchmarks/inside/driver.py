"""Calls a function, or only the SDK, many times. Runs in the measured process.

python driver.py function            the handler of ./index.py; the event is in BENCHMARK_EVENT
python driver.py sdk                 only the SDK call of ./index.py

Each line of standard input is the number of calls of one run. Each run prints one line of JSON:
`seconds` of the run, `calls` (seconds of each call), `sdk` (seconds of each call that were spent in
methods of the SDK) and `resident` (memory in kB after the run).
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_in_sdk = 0.0


class Context:
    """A context without a credential, as in the runtime python3.12."""

    request_id = "benchmark"


def timed(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        global _in_sdk  # noqa: PLW0603
        begin = time.perf_counter()
        try:
            return method(*arguments, **named)
        finally:
            _in_sdk += time.perf_counter() - begin

    return call


def watch_sdk() -> None:
    """Add up the time spent in the methods of the SDK's client."""
    for name in ("alibabacloud_vod20170321.client", "alibabacloud_sts20150401.client"):
        if name in sys.modules:
            client = sys.modules[name].Client
            for method in list(vars(client)):
                if method.endswith("_with_options"):
                    setattr(client, method, timed(getattr(client, method)))


def resident() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def main(mode: str) -> None:
    answers, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115 - log lines go nowhere
    sys.path[0] = os.environ["FC_FUNC_CODE_PATH"]
    index = __import__("index")

    event = os.environ["BENCHMARK_EVENT"].encode()
    context = Context()

    def function() -> None:
        answer = index.handler(event, context)
        json.dumps(answer)  # as the runtime does
        if answer is not None and answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    parsed = json.loads(event)

    def sdk() -> None:
        index.issue(parsed)

    call = function if mode == "function" else sdk
    call()  # creates what is created only once
    watch_sdk()
    for line in sys.stdin:
        print(json.dumps(run(call, int(line))), file=answers, flush=True)


def run(call: Callable[[], None], count: int) -> dict[str, Any]:
    global _in_sdk  # noqa: PLW0603
    calls, sdk = [], []
    start = time.perf_counter()
    for _ in range(count):
        _in_sdk = 0.0
        begin = time.perf_counter()
        call()
        calls.append(time.perf_counter() - begin)
        sdk.append(_in_sdk)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "calls": calls, "sdk": sdk, "resident": resident()}


if __name__ == "__main__":
    main(sys.argv[1])

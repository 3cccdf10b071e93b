"""Has an initializer and a preStop hook. Both write a line to a file."""

import os
from typing import Any

initialized: list[str] = []


def initialize(context: Any) -> None:
    initialized.append(context.request_id)
    if os.environ.get("FAIL") == "yes":
        raise RuntimeError("cannot start")


def pre_stop(context: Any) -> None:
    with open(os.environ["TRACE"], "a") as trace:
        trace.write("stopped\n")


def handler(event: bytes, context: Any) -> Any:
    return {"initialized": initialized, "request": context.request_id}

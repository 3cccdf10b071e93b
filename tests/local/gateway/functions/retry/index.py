"""Fails until it was called as often as the query says.

Every call writes a line to the file `trace` and waits while the file `trace`.hold exists.
"""

import json
import os
import time
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    query = json.loads(event)["queryParameters"]
    with open(query["trace"], "a") as trace:
        trace.write(context.request_id + "\n")
    with open(query["trace"]) as trace:
        calls = len(trace.readlines())
    while os.path.exists(query["trace"] + ".hold"):
        time.sleep(0.01)
    if calls < int(query["until"]):
        raise RuntimeError("not yet")
    return "at last"

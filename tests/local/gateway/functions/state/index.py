"""Counts its calls. The query can name a file that a call waits for."""
# ruff: noqa: PLW0603

import json
import os
import time
from typing import Any

calls = 0
running = 0


def handler(event: bytes, context: Any) -> Any:
    global calls, running
    calls += 1
    running += 1
    query = json.loads(event)["queryParameters"]
    if "started" in query:
        open(query["started"], "a").close()
    while "gate" in query and not os.path.exists(query["gate"]):
        time.sleep(0.005)
    answer = {"pid": os.getpid(), "calls": calls, "running": running}
    running -= 1
    return answer

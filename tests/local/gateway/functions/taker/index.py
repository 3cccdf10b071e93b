"""Writes each event it is given to the file TRACE, waits as long as TRACE.hold exists, and raises
as long as TRACE.refuse does."""

import json
import os
import time
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    trace = os.environ["TRACE"]
    line = {"event": json.loads(event), "request": context.request_id}
    with open(trace, "a") as file:
        file.write(json.dumps(line) + "\n")
    while os.path.exists(trace + ".hold"):
        time.sleep(0.01)
    if os.path.exists(trace + ".refuse"):
        raise RuntimeError("not now")
    return {"statusCode": 500, "body": "an answer is no failure"}

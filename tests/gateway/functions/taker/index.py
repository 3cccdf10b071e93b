"""Writes each event it is given to the file TRACE, and raises as long as TRACE.refuse exists."""

import json
import os
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    trace = os.environ["TRACE"]
    line = {"event": json.loads(event), "request": context.request_id}
    with open(trace, "a") as file:
        file.write(json.dumps(line) + "\n")
    if os.path.exists(trace + ".refuse"):
        raise RuntimeError("not now")
    return {"statusCode": 500, "body": "an answer is no failure"}

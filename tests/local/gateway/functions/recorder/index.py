"""Writes each event to the file TRACE.

It waits while the file TRACE.hold exists, and raises while TRACE.refuse exists.
"""

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
    return {"statusCode": 500, "body": "a returned value is not a failure"}

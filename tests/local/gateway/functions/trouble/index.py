"""Fails in the way that the query names."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any


class Unlucky(Exception):
    pass


def helper() -> None:
    raise Unlucky("seven years")


def handler(event: bytes, context: Any) -> Any:
    query = json.loads(event)["queryParameters"]
    how = query.get("how")
    if how == "raise":
        helper()
    if how == "exit":
        sys.exit(3)
    if how == "os_exit":
        os._exit(0)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "sleep":
        time.sleep(60)
    if how == "busy":
        import re

        re.match(r"(a+)+$", "a" * 64 + "b")
    if how == "child":
        child = subprocess.Popen(["sleep", "300"])
        return {"pid": os.getpid(), "child": child.pid}
    if how == "object":
        return object()
    return {"pid": os.getpid()}

"""Writes log lines in every possible way."""
# ruff: noqa: T201

import json
import logging
import os
import sys
from typing import Any

logger = logging.getLogger()


def handler(event: bytes, context: Any) -> Any:
    request = json.loads(event)
    logger.info("an info line")
    logger.debug("a debug line")
    logging.getLogger("library").warning("a warning of %s", "a library")
    context.getLogger().error("an error line")
    print("printed")
    print("printed to stderr", file=sys.stderr)
    os.write(1, b"written past Python\n")
    print("\x1b[31mred\x1b[0m")
    for number in range(int(request["queryParameters"].get("lines", 0))):
        print("line", number)
    return "done"

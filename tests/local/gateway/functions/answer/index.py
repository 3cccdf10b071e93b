"""Evaluates the request's body as a Python expression and returns the result."""

import datetime
import decimal
import json
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    names = {"datetime": datetime, "decimal": decimal, "object": object}
    return eval(json.loads(event)["body"], names)  # noqa: S307

"""Returns whatever the request's body says, evaluated as a Python expression."""

import datetime
import decimal
import json
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    names = {"datetime": datetime, "decimal": decimal, "object": object}
    return eval(json.loads(event)["body"], names)  # noqa: S307

"""Returns its event."""

import json
from typing import Any


def handler(event: bytes, context: Any) -> Any:
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(json.loads(event)),
    }

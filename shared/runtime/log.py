"""One JSON line a decision, on standard output, where FC takes it into the log.

A caller can ask FC for the log of the own request (``X-Fc-Log-Type: Tail``), so a line says only
what the caller may know, and VOD's request ids, by which an operator finds the rest. No body, no
header, no token and no credential is ever given to this module.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

for _name in ("darabonba-core", "alibabacloud_credentials", "urllib3"):
    # The SDK sets its own loggers to DEBUG; what they write is not ours to vouch for.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def write(**members: Any) -> None:
    """Write one line. Members that are None are left out; text is escaped to ASCII."""
    given = {name: value for name, value in members.items() if value is not None}
    sys.stdout.write(json.dumps(given, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()

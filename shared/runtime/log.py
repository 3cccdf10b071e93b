"""Writes one JSON line for each decision to standard output, which FC adds to the log.

A caller can ask FC for the log of their own request (``X-Fc-Log-Type: Tail``). So a line says only
what the caller may know, and VOD's request ids, which lead an operator to the rest. This module
never gets a body, a header, a token or a credential.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

for _name in ("darabonba-core", "alibabacloud_credentials", "urllib3"):
    # The SDK sets its loggers to DEBUG, and they may write secrets.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def write(**members: Any) -> None:
    """Writes one line. Members that are None are left out. Text is escaped to ASCII."""
    given = {name: value for name, value in members.items() if value is not None}
    sys.stdout.write(json.dumps(given, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()

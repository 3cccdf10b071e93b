"""Cannot be imported."""

from typing import Any

import a_module_that_does_not_exist  # type: ignore[import-not-found] # noqa: F401


def handler(event: bytes, context: Any) -> Any:
    return "never"

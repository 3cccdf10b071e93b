"""Load a function as Function Compute does, with everything that it otherwise loads in calls.

python trial.py FOLDER PLAN        PLAN is JSON: {"modules": [...], "operations": {package: [...]}}
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def try_function(folder: str, plan: dict[str, Any]) -> None:
    sys.path[0] = folder
    index = importlib.import_module("index")
    if not callable(getattr(index, "handler", None)):
        raise SystemExit("index has no handler")
    for name in plan["modules"]:
        importlib.import_module(name)
    if "jwt" in plan["modules"]:
        algorithms = importlib.import_module("jwt.algorithms")
        if not algorithms.has_crypto:
            raise SystemExit("PyJWT does not find cryptography, which all keys but HS256 need")
    for package, operations in plan["operations"].items():
        models = importlib.import_module(package + ".models")
        client = importlib.import_module(package + ".client").Client
        methods = {name.replace("_", "") for name in dir(client)}
        for operation in operations:
            getattr(models, operation + "Request")()
            getattr(models, operation + "Response")()
            if operation.lower() + "withoptions" not in methods:
                raise SystemExit(package + " has no method for " + operation)


if __name__ == "__main__":
    try_function(sys.argv[1], json.loads(sys.argv[2]))

"""Returns what a function can see of its environment."""

import importlib.util
import os
import sys
from typing import Any


def plain(value: Any) -> Any:
    if hasattr(value, "__dict__"):
        return {key: plain(item) for key, item in vars(value).items()}
    return value


def handler(event: bytes, context: Any) -> Any:
    names = ("aiohttp", "yaml", "local", "bootstrap", "dependency", "neighbour")
    importable = [name for name in names if importlib.util.find_spec(name)]
    return {
        "eventType": type(event).__name__,
        "environment": dict(os.environ),
        "path": sys.path,
        "directory": os.getcwd(),
        "arguments": sys.argv,
        "home": os.path.expanduser("~"),
        "importable": importable,
        "context": plain(context),
        "credentials": repr(getattr(context, "credentials", None)),
        "aliases": [
            getattr(context, "requestId", None),
            getattr(getattr(context, "credentials", None), "accessKeyId", None),
        ],
        "descriptors": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None,
        "pid": os.getpid(),
        "session": os.getsid(0),
    }

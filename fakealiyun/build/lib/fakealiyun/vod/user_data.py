"""The `UserData` of an upload: JSON text that is returned with the asset and its events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from fakealiyun.openapi.errors import invalid
from fakealiyun.vod.callbacks.configuration import is_callback_url

MAX_EXTEND = 512  # bytes of UTF-8
MAX_USER_DATA = 4096  # bytes of UTF-8; the real limit is not documented
ACCELERATION = {"Type": "oss", "Domain": "https://oss-accelerate.aliyuncs.com"}
"""The only AccelerateConfig that the documentation shows."""
_KEYS = frozenset({"MessageCallback", "Extend", "AccelerateConfig"})


@dataclass(frozen=True)
class UserData:
    """The parts of UserData that change events.

    `extend` is returned in them. `callback_url` receives them instead of the account's receiver.
    Each is None if it is not given. `accelerate`: whether the upload uses transfer acceleration.
    """

    extend: str | None = field(default=None, repr=False)
    callback_url: str | None = field(default=None, repr=False)
    accelerate: bool = False


def read_user_data(user_data: str | None, *, acceleration: bool = False) -> UserData:
    """Read and check UserData, which may be None. Raises ApiError.

    Unknown keys are refused. So is AccelerateConfig, unless the account has `acceleration`, which
    takes a support ticket. What the real service does with them is not documented.
    """
    if user_data is None:
        return UserData()
    if len(user_data.encode()) > MAX_USER_DATA:
        raise invalid("UserData", f"at most {MAX_USER_DATA} bytes")
    value = _json_object(user_data, "JSON of an object")
    if not value.keys() <= _KEYS:
        raise invalid("UserData", f"only the keys {', '.join(sorted(_KEYS))}")
    if "AccelerateConfig" in value and not acceleration:
        raise invalid("UserData", "no AccelerateConfig, which the account is not enabled for")
    if value.get("AccelerateConfig", ACCELERATION) != ACCELERATION:
        raise invalid("UserData", f"AccelerateConfig {json.dumps(ACCELERATION)}")
    return UserData(
        _extend(value["Extend"]) if "Extend" in value else None,
        _callback_url(value["MessageCallback"]) if "MessageCallback" in value else None,
        "AccelerateConfig" in value,
    )


def _json_object(text: str, allowed: str) -> dict[str, Any]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise ValueError("a key occurs twice")
        return found

    def constant(_name: str) -> Any:
        raise ValueError("not a number of JSON")

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise invalid("UserData", allowed)
    return value


def _callback_url(callback: Any) -> str:
    allowed = "MessageCallback as an object with CallbackURL and perhaps CallbackType http"
    if isinstance(callback, str):  # the documentation also shows it encoded twice
        callback = _json_object(callback, allowed)
    if not isinstance(callback, dict) or not callback.keys() <= {"CallbackURL", "CallbackType"}:
        raise invalid("UserData", allowed)
    url = callback.get("CallbackURL")
    if not isinstance(url, str) or not is_callback_url(url):
        raise invalid("UserData", allowed)
    # Pages since 2024 also show overrides with a queue. Older pages and a tutorial only show HTTP.
    kind = callback.get("CallbackType", "http")
    if not isinstance(kind, str) or kind.lower() != "http":
        raise invalid("UserData", allowed)
    return url


def _extend(extend: Any) -> str:
    if isinstance(extend, dict):
        extend = json.dumps(extend, ensure_ascii=False, separators=(",", ":"))
    if not isinstance(extend, str):
        raise invalid("UserData", "Extend as an object or a string")
    if len(extend.encode()) > MAX_EXTEND:
        raise invalid("UserData", f"Extend of at most {MAX_EXTEND} bytes")
    return extend

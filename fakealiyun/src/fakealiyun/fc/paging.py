"""Pages of a list: `limit`, `nextToken` and `prefix`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from fakealiyun.fc import errors

MAX_PAGE = 100


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def page(
    items: Iterable[_N], query: Mapping[str, str], *, backward: bool = False
) -> tuple[list[_N], dict[str, str]]:
    """One page of a list sorted by name, and the `nextToken` of the next page, if there is one.

    `backward` begins with the last name. Reads `limit` (default 20, at most 100), `nextToken` and
    `prefix`. Raises ApiError.
    """
    limit_text = query.get("limit") or "20"
    if not (limit_text.isascii() and limit_text.isdigit() and 1 <= int(limit_text) <= MAX_PAGE):
        raise errors.invalid_argument(f"limit must be a whole number from 1 to {MAX_PAGE}")
    after = _after(query.get("nextToken") or "")
    prefix = query.get("prefix") or ""

    def follows(name: str) -> bool:
        return not after or (name < after if backward else name > after)

    names = sorted(
        (item for item in items if item.name.startswith(prefix) and follows(item.name)),
        key=lambda item: item.name,
        reverse=backward,
    )
    found, rest = names[: int(limit_text)], names[int(limit_text) :]
    if not rest:
        return found, {}
    return found, {"nextToken": base64.urlsafe_b64encode(found[-1].name.encode()).decode()}


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (ValueError, binascii.Error):
        raise errors.invalid_argument("nextToken must come from an earlier answer") from None

"""The operations of the API, and how a method and a path select one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from fakealiyun.fc import errors
from fakealiyun.fc.wire import FcAnswer, FcCall

Handler = Callable[[FcCall], Awaitable[FcAnswer]]


@dataclass(frozen=True)
class FcOperation:
    """One operation: its path, its handler and its permission. Facts are in `facts.py`."""

    name: str
    method: str
    path: str
    """The path, with names in braces: `/2023-03-30/functions/{function}`."""
    handler: Handler
    resource: Callable[[FcCall], str]
    """The RAM resource of a call, without region and account: `functions/<name>`."""
    writes: bool = False
    """Whether the operation changes what is deployed. If so, it needs `--allow-deploy`."""

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The names in the path, or None if the path belongs to another operation."""
        wanted = self.path.split("/")
        if len(wanted) != len(segments):
            return None
        names = {}
        for template, segment in zip(wanted, segments, strict=True):
            if template.startswith("{"):
                if not segment:
                    return None
                names[template[1:-1]] = segment
            elif template != segment:
                return None
        return names


class FcOperations:
    """All operations. Finds one by method and path."""

    def __init__(self, operations: Iterable[FcOperation]) -> None:
        self.all = tuple(operations)

    def find(self, method: str, path: str) -> tuple[FcOperation, Mapping[str, str]]:
        """The operation and the names in its path. Raises ApiError PathNotSupported."""
        try:
            segments = [unquote_to_bytes(part).decode() for part in path.split("/")]
        except UnicodeDecodeError:
            raise errors.invalid_argument("the path is not UTF-8") from None
        for operation in self.all:
            names = operation.match(segments) if operation.method == method else None
            if names is not None:
                return operation, names
        raise errors.path_not_supported(method, path)

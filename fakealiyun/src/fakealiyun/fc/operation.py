"""What an operation of the API is, and by which path it is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from fakealiyun.fc import errors
from fakealiyun.fc.wire import Answer, Call

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Operation:
    """One operation: what runs it, what guards it, and where its facts come from."""

    name: str
    method: str
    path: str
    """With the names in braces: `/2023-03-30/functions/{function}`."""
    handler: Handler
    resource: Callable[[Call], str]
    """The RAM resource without the region and account: `functions/<name>`."""
    writes: bool = False
    """Whether it changes what is deployed, and so needs `--allow-deploy`."""
    source: str = "SDK of 2023-03-30; calls of the deployment tool, observed"
    doubts: tuple[str, ...] = ()

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The names in a path, if it is this operation's."""
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


class Operations:
    """All operations, found by method and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.all = tuple(operations)

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
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

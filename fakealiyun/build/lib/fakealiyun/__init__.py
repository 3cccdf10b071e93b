"""A fake Alibaba Cloud that speaks the real wire protocols over real sockets.

`import fakealiyun` is cheap: it loads no server and no service before `FakeCloud` is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakealiyun.fake_cloud import FakeCloud

__all__ = ["FakeCloud"]


def __getattr__(name: str) -> Any:
    if name == "FakeCloud":
        from fakealiyun.fake_cloud import FakeCloud

        return FakeCloud
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

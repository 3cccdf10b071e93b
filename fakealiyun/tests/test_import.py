"""Import cost: `import fakealiyun` and the pytest plugin load no server until it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import fakealiyun

SHOW = "import json, sys; print(json.dumps(sorted(sys.modules)))"
SERVERS = ("aiohttp", "asyncio", "defusedxml", "fastcrc", "multidict")


def modules_after(program: str) -> list[str]:
    """The modules that a new interpreter has loaded after it ran a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; {SHOW}"], capture_output=True, text=True, check=True
    )
    loaded: list[str] = json.loads(done.stdout)
    return loaded


def servers_in(loaded: list[str]) -> list[str]:
    """The modules that only a running cloud needs."""
    package = [name for name in loaded if name.startswith("fakealiyun.")]
    return package + [name for name in loaded if name.partition(".")[0] in SERVERS]


@pytest.mark.parametrize("program", ["import fakealiyun", "import fakealiyun; dir(fakealiyun)"])
def test_the_import_loads_no_server(program: str) -> None:
    assert servers_in(modules_after(program)) == []


def test_the_plugin_loads_no_server() -> None:
    loaded = modules_after("import pytest; import fakealiyun.pytest_plugin")
    before = modules_after("import pytest")
    added = [name for name in loaded if name not in before]
    assert servers_in(added) == ["fakealiyun.pytest_plugin"]


def test_the_first_use_loads_the_cloud() -> None:
    assert "aiohttp" in modules_after("import fakealiyun; fakealiyun.FakeCloud")


def test_the_package_has_one_name() -> None:
    from fakealiyun.fake_cloud import FakeCloud

    assert fakealiyun.FakeCloud is FakeCloud
    assert fakealiyun.__all__ == ["FakeCloud"]
    assert "FakeCloud" in dir(fakealiyun)
    with pytest.raises(AttributeError, match="has no attribute 'OtherCloud'"):
        _ = fakealiyun.OtherCloud


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(fakealiyun.__file__).parent / "py.typed").is_file()

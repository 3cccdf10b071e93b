"""When a bundle is not built, each with a message that names the cause."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ops.bundle import __main__ as command
from ops.bundle import native
from ops.bundle.build import build
from ops.bundle.target import RUNTIMES, Target
from ops.code_folder import BuildError
from tests.support import sample_project as sample
from tests.support.runtimes import ANY

PROJECT = Path(__file__).resolve().parents[3]

ELF = b"\x7fELF\x02\x01\x01" + bytes(9)
SHARED_OBJECT, X86_64, AARCH64 = b"\x03\x00", b"\x3e\x00", b"\xb7\x00"


@pytest.fixture
def sdk(packages: Path, tmp_path: Path) -> Path:
    """A copy of the real packages for one Python, which a test may change."""
    folder = tmp_path / "packages"
    shutil.copytree(packages, folder, copy_function=os.link)
    return folder


@pytest.fixture
def play(tmp_path: Path) -> Path:
    """The real project with one function."""
    project = tmp_path / "play-alone"
    shutil.copytree(PROJECT / "functions" / "play", project / "functions" / "play")
    shutil.copytree(PROJECT / "shared", project / "shared")
    return project


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file; the original that it links to does not change."""
    text = path.read_text()
    assert old in text
    path.unlink()
    path.write_text(text.replace(old, new))


VOD, OPENAPI = "alibabacloud_vod20170321", "alibabacloud_tea_openapi"


@pytest.mark.parametrize(
    ("place", "old", "new", "message"),
    [
        pytest.param(
            "darabonba/core.py",
            "    def do_action(\n",
            "    def do_it(\n",
            r"DaraCore\.do_action\(request, runtime_option\) is not there",
            id="the seam is gone",
        ),
        pytest.param(
            f"{OPENAPI}/client.py",
            "DaraCore.do_action(",
            "DaraCore.do_sse_action(",
            r"does not go through DaraCore\.do_action",
            id="calls go past the seam",
        ),
        pytest.param(
            f"{VOD}/models/__init__.py",
            "from ._app_info_dto import AppInfoDTO\n",
            "from ._app_info_dto import AppInfoDTO\nregister(AppInfoDTO)\n",
            r"models does more than list its models, in line 6",
            id="the list of models does something",
        ),
        pytest.param(
            f"{VOD}/models/__init__.py",
            "import GetVideoPlayAuthRequest\n",
            "import GetVideoPlayAuthRequest as Renamed\n",
            "GetVideoPlayAuthRequest is elsewhere",
            id="a model is renamed",
        ),
        pytest.param(
            f"{VOD}/client.py",
            "def get_video_play_auth_with_options(",
            "def get_play_auth_with_options(",
            f"{VOD}.client has no method getvideoplayauthwithoptions",
            id="an operation has no method",
        ),
        pytest.param(
            f"{VOD}/client.py",
            "class Client(OpenApiClient):",
            "class Base(OpenApiClient):\n    pass\n\n\nclass Client(Base):",
            f"{VOD}.client is more than the class Client",
            id="a client has another class",
        ),
        pytest.param(
            "darabonba/core.py",
            "import asyncio\n",
            "import asyncio as aio\n",
            r"darabonba/core\.py does not say `import asyncio` exactly once",
            id="a deferred import is written otherwise",
        ),
        pytest.param(
            "darabonba/core.py",
            "class TLSVersion(Enum):",
            "LOOP = asyncio.new_event_loop()\n\n\nclass TLSVersion(Enum):",
            r"darabonba/core\.py uses asyncio while it is loaded",
            id="a deferred import is used at once",
        ),
        pytest.param(
            "jwt/algorithms.py",
            "    from cryptography import x509\n",
            "    import cryptography.x509 as x509\n",
            r"jwt/algorithms\.py does not say `from cryptography import x509` exactly once",
            id="a deferred import in a try is written otherwise",
        ),
        pytest.param(
            "jwt/algorithms.py",
            "        load_ssh_public_key,\n",
            "        load_ssh_private_key,\n",
            r"jwt/algorithms\.py does not say `from .* load_ssh_public_key` exactly once",
            id="a deferred import has other names",
        ),
        pytest.param(
            f"{OPENAPI}/utils.py",
            "platform.machine()",
            "platform.node()",
            r"alibabacloud_tea_openapi/utils\.py uses more of platform than before",
            id="a replaced module is asked for more",
        ),
        pytest.param(
            f"{OPENAPI}/client.py",
            "    get_web_socket_ping_interval,\n",
            "    get_web_socket_ping_interval,\n    WebSocketMessage,\n",
            r"imports darabonba\.websocket\.WebSocketMessage, for which",
            id="the SDK takes more of a part that is stood in for",
        ),
        pytest.param(
            "darabonba/utils/stream.py",
            "import codecs\n",
            "import codecs\nfrom aiohttp import FormData\n",
            r"darabonba|utils/stream\.py imports aiohttp\.FormData, for which",
            id="a stand-in lacks a name",
        ),
        pytest.param(
            f"{OPENAPI}/client.py",
            "from alibabacloud_credentials.client import",
            "from alibabacloud_credentials.providers import",
            r"imports alibabacloud_credentials\.providers",
            id="a stand-in lacks a module",
        ),
        pytest.param(
            "darabonba/runtime.py",
            "class ExtendsParameters(DaraModel):",
            "import requests\nrequests.Session()\n\n\nclass ExtendsParameters(DaraModel):",
            r"play does not load: .*requests\.Session is left out of this bundle",
            id="a stand-in is used at once",
        ),
    ],
)
def test_an_sdk_that_has_changed(
    sdk: Path,
    play: Path,
    runtime: str,
    tmp_path: Path,
    place: str,
    old: str,
    new: str,
    message: str,
) -> None:
    change(sdk / place, old, new)
    with pytest.raises(BuildError, match=rf"(?s){message}"):
        build(play, runtime, tmp_path / "out", packages=sdk)
    assert list((tmp_path / "out").iterdir()) == [], "nothing half made is left"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "from dataclasses import asdict, dataclass\n",
            "no more from dataclasses than dataclass, f",
        ),
        ("import dataclasses\n", "no more from dataclasses than dataclass, field, replace"),
        ("def late():\n    from dataclasses import replace\n", "once, and on one line"),
        ("from dataclasses import (\n    dataclass,\n)\n", "once, and on one line"),
    ],
)
def test_more_of_dataclasses_than_a_bundle_has(
    sample_project: Path, tmp_path: Path, source: str, message: str
) -> None:
    (sample_project / "shared" / "deeper.py").write_text(source)
    with pytest.raises(BuildError, match=f"deeper.py: .*{message}"):
        build(sample_project, ANY, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("import nothing_like_this\n\ndef handler(e, c): ...\n", "No module named 'nothing_like"),
        ("raise RuntimeError('at once')\n", "one does not load: .*RuntimeError: at once"),
        ("def handle(event, context): ...\n", "index has no handler"),
        ("handler = None\n", "index has no handler"),
        ("def handler(:\n", "index.py is not Python"),
        ("from . import neighbour\n", "cannot import relatively"),
        ("def handler(e, c):\n    from shared import nowhere\n", "there is no shared/nowhere.py"),
        (
            "def handler(e, c):\n    import vodpass_sample.a\n",
            "No module named 'vodpass_sample.",
        ),
    ],
)
def test_a_function_that_does_not_load(
    sample_project: Path, tmp_path: Path, index: str, message: str
) -> None:
    (sample_project / "functions" / "one" / "index.py").write_text(index)
    with pytest.raises(BuildError, match=rf"(?s){message}"):
        build(sample_project, ANY, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_function_that_needs_another_installed_package(
    sample_project: Path, tmp_path: Path
) -> None:
    """The trial has only the bundle and the standard library, like Function Compute."""
    index = sample_project / "functions" / "one" / "index.py"
    index.write_text("import pytest\n\ndef handler(e, c): ...\n")
    with pytest.raises(BuildError, match="No module named 'pytest'"):
        build(sample_project, ANY, tmp_path / "out")


def test_a_project_without_functions(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no functions"):
        build(tmp_path, ANY, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_not_the_locked_one(sample_project: Path, tmp_path: Path) -> None:
    lock = sample_project / "requirements.txt"
    lock.write_text(f"{sample.PACKAGE}==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildError, match="pip install failed"):
        build(sample_project, ANY, tmp_path / "out")


def test_a_package_that_is_locked_without_a_hash(sample_project: Path, tmp_path: Path) -> None:
    (sample_project / "requirements.txt").write_text(f"{sample.PACKAGE}==1.0\n")
    with pytest.raises(BuildError, match="pip install failed"):
        build(sample_project, ANY, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("_fast.cpython-39-x86_64-linux-gnu.so", ELF + SHARED_OBJECT + X86_64, "not cpython-310"),
        ("_fast.so", ELF + SHARED_OBJECT + X86_64, "native code for no Python"),
        ("_fast.abi3.so", ELF + SHARED_OBJECT + AARCH64, "not native code for Linux x86-64"),
        ("_fast.abi3.so", ELF + b"\x02\x00" + X86_64, "not native code for Linux x86-64"),
        ("_fast.abi3.so", b"\x7fELF\x01" + bytes(15), "not native code for Linux x86-64"),
        ("_fast.abi3.so", b"\xcf\xfa\xed\xfe" + bytes(16), "for another platform"),
        ("_fast.cp310-win_amd64.pyd", b"MZ" + bytes(18), "for another platform"),
        ("data.bin", ELF + SHARED_OBJECT + AARCH64, "not native code for Linux x86-64"),
    ],
)
def test_native_code_for_another_target(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BuildError, match=message):
        native.check(tmp_path, Target("3.10"))


@pytest.mark.parametrize(
    "name", ["_fast.cpython-310-x86_64-linux-gnu.so", "_fast.abi3.so", "module.py"]
)
def test_native_code_that_fits(tmp_path: Path, name: str) -> None:
    native_part = name.endswith(".so")
    path = tmp_path / name
    path.write_bytes(ELF + SHARED_OBJECT + X86_64 if native_part else b"VALUE = 1\n")
    assert native.check(tmp_path, Target("3.10")) == ([path] if native_part else [])


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        ("py3-none-any", True),
        ("py2-none-any\nTag: py3-none-any", True),
        ("cp310-cp310-manylinux2014_x86_64", True),
        ("cp310-cp310-manylinux_2_28_x86_64", True),
        ("cp38-abi3-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux2014_x86_64", False),
        ("cp311-abi3-manylinux2014_x86_64", False),
        ("cp310-cp310-manylinux_2_31_x86_64", False),
        ("cp310-cp310-manylinux2014_aarch64", False),
        ("cp310-cp310-musllinux_1_1_x86_64", False),
        ("cp310-cp310-macosx_11_0_arm64", False),
    ],
)
def test_a_wheel_is_for_the_runtime(tmp_path: Path, tags: str, fits: bool) -> None:
    info = tmp_path / "sample-1.0.dist-info"
    info.mkdir()
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tags}\n")
    if fits:
        native.check_wheel(info, Target("3.10"))
    else:
        with pytest.raises(BuildError, match=r"sample-1\.0 is made for cp"):
            native.check_wheel(info, Target("3.10"))


def test_native_code_for_another_target_stops_the_build(
    sample_project: Path, tmp_path: Path
) -> None:
    for old in tmp_path.glob("*.whl"):
        old.unlink()
    packed = sample.wheel(
        tmp_path, files={"vodpass_sample_fast.abi3.so": ELF + SHARED_OBJECT + AARCH64}
    )
    shutil.rmtree(sample_project)
    sample.project(sample_project, sample.INDEX, packed)
    with pytest.raises(BuildError, match=r"vodpass_sample_fast\.abi3\.so is not native code"):
        build(sample_project, ANY, tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    [
        "VODPASS_LOCAL",
        "VODPASS_VOD_ENDPOINT",
        "VODPASS_STS_ENDPOINT",
        "VODPASS_MNS_ENDPOINT",
    ],
)
def test_the_command_with_a_developers_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr("sys.argv", ["ops.bundle", "--out", str(tmp_path / "out")])
    assert command.main() == 1
    assert f"bundle: {name} is set, which no deployment may have" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_warns_or_fails_without_an_interpreter(
    sample_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    host = f"{sys.version_info.major}.{sys.version_info.minor}"
    missing = next(python for python in RUNTIMES if python != host)
    for name in ("PATH", "HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setattr(command, "PROJECT", sample_project)
    arguments = ["ops.bundle", "--python", missing, "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    assert command.main() == 0
    said = capsys.readouterr()
    assert f"WARNING: no Python {missing} was found" in said.err
    assert f"one: Python {missing}, zip " in said.out
    monkeypatch.setattr("sys.argv", [*arguments, "--require-byte-code"])
    assert command.main() == 1

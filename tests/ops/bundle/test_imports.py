"""Which modules of `shared/` a function reaches, and so which of them its bundle holds."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

import pytest

from ops.bundle.imports import Import, code_of, imports_of
from ops.code_folder import BuildError
from tests.support.code_under_test import CodeUnderTest

PROJECT = Path(__file__).resolve().parents[3]
FILES = {
    "shared/__init__.py": "",
    "shared/errors.py": "class Refusal(Exception): ...\n",
    "shared/auth/__init__.py": "",
    "shared/auth/token.py": "from shared import errors\nTOKEN = 1\n",
    "shared/auth/keys.py": "KEY = 1\n",
    "shared/alibaba/__init__.py": "",
    "shared/alibaba/vod/__init__.py": "from shared.alibaba.vod import codes\n",
    "shared/alibaba/vod/codes.py": "CODE = 1\n",
    "shared/alibaba/vod/records.py": "import base64\nRECORD = 1\n",
}


@pytest.fixture
def reached(tmp_path: Path) -> Callable[[str], set[str]]:
    """The files that a function with this source gets, without its index.py."""
    for place, source in FILES.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(source)
    index = tmp_path / "functions" / "one" / "index.py"
    index.parent.mkdir(parents=True)

    def reach(source: str) -> set[str]:
        index.write_text(source)
        code = code_of(tmp_path, "one", "3.10")
        assert all(path == tmp_path / place for place, path in code.files.items() if path != index)
        return set(code.files) - {"index.py"}

    return reach


@pytest.mark.parametrize(
    ("source", "places"),
    [
        pytest.param("import json\n", set(), id="none"),
        pytest.param("from shared import errors\n", {"errors.py"}, id="module at the top"),
        pytest.param("from shared.errors import Refusal\n", {"errors.py"}, id="name at the top"),
        pytest.param("import shared.errors\n", {"errors.py"}, id="plain import"),
        pytest.param(
            "from shared.auth import keys\n",
            {"auth/__init__.py", "auth/keys.py"},
            id="module of a folder",
        ),
        pytest.param(
            "from shared.auth import keys as k, token\n",
            {"auth/__init__.py", "auth/keys.py", "auth/token.py", "errors.py"},
            id="two modules of a folder, and what they import",
        ),
        pytest.param(
            "from shared.auth.keys import KEY\n",
            {"auth/__init__.py", "auth/keys.py"},
            id="name of a module in a folder",
        ),
        pytest.param(
            "import shared.auth.keys as keys\n",
            {"auth/__init__.py", "auth/keys.py"},
            id="plain import from a folder",
        ),
        pytest.param(
            "from shared.alibaba.vod import records\n",
            {
                "alibaba/__init__.py",
                "alibaba/vod/__init__.py",
                "alibaba/vod/codes.py",
                "alibaba/vod/records.py",
            },
            id="folder in a folder, whose __init__ imports",
        ),
        pytest.param(
            "def handler(event, context):\n    from shared.auth import keys\n",
            {"auth/__init__.py", "auth/keys.py"},
            id="import in a call",
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from shared.auth import keys\n"
            "else:\n    from shared import errors\n",
            {"errors.py"},
            id="import for type checkers alone",
        ),
        pytest.param(
            "import sys\n"
            "if sys.version_info >= (3, 11):\n    from shared.auth import keys\n"
            "if sys.version_info < (3, 11):\n    from shared import errors\n",
            {"errors.py"},
            id="import for another Python",
        ),
    ],
)
def test_reaches(reached: Callable[[str], set[str]], source: str, places: set[str]) -> None:
    top = {"__init__.py"} if places else set()
    assert reached(source) == {f"shared/{place}" for place in places | top}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import shared\n", "import a module of shared, not the folder"),
        ("import shared.auth\n", "import a module of shared.auth, not the folder"),
        ("import shared.alibaba.vod\n", "import a module of shared.alibaba.vod, not the folder"),
        ("from . import neighbour\n", "Function Compute cannot import relatively"),
        ("from .auth import keys\n", "Function Compute cannot import relatively"),
        ("from shared import nowhere\n", "there is no shared/nowhere.py"),
        ("from shared import *\n", "there is no shared/*.py"),
        ("from shared import auth\n", "there is no shared/auth.py"),
        ("from shared.auth import nowhere\n", "there is no shared/auth/nowhere.py"),
        ("from shared.auth.nowhere import KEY\n", "there is no shared/auth/nowhere.py"),
        ("from shared.nowhere.keys import KEY\n", "there is no shared/nowhere"),
        ("import shared.errors.deeper\n", "there is no shared/errors"),
    ],
)
def test_refuses_an_import(reached: Callable[[str], set[str]], source: str, message: str) -> None:
    with pytest.raises(BuildError, match=re.escape(message)):
        reached(source)


def test_refuses_a_relative_import_in_shared(
    reached: Callable[[str], set[str]], tmp_path: Path
) -> None:
    (tmp_path / "shared" / "auth" / "keys.py").write_text("from . import token\n")
    with pytest.raises(BuildError, match=r"keys\.py: Function Compute cannot import relatively"):
        reached("from shared.auth import keys\n")


@pytest.mark.parametrize("missing", ["shared", "shared/alibaba", "shared/alibaba/vod"])
def test_refuses_a_folder_without_an_init(
    reached: Callable[[str], set[str]], tmp_path: Path, missing: str
) -> None:
    """Python would import it all the same, as a namespace package, more slowly."""
    (tmp_path / missing / "__init__.py").unlink()
    with pytest.raises(BuildError, match=f"there is no {missing}/__init__.py"):
        reached("from shared.alibaba.vod import records\n")


def test_names_the_packages_and_the_texts_of_all_that_is_reached(
    reached: Callable[[str], set[str]], tmp_path: Path
) -> None:
    reached("import jwt\nfrom shared.alibaba.vod import records\nCALL = 'GetVideoInfo'\n")
    (tmp_path / "shared" / "alibaba" / "vod" / "codes.py").write_text("CODE = 'Forbidden'\n")
    code = code_of(tmp_path, "one", "3.10")
    assert code.packages == {"jwt", "base64"}
    assert {"GetVideoInfo", "Forbidden"} <= code.constants


def test_tells_when_an_import_happens(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        "import json\n"
        "try:\n    import jwt\nexcept ImportError:\n    pass\n"
        "def call():\n    from shared import errors\n"
        "later = lambda: __import__('re')\n"
        "class Kept:\n    import ssl\n"
    )
    assert imports_of(source, "3.10") == (
        Import("json", (), 0, at_once=True),
        Import("jwt", (), 0, at_once=True),
        Import("shared", ("errors",), 0, at_once=False),
        Import("ssl", (), 0, at_once=True),
    )


class OfTheProject(ModuleFinder):
    """Python's own finder, which reads byte code, for the modules of this project.

    It knows nothing of type checkers, so the imports for them are taken out first.
    """

    def __init__(self) -> None:
        super().__init__(path=[str(PROJECT)])

    def load_module(self, fqname: str, fp: Any, pathname: str, file_info: Any) -> Any:
        if fp is not None:
            fp = io.BytesIO(re.sub(rb"^if TYPE_CHECKING:", b"if False:", fp.read(), flags=re.M))
        return super().load_module(fqname, fp, pathname, file_info)


def test_a_bundle_holds_exactly_what_its_function_reaches(
    bundle: CodeUnderTest,
) -> None:
    folders = sorted(bundle.folder.iterdir())
    assert folders
    for folder in folders:
        finder = OfTheProject()
        finder.load_file(str(PROJECT / "functions" / folder.name / "index.py"))
        found = {
            Path(vars(module)["__file__"]).relative_to(PROJECT).as_posix()
            for name, module in finder.modules.items()
            if name.partition(".")[0] == "shared"
        }
        shipped = {path.relative_to(folder).as_posix() for path in folder.glob("shared/**/*.py")}
        assert shipped == found
        assert not [name for name in finder.badmodules if name.startswith("shared")]

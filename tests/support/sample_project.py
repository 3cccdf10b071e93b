"""A small project to bundle, whose one package needs no network and is not the SDK."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

PACKAGE = "vodpass_sample"


def wheel(
    folder: Path, *, files: Mapping[str, bytes] | None = None, tag: str = "py3-none-any"
) -> Path:
    """A wheel with a module `vodpass_sample` and the given files."""
    info = f"{PACKAGE}-1.0.dist-info"
    content = {
        f"{PACKAGE}.py": b"VALUE = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{info}/LICENSE": b"As you like it.\n",
        **(files or {}),
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()[:-1]},"
        f"{len(data)}\n"
        for name, data in content.items()
    )
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    path = folder / f"{PACKAGE}-1.0-{tag}.whl"
    path.write_bytes(made.getvalue())
    return path


def project(root: Path, index: str, packed: Path) -> Path:
    """A project with the functions `one`, which is `index`, and `two`; `packed` is locked."""
    for name, source in (("one", index), ("two", "def handler(event, context):\n    pass\n")):
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "index.py").write_text(source)
    (root / "shared").mkdir()
    (root / "shared" / "__init__.py").touch()
    (root / "shared" / "used.py").write_text("from shared import deeper\n")
    (root / "shared" / "deeper.py").write_text("import json\n")
    (root / "shared" / "unused.py").write_text("VALUE = 0\n")
    (root / "pyproject.toml").write_text('[project]\nversion = "1.0"\n')
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    (root / "requirements.txt").write_text(f"{PACKAGE}==1.0 --hash=sha256:{digest}\n")
    return root


INDEX = """from shared import used


def handler(event, context):
    import vodpass_sample

    return str(vodpass_sample.VALUE)
"""

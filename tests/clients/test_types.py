"""The published form of the web client: its types, and what its package contains."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import unavailable

PROJECT = Path(__file__).resolve().parents[2]
WEB = PROJECT / "clients" / "web"
TSC = PROJECT / "node_modules" / "typescript" / "bin" / "tsc"
TYPES = (WEB / "vodpass.d.ts").read_text("utf-8")

EXPORTS = ["Upload", "Vodpass", "VodpassError"]
USAGE = """
import { Upload, Vodpass, VodpassError, type Progress, type UploadResult } from "vodpass";

const vodpass = new Vodpass({
  url: "https://vod.example.com",
  token: async ({ renew }) => (renew ? "new" : "stored"),
});
const upload: Upload = vodpass.upload(new File([], "film.mp4"), {
  fields: { Title: "Film", Tags: ["a", "b"] },
  onProgress: ({ loaded, total, secondsLeft }: Progress) => [loaded / total, secondsLeft],
});
upload.pause();
upload.resume();
const { VideoId }: UploadResult = await upload.done;
const { PlayAuth } = await vodpass.play(VideoId ?? "", { longestWait: 60 });
const text: string = PlayAuth;
try {
  await vodpass.play(text);
} catch (error) {
  if (error instanceof VodpassError && error.Code === "VideoNotReady") {
    const seconds: number | undefined = error.retryAfter;
    console.log(seconds, error.errors.map(({ pointer }) => pointer));
  }
}
// @ts-expect-error there is no such option
vodpass.upload(new File([], "film.mp4"), { speed: 1 });
// @ts-expect-error a token provider is required
new Vodpass({ url: "https://vod.example.com" });
"""


def compile_types(node: str, *arguments: str, cwd: Path = PROJECT) -> None:
    """Run the TypeScript compiler, which must find nothing."""
    if not TSC.exists():
        unavailable("typescript is missing; make setup installs node_modules")
    done = subprocess.run(
        [node, str(TSC), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_types_are_those_of_the_module(node: str, tmp_path: Path) -> None:
    """To write them anew: npx tsc -p clients/web --outDir clients/web"""
    compile_types(node, "-p", str(WEB), "--outDir", str(tmp_path))
    assert (tmp_path / "vodpass.d.ts").read_text("utf-8") == TYPES


def test_the_types_export_what_the_module_exports(node: str) -> None:
    script = f"import({json.dumps((WEB / 'vodpass.js').as_uri())}).then((m) => "
    script += "console.log(JSON.stringify(Object.keys(m))))"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    declared = re.findall(r"^export (?:declare )?(?:class|function|const) (\w+)", TYPES, re.M)
    assert sorted(declared) == sorted(json.loads(done.stdout)) == EXPORTS


def test_an_app_in_typescript_can_use_it(node: str, tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "vodpass").symlink_to(WEB)
    (tmp_path / "app.mts").write_text(USAGE, "utf-8")
    options = "--noEmit --strict --skipLibCheck false --target es2022 --lib es2022,dom,dom.iterable"
    modern = "--module nodenext --moduleResolution nodenext"
    compile_types(node, *options.split(), *modern.split(), "app.mts", cwd=tmp_path)


def test_the_package_can_be_published() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    project = (PROJECT / "pyproject.toml").read_text("utf-8").partition("[tool.")[0]
    for name in ("name", "version", "license"):
        assert f'\n{name} = "{package[name]}"\n' in project
    assert "dependencies" not in package
    assert package["type"] == "module"
    assert package["exports"]["."] == {"types": "./vodpass.d.ts", "default": "./vodpass.js"}
    assert package["files"] == ["vodpass.js", "vodpass.d.ts"]
    assert all((WEB / name).is_file() for name in package["files"])
    assert (WEB / "LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()


def test_the_module_imports_nothing_and_logs_nothing() -> None:
    source = (WEB / "vodpass.js").read_text("utf-8")
    assert not re.search(r"^import |\bimport\(|\brequire\(|\bconsole\.|\bdebugger\b", source, re.M)


@pytest.mark.parametrize("name", ["vodpass.js", "vodpass.d.ts"])
def test_no_test_host_is_in_the_module(name: str) -> None:
    assert not re.search(r"localhost:|127\.0\.0\.1", (WEB / name).read_text("utf-8"))

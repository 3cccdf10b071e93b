"""The wheel in a clean environment: imports, the official SDK, pytest, and the command."""

from __future__ import annotations

from pathlib import Path

from tests.packaging.conftest import Environment

UPLOAD = """\
import fakealiyun
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321.client import Client
from alibabacloud_vod20170321.models import CreateUploadVideoRequest

with fakealiyun.FakeCloud() as cloud:
    config = Config(
        access_key_id=cloud.admin.access_key_id,
        access_key_secret=cloud.admin.access_key_secret,
        endpoint=cloud.endpoint,
        protocol="http",
    )
    request = CreateUploadVideoRequest(title="A film", file_name="film.mp4")
    body = Client(config).create_upload_video(request).body
    assert cloud.vod.library.all()[0].video_id == body.video_id
    assert body.upload_auth and body.upload_address
print(fakealiyun.__file__)
"""


def test_an_upload_with_the_official_sdk(environment: Environment, tmp_path: Path) -> None:
    file = environment.run("python", "-W", "ignore", "-c", UPLOAD, cwd=tmp_path).strip()
    assert Path(file) == environment.site_packages / "fakealiyun" / "__init__.py"


def test_pytest_shows_the_fixtures(environment: Environment, tmp_path: Path) -> None:
    shown = environment.run("python", "-m", "pytest", "--fixtures", "-q", cwd=tmp_path)
    assert "fixtures defined from fakealiyun.pytest_plugin" in shown
    for name in ("fake_aliyun", "fresh_aliyun", "fake_aliyun_options"):
        assert f"\n{name}" in shown


def test_the_console_script(environment: Environment, tmp_path: Path) -> None:
    assert environment.run("fakealiyun", "--version", cwd=tmp_path) == "0.1.0\n"
    assert "--ram-value NAME=VALUE" in environment.run("fakealiyun", "--help", cwd=tmp_path)

"""What a function can see: Function Compute's environment, and nothing from the developer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import RunningGateway
from tests.support.gateway_cloud import ACCOUNT

ALWAYS = {
    "PATH",
    "TZ",
    "HOME",
    "TMPDIR",
    "FC_FUNC_CODE_PATH",
    "FC_ACCOUNT_ID",
    "FC_FUNCTION_NAME",
    "FC_FUNCTION_HANDLER",
    "FC_FUNCTION_MEMORY_SIZE",
    "FC_REGION",
    "FC_INSTANCE_ID",
    "FC_QUALIFIER",
    "FC_CUSTOM_LISTEN_PORT",
}
CREDENTIALS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
}


def seen(served: RunningGateway) -> Any:
    return served.call("/inspect").json()


@pytest.mark.parametrize(
    ("runtime", "version"), [("python3.10", "FC_VER_ID"), ("python3.12", "FC_FUNCTION_VERSION")]
)
def test_the_environment_is_the_documented_one(
    serve: Callable[..., RunningGateway],
    runtime: str,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEVELOPER_SECRET", "do not leak")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-of-the-developer")
    monkeypatch.setenv("VODPASS_OWNER_KEYS", "of the developer")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    served = serve({"inspect": {"runtime": runtime, "environmentVariables": {"OWN": "1"}}})
    found = seen(served)
    environment = found["environment"]
    # The interpreter itself adds LC_CTYPE if no locale is set (PEP 538).
    assert set(environment) - {"LC_CTYPE"} == ALWAYS | {version, "OWN"}
    assert environment["FC_FUNCTION_NAME"] == "test-inspect"
    assert environment["FC_FUNCTION_MEMORY_SIZE"] == "128"
    assert environment["FC_ACCOUNT_ID"] == ACCOUNT
    assert "leak" not in str(found)
    assert found["home"] == environment["HOME"] != os.path.expanduser("~")
    assert found["session"] == found["pid"]


def test_only_the_code_folder_and_the_standard_library_can_be_imported(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve({"inspect": {"environmentVariables": {"PYTHONPATH": "/code/python"}}})
    found = seen(served)
    code = served.folder / "build" / "inspect"
    assert found["path"][:2] == [str(code), str(code / "python")]
    assert set(found["importable"]) == {"dependency", "neighbour"}
    assert found["directory"] == str(code)
    rest = found["path"][2:]
    assert not any("site-packages" in entry for entry in rest)
    assert all(entry.startswith(sys.base_prefix) for entry in rest)
    assert found["arguments"] == ["bootstrap"]


def test_code_paths_anywhere_in_a_value_point_to_the_code_folder(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(
        {"inspect": {"environmentVariables": {"A": "/opt:/code/a:/codex", "B": "/code"}}}
    )
    code = served.folder / "build" / "inspect"
    environment = seen(served)["environment"]
    assert environment["A"] == f"/opt:{code}/a:/codex"
    assert environment["B"] == str(code)


def test_an_instance_inherits_no_open_file_of_the_gateway(
    serve: Callable[..., RunningGateway],
) -> None:
    # stdin, stdout, stderr, two of the runtime, and the directory being listed.
    assert seen(serve(["inspect"]))["descriptors"] == 6


def test_the_context_of_3_10(serve: Callable[..., RunningGateway]) -> None:
    served = serve({"inspect": {"runtime": "python3.10", "role": "vodpass-upload"}})
    answer = served.call("/inspect")
    found = answer.json()
    context = found["context"]
    assert set(context) == {
        "request_id",
        "credentials",
        "function",
        "service",
        "region",
        "account_id",
        "retry_count",
    }
    assert context["request_id"] == answer.headers["X-Fc-Request-Id"]
    assert context["function"] == {
        "name": "test-inspect",
        "handler": "index.handler",
        "memory": 128,
        "timeout": 30,
    }
    assert context["region"] == "cn-shanghai"
    assert context["account_id"] == ACCOUNT
    assert found["aliases"] == [context["request_id"], context["credentials"]["access_key_id"]]
    assert found["credentials"] == "Credentials(...)", "no secret in a repr"


def test_the_context_of_3_12_has_neither_credentials_nor_service(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve({"inspect": {"runtime": "python3.12", "role": "vodpass-upload"}})
    found = seen(served)
    assert set(found["context"]) == {
        "request_id",
        "function",
        "region",
        "account_id",
        "log_project",
        "log_store",
    }
    assert set(found["context"]["function"]) >= {"name", "version_id", "qualifier"}
    assert set(found["environment"]) >= CREDENTIALS


def test_the_role_credential_is_fixed_in_the_environment_and_renewed_in_the_context(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(
        {"inspect": {"role": "acs:ram::1234567890123456:role/VodPass-Upload", "timeout": 30}}
    )
    first = seen(served)
    key = first["environment"]["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    assert key.startswith("STS.vodpass-upload.")
    assert first["context"]["credentials"]["access_key_id"] == key
    served.cloud.advance(20 * 3600)
    second = seen(served)
    assert second["pid"] == first["pid"]
    assert second["environment"]["ALIBABA_CLOUD_ACCESS_KEY_ID"] == key
    assert second["context"]["credentials"]["access_key_id"] != key
    issued = served.cloud.issued
    seen(served)
    assert served.cloud.issued == issued, "not one more a request"


def test_without_a_role_there_are_no_credentials(serve: Callable[..., RunningGateway]) -> None:
    found = seen(serve(["inspect"]))
    assert not CREDENTIALS & set(found["environment"])
    assert found["context"]["credentials"]["access_key_id"] == ""


def test_a_role_that_cannot_be_assumed_is_an_error_of_the_service(
    serve: Callable[..., RunningGateway],
) -> None:
    answer = serve({"inspect": {"role": "unknown"}}).call("/inspect")
    assert (answer.status, answer.json()["Code"]) == (500, "InternalServerError")

"""The doctor compares deployed functions with `s preview`; the official SDK deploys them."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from fakealiyun import FakeCloud
from local.roles import LOCAL_VALUES, RAM_FOLDER
from tests.support.doctor_target import DoctorRun, DoctorTarget


class Compute:
    """A Function Compute with the deployment, which a test can change."""

    def __init__(self, cloud: FakeCloud, document: dict[str, Any]) -> None:
        self.cloud = cloud
        admin = cloud.admin
        self.client = Client(
            Config(
                access_key_id=admin.access_key_id,
                access_key_secret=admin.access_key_secret,
                endpoint=cloud.endpoint,
                protocol="http",
            )
        )
        for resource in document["resources"].values():
            self.deploy(resource["props"])

    def deploy(self, props: dict[str, Any]) -> None:
        name = props["functionName"]
        self.client.create_function(
            models.CreateFunctionRequest(
                body=models.CreateFunctionInput(
                    function_name=name,
                    runtime=props["runtime"],
                    handler=props["handler"],
                    role=f"acs:ram::{self.cloud.account_id}:role/{props['role']}",
                    environment_variables=props["environmentVariables"],
                    code=models.InputCodeLocation(zip_file=archive()),
                )
            )
        )
        for trigger in props["triggers"]:
            if trigger["triggerType"] == "http":
                self.add_trigger(name, trigger["triggerConfig"])
        config = props["asyncInvokeConfig"]
        self.set_async(name, max_async_retry_attempts=config["maxAsyncRetryAttempts"])

    def add_trigger(self, function: str, config: dict[str, Any]) -> None:
        self.client.create_trigger(
            function,
            models.CreateTriggerRequest(
                body=models.CreateTriggerInput(
                    trigger_name="http", trigger_type="http", trigger_config=json.dumps(config)
                )
            ),
        )

    def remove_trigger(self, function: str) -> None:
        self.client.delete_trigger(function, "http")

    def set_async(self, function: str, **config: Any) -> None:
        self.client.put_async_invoke_config(
            function,
            models.PutAsyncInvokeConfigRequest(
                qualifier="LATEST", body=models.PutAsyncInvokeConfigInput(**config)
            ),
        )

    def change(self, function: str, **settings: Any) -> None:
        self.client.update_function(
            function, models.UpdateFunctionRequest(body=models.UpdateFunctionInput(**settings))
        )

    def variables(self, function: str) -> dict[str, str]:
        answer = self.client.get_function(function, models.GetFunctionRequest())
        return dict(answer.body.environment_variables)


def archive() -> str:
    """The zip of a function that does nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", "def handler(event, context):\n    return ''\n")
    return base64.b64encode(packed.getvalue()).decode()


@pytest.fixture(scope="module")
def compute_cloud() -> Iterator[FakeCloud]:
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES, allow_deploy=True) as cloud:
        yield cloud


@pytest.fixture
def compute(compute_cloud: FakeCloud, target: DoctorTarget) -> Compute:
    compute_cloud.reset()
    return Compute(compute_cloud, target.document)


def run_doctor(target: DoctorTarget, compute: Compute, **more: Any) -> DoctorRun:
    return target.check("--fc-endpoint", compute.cloud.endpoint, **more)


def test_correctly_deployed_functions(target: DoctorTarget, compute: Compute) -> None:
    found = run_doctor(target, compute)
    assert found.report["findings"] == []
    assert {"vodpass-upload", "vodpass-watch"} <= {one["subject"] for one in found.report["sound"]}


def test_a_function_that_is_not_deployed(target: DoctorTarget, compute: Compute) -> None:
    compute.remove_trigger("vodpass-play")
    compute.client.delete_function("vodpass-play")
    assert run_doctor(target, compute).found("function-absent")["subject"] == "vodpass-play"


def test_a_trigger_that_requires_a_signature(target: DoctorTarget, compute: Compute) -> None:
    compute.remove_trigger("vodpass-refresh")
    compute.add_trigger("vodpass-refresh", {"authType": "function", "methods": ["POST", "OPTIONS"]})
    finding = run_doctor(target, compute).found("trigger-auth")
    assert finding["subject"] == "vodpass-refresh"
    assert "requires function authentication" in finding["what"]


def test_a_trigger_without_preflights(target: DoctorTarget, compute: Compute) -> None:
    compute.remove_trigger("vodpass-upload")
    compute.add_trigger("vodpass-upload", {"authType": "anonymous", "methods": ["POST"]})
    assert "OPTIONS" in run_doctor(target, compute).found("trigger-methods")["what"]


def test_a_function_without_a_trigger(target: DoctorTarget, compute: Compute) -> None:
    compute.remove_trigger("vodpass-events")
    assert run_doctor(target, compute).found("trigger-absent")["subject"] == "vodpass-events"


def test_watch_with_an_http_trigger(target: DoctorTarget, compute: Compute) -> None:
    compute.add_trigger("vodpass-watch", {"authType": "anonymous", "methods": ["GET"]})
    assert run_doctor(target, compute).found("trigger-open")["subject"] == "vodpass-watch"


@pytest.mark.parametrize(
    ("value", "said"),
    [("another", "has another value"), (None, "is not set in the deployed function")],
)
def test_a_variable_that_differs(
    target: DoctorTarget, compute: Compute, value: str | None, said: str
) -> None:
    variables = compute.variables("vodpass-play")
    owner_keys = variables.pop("VODPASS_OWNER_KEYS")
    if value is not None:
        variables["VODPASS_OWNER_KEYS"] = f"k9:{base64.b64encode(b'z' * 32).decode()}"
    compute.change("vodpass-play", environment_variables=variables)
    found = run_doctor(target, compute)
    finding = found.found("deployed-setting")
    assert finding["subject"] == "vodpass-play VODPASS_OWNER_KEYS"
    assert said in finding["what"]
    assert owner_keys not in found.printed
    assert "enpuenp6" not in found.printed


def test_a_deployed_function_in_local_mode(target: DoctorTarget, compute: Compute) -> None:
    variables = {**compute.variables("vodpass-sts"), "VODPASS_LOCAL": "1"}
    compute.change("vodpass-sts", environment_variables=variables)
    assert run_doctor(target, compute).found("local-mode")["subject"] == "vodpass-sts VODPASS_LOCAL"


def test_the_role_of_another_function(target: DoctorTarget, compute: Compute) -> None:
    role = f"acs:ram::{compute.cloud.account_id}:role/vodpass-upload"
    compute.change("vodpass-play", role=role)
    assert run_doctor(target, compute).found("deployed-role")["subject"] == "vodpass-play"


def test_a_function_that_reaches_only_its_vpc(target: DoctorTarget, compute: Compute) -> None:
    compute.change("vodpass-play", internet_access=False)
    finding = run_doctor(target, compute).found("deployed-network")
    assert finding["subject"] == "vodpass-play"


def test_stored_results_of_asynchronous_calls(target: DoctorTarget, compute: Compute) -> None:
    name = f"acs:mns:cn-shanghai:{compute.cloud.account_id}:/queues/results/messages"
    compute.set_async(
        "vodpass-upload",
        max_async_retry_attempts=0,
        destination_config=models.DestinationConfig(
            on_success=models.Destination(destination=name)
        ),
    )
    assert "onSuccess" in run_doctor(target, compute).found("async-destination")["what"]


def test_retried_asynchronous_calls(target: DoctorTarget, compute: Compute) -> None:
    compute.client.delete_async_invoke_config(
        "vodpass-play", models.DeleteAsyncInvokeConfigRequest(qualifier="LATEST")
    )
    finding = run_doctor(target, compute).found("async-retries")
    assert (finding["subject"], finding["severity"]) == ("vodpass-play", "warning")
    assert "3 times" in finding["what"]


def test_a_key_without_permission_to_read_functions(target: DoctorTarget, compute: Compute) -> None:
    statement = {"Effect": "Allow", "Action": ["vod:*", "sts:*"], "Resource": "*"}
    compute.cloud.ram.set_user_policies("admin", {"Version": "1", "Statement": [statement]})
    found = run_doctor(target, compute)
    assert found.codes == set()
    said = [one["text"] for one in found.report["not_checked"]]
    assert sum(one.startswith("this key may not read it") for one in said) == 6

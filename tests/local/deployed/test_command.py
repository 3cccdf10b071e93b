"""`python -m local --allow-deploy`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config

from fakealiyun.testing.fc import packed, refusal
from local.stack import PROJECT


@pytest.mark.parametrize("arguments", [["--allow-deploy"], ["--empty-account"], []])
def test_deployments_are_accepted_only_with_the_option(arguments: list[str]) -> None:
    environment = {**os.environ, "PORT": "0", "CLOUD_PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "local", *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = next(line for line in process.stdout if line.startswith("vodpass ready"))
            endpoint = re.findall(r"http://(127\.0\.0\.1:\d+)", ready)[1]
            client = Client(
                Config(
                    access_key_id="LTAIlocaladmin",
                    access_key_secret="local-admin-secret",
                    endpoint=endpoint,
                    protocol="http",
                    region_id="cn-shanghai",
                )
            )
            made = models.CreateFunctionInput(
                function_name="said",
                runtime="python3.10",
                handler="index.handler",
                code=models.InputCodeLocation(
                    zip_file=packed({"index.py": "def handler(e, c):\n    return e\n"})
                ),
            )
            request = models.CreateFunctionRequest(body=made)
            if arguments:
                client.create_function(request)
                event = models.InvokeFunctionRequest(body=b"heard")
                assert client.invoke_function("said", event).body.read() == b"heard"
            else:
                refused = refusal(lambda: client.create_function(request))
                assert "--allow-deploy" in refused.message
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

"""Failures of a function: what its caller gets, and that the next request works."""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from local.gateway.instance import Instance
from tests.support.gateway import RunningGateway
from tests.support.processes import alive
from tests.support.reply import Reply
from tests.support.waiting import wait_for


def test_an_uncaught_exception_is_described_to_the_caller(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["trouble"])
    answer = served.call("/trouble?how=raise")
    assert answer.status == 502
    assert answer.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    body = answer.json()
    assert set(body) == {"errorMessage", "errorType", "stackTrace"}
    assert (body["errorMessage"], body["errorType"]) == ("seven years", "Unlucky")
    assert [frame[2] for frame in body["stackTrace"]] == ["handler", "helper"]
    # Paths are those in the cloud: the caller learns no path of this machine.
    assert {frame[0] for frame in body["stackTrace"]} == {"/code/index.py"}
    first = served.instances()[0]["pid"]
    assert served.call("/trouble").json()["pid"] == first, "the instance goes on"


@pytest.mark.parametrize("how", ["exit", "os_exit", "kill"])
def test_a_process_that_ends_is_replaced(serve: Callable[..., RunningGateway], how: str) -> None:
    served = serve(["trouble"])
    first = served.call("/trouble").json()["pid"]
    answer = served.call(f"/trouble?how={how}")
    assert answer.status == 502
    assert answer.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    assert answer.json()["errorMessage"].startswith(
        "Process exited unexpectedly before completing request"
    )
    assert served.call("/trouble").json()["pid"] != first


def test_an_instance_killed_during_a_request_fails_only_that_request(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["state"])
    started = served.folder / "started"
    answers: list[Reply] = []
    target = f"/state?gate={served.folder}/never&started={started}"
    caller = threading.Thread(target=lambda: answers.append(served.call(target)))
    caller.start()
    wait_for(started.exists, "the function runs")
    [instance] = served.instances()
    os.kill(instance["pid"], signal.SIGKILL)
    caller.join(timeout=30)
    assert answers[0].status == 502
    assert answers[0].headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    after = served.call("/state").json()
    assert after["calls"] == 1
    assert after["pid"] != instance["pid"]


def test_an_instance_killed_between_requests_costs_no_request(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["state"])
    first = served.call("/state").json()["pid"]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not alive(first), "the process ends")
    wait_for(lambda: served.instances() == [], "it is not listed any more")
    assert served.call("/state").status == 200


def test_an_instance_whose_end_is_noticed_late_costs_no_request(
    serve: Callable[..., RunningGateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a loaded machine the gateway may notice the end of a process after the next request."""
    served = serve(["state"])
    first = served.call("/state").json()["pid"]
    noticed = Instance.alive.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Instance, "alive", property(lambda it: it.pid == first or noticed(it)))
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not alive(first), "the process ends")
    answer = served.call("/state", headers={"X-Fc-Log-Type": "Tail"})
    assert answer.status == 200
    assert answer.json()["pid"] != first
    assert answer.json()["calls"] == 1
    assert base64.b64decode(answer.headers["X-Fc-Log-Result"]).count(b"FC Invoke Start") == 1
    assert [instance["pid"] for instance in served.instances()] == [answer.json()["pid"]]


@pytest.mark.parametrize("size", [1, 8 * 1024 * 1024])
def test_an_instance_killed_before_it_reads_a_request_costs_no_request(
    serve: Callable[..., RunningGateway], size: int
) -> None:
    served = serve(["state"])
    first = served.call("/state").json()["pid"]
    os.kill(first, signal.SIGSTOP)
    answers: list[Reply] = []
    caller = threading.Thread(
        target=lambda: answers.append(served.call("/state", method="POST", body=b"x" * size))
    )
    caller.start()
    wait_for(
        lambda: sum("FC Invoke Start" in line for line in served.log("state")) == 2,
        "the request goes to the stopped process",
    )
    os.kill(first, signal.SIGKILL)
    caller.join(timeout=30)
    assert answers[0].status == 200
    assert answers[0].json()["pid"] != first


@pytest.mark.parametrize("how", ["sleep", "busy"])
def test_a_function_that_times_out_is_killed(
    serve: Callable[..., RunningGateway], how: str
) -> None:
    served = serve({"trouble": {"timeout": 1}})
    first = served.call("/trouble").json()["pid"]
    answer = served.call(f"/trouble?how={how}")
    assert answer.status == 502
    assert answer.headers["X-Fc-Error-Type"] == "FunctionTimeoutError"
    assert answer.json()["errorMessage"] == "Function time out after 1 seconds"
    wait_for(lambda: not alive(first), "the process ends")
    assert served.call("/trouble").json()["pid"] != first


def test_code_that_cannot_be_imported_is_an_error_of_every_request(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(["broken"])
    for _ in range(2):
        answer = served.call("/broken")
        assert answer.status == 502
        assert answer.json()["errorType"] == "ModuleNotFoundError"
    wait_for(lambda: served.instances() == [], "no such instance is kept")


def test_a_missing_handler_or_folder_is_an_error_of_the_request(
    serve: Callable[..., RunningGateway],
) -> None:
    served = serve(
        {
            "handler": {"sample": "echo", "handler": "index.absent"},
            "module": {"sample": "echo", "handler": "absent.handler"},
            "folder": {"sample": "echo", "code": "./build/absent"},
        }
    )
    assert served.call("/handler").json()["errorType"] == "AttributeError"
    assert served.call("/module").json()["errorType"] == "ModuleNotFoundError"
    answer = served.call("/folder")
    assert answer.status == 502
    assert str(served.folder) not in answer.body.decode()


def test_an_initializer_runs_once_and_pre_stop_at_the_end(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    hooks = {
        "initializer": {"handler": "index.initialize", "timeout": 5},
        "preStop": {"handler": "index.pre_stop", "timeout": 5},
    }
    trace = tmp_path / "trace"
    served = serve(
        {
            "lifecycle": {
                "instanceLifecycleConfig": hooks,
                "environmentVariables": {"TRACE": str(trace)},
            }
        },
        idle_seconds=0.01,
    )
    answer = served.call("/lifecycle").json()
    assert answer["initialized"] == [answer["request"]]
    assert any("FC Initialize Start" in line for line in served.log("lifecycle"))
    # The file exists before the line is in it.
    wait_for(lambda: trace.exists() and trace.read_text(), "preStop has run")
    assert trace.read_text() == "stopped\n"
    assert served.instances() == []


def test_a_failed_initializer_has_its_own_error_type(serve: Callable[..., RunningGateway]) -> None:
    served = serve(
        {
            "lifecycle": {
                "instanceLifecycleConfig": {"initializer": {"handler": "index.initialize"}},
                "environmentVariables": {"FAIL": "yes"},
            }
        }
    )
    answer = served.call("/lifecycle")
    assert answer.headers["X-Fc-Error-Type"] == "InitializationError"
    assert answer.json()["errorMessage"] == "cannot start"


def test_stopping_ends_instances_and_their_children(
    serve: Callable[..., RunningGateway], loop: object
) -> None:
    served = serve(["trouble"])
    found = served.call("/trouble?how=child").json()
    scratch = Path(f"/proc/{found['pid']}/environ")
    assert alive(found["pid"])
    assert alive(found["child"])
    assert scratch.exists()
    loop.run(served.gateway.stop())  # type: ignore[attr-defined]
    wait_for(lambda: not alive(found["pid"]) and not alive(found["child"]), "all are gone")


GATEWAY = """
import asyncio, sys
from pathlib import Path
from local.gateway import Gateway, load_deployment
from tests.support.gateway_cloud import ACCOUNT, GatewayCloud

async def main():
    deployment = load_deployment(Path(sys.argv[1]), {}, account_id=ACCOUNT)
    gateway = Gateway(deployment, GatewayCloud())
    await gateway.start()
    print(gateway.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_instances_end_even_when_the_gateway_is_killed(
    serve: Callable[..., RunningGateway], tmp_path: Path
) -> None:
    served = serve(["trouble"])  # writes s.yaml and the code folder
    project = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", GATEWAY, str(tmp_path / "s.yaml")],
        cwd=project,
        # What a killed gateway leaves on the disk is deleted with the test's folder.
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as gateway:
        assert gateway.stdout is not None
        served.gateway.port, own_port = int(gateway.stdout.readline()), served.gateway.port
        idle = served.call("/trouble?how=child").json()
        with socket.create_connection(("127.0.0.1", served.gateway.port)) as busy:
            busy.sendall(b"GET /trouble?how=busy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            instances = served.instances()
            gateway.kill()
            gateway.wait()
        served.gateway.port = own_port
    pids = [idle["pid"], idle["child"], *(found["pid"] for found in instances)]
    wait_for(lambda: not any(alive(pid) for pid in pids), "all instances and children are gone")


@pytest.mark.parametrize(
    ("program", "patience", "reason"),
    [
        ("exit 0", 30.0, "the process ended before it replied|the connection .* ended"),
        ("exec sleep 60", 0.1, "the process did not reply in time"),
    ],
)
def test_an_instance_that_does_not_start_is_reported_with_its_reason(
    serve: Callable[..., RunningGateway],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    patience: float,
    reason: str,
) -> None:
    monkeypatch.setattr("local.gateway.instance._START_SECONDS", patience)
    interpreter = tmp_path / "interpreter"
    interpreter.write_text(f"#!/bin/sh\n{program}\n")
    interpreter.chmod(0o700)
    answer = serve(["echo"], interpreter=interpreter).call("/echo")
    assert answer.status == 502
    assert answer.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    [said] = answer.json().values()
    assert re.fullmatch(f"the instance did not start: ({reason})", said)

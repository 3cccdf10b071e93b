"""What a function logs: kept, shown in the terminal, and returned to a caller who asks."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable
from typing import Any

from local.gateway import FunctionLogs, LogLine
from tests.support.gateway import RunningGateway
from tests.support.waiting import PATIENCE

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def tail(served: RunningGateway, target: str) -> str:
    answer = served.call(target, headers={"X-Fc-Log-Type": "Tail"})
    return base64.b64decode(answer.headers["X-Fc-Log-Result"], validate=True).decode()


def test_lines_are_written_as_the_service_writes_them(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["logs"])
    answer = served.call("/logs")
    request_id = answer.headers["X-Fc-Request-Id"]
    assert "X-Fc-Log-Result" not in answer.headers
    lines = served.log("logs")
    assert lines[0] == f"FC Invoke Start RequestId: {request_id}"
    assert re.fullmatch(rf"{STAMP} {request_id} \[INFO\] an info line", lines[1])
    assert re.fullmatch(rf"{STAMP} {request_id} \[WARNING\] a warning of a library", lines[2])
    assert re.fullmatch(rf"{STAMP} {request_id} \[ERROR\] an error line", lines[3])
    assert lines[4:7] == ["printed", "printed to stderr", "written past Python"]
    assert f"FC Invoke End RequestId: {request_id}" in lines
    accounting = lines[lines.index(f"FC Invoke End RequestId: {request_id}") + 1]
    assert re.fullmatch(
        r"Duration: [\d.]+ ms, Billed Duration: \d+ ms, Memory Size: 128 MB, "
        r"Max Memory Used: [\d.]+ MB",
        accounting,
    )
    assert not any("debug" in line for line in lines)


def test_tail_has_only_the_lines_of_the_request(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["logs"])
    served.call("/logs?lines=3")
    text = tail(served, "/logs")
    assert "an info line" in text
    assert "line 2" not in text
    assert text.count("FC Invoke Start") == 1


def test_tail_is_the_last_4_kb(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["logs"])
    text = tail(served, "/logs?lines=20000")
    assert len(text.encode()) == 4096
    assert "line 19999" in text
    assert "FC Invoke Start" not in text
    assert sum("line " in line for line in served.log("logs")) <= 5000, "memory is bounded"


def test_tail_works_for_errors(serve: Callable[..., RunningGateway]) -> None:
    served = serve(["trouble"])
    assert "Unlucky" in tail(served, "/trouble?how=raise")


def test_other_log_types_are_refused(serve: Callable[..., RunningGateway]) -> None:
    answer = serve(["logs"]).call("/logs", headers={"X-Fc-Log-Type": "All"})
    assert (answer.status, answer.json()["Code"]) == (400, "InvalidArgument")


def test_the_terminal_shows_the_functions_name_and_no_escape_codes(
    serve: Callable[..., RunningGateway],
) -> None:
    shown: list[str] = []
    served = serve(["logs"], logs=FunctionLogs(shown.append))
    served.call("/logs")
    assert "[logs] printed" in shown
    assert "[logs] \ufffd[31mred\ufffd[0m" in shown
    assert not any("\x1b" in line for line in shown)


def test_the_lines_can_be_read_while_a_thread_writes_one() -> None:
    logs = FunctionLogs()

    class WritesWhenRead(LogLine):
        """Makes another thread write a line while a reader looks at this one."""

        def __getattribute__(self, name: str) -> Any:
            if name == "function":
                writer = threading.Thread(target=logs.write, args=(LogLine("f", "i", None, "new"),))
                writer.start()
                writer.join(timeout=PATIENCE)
            return super().__getattribute__(name)

    logs.write(WritesWhenRead("f", "i", None, "first"))
    logs.write(LogLine("f", "i", None, "second"))
    assert [line.text for line in logs.lines("f")] == ["first", "second"]
    assert [line.text for line in logs.lines()][2:] == ["new"]

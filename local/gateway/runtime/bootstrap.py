"""Runs inside a function instance: a small version of Function Compute's Python runtime.

It is started as `python -S -s -B bootstrap.py CONTROL LIFELINE`. Both are inherited descriptors.
CONTROL is a socket: it receives calls and sends results, each as one frame:

    4 bytes length of the head, 4 bytes length of the payload, head (JSON), payload (bytes)

LIFELINE is a pipe that closes when the gateway ends, in whatever way. Every cold start loads this
file, so it imports little of the standard library and nothing else.
"""

from __future__ import annotations

import os
import sys

sys.path.pop(0)  # this file's own folder, which functions must not import from

import json
import logging
import time

TYPE_CHECKING = False  # importing typing would cost more than the rest of this file
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

CODE = os.environ["FC_FUNC_CODE_PATH"]
_request_id = ""


class Attributes:
    """Plain attributes: the parts of a context."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Credentials(Attributes):
    """`context.credentials`, new for every call. Old code uses the camel-case names."""

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def accessKeyId(self) -> Any:  # noqa: N802
        return self.__dict__["access_key_id"]

    @property
    def accessKeySecret(self) -> Any:  # noqa: N802
        return self.__dict__["access_key_secret"]

    @property
    def securityToken(self) -> Any:  # noqa: N802
        return self.__dict__["security_token"]


class Context(Attributes):
    """The second argument of a handler (Function Compute's documentation)."""

    @property
    def requestId(self) -> Any:  # noqa: N802
        return self.__dict__["request_id"]

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger()

    def getLogger(self) -> logging.Logger:  # noqa: N802
        return logging.getLogger()


class Formatter(logging.Formatter):
    """`2026-01-01T00:00:00.000Z <request id> [INFO] message`, followed by a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        milliseconds = int(record.created * 1000) % 1000
        return f"{stamp}.{milliseconds:03d}Z {_request_id} [{record.levelname}] {text}"


class StandardOutput(logging.Handler):
    """Writes to the current sys.stdout, like print."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stdout.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - as in every logging handler
            self.handleError(record)


def die_with_gateway(lifeline: int) -> None:
    """End this process and its children when the other end of the pipe closes."""
    try:
        # The kernel sends the signal, even if the interpreter is busy.
        import fcntl
        import signal

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):
        import _thread

        def wait() -> None:
            os.read(lifeline, 1)
            os.killpg(0, 9)

        _thread.start_new_thread(wait, ())


def read_exactly(descriptor: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(descriptor, min(size - len(data), 1 << 20))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


def receive(control: int) -> tuple[dict[str, Any], bytes]:
    lengths = read_exactly(control, 8)
    head = read_exactly(control, int.from_bytes(lengths[:4], "big"))
    return json.loads(head), read_exactly(control, int.from_bytes(lengths[4:], "big"))


def send(control: int, head: dict[str, Any], payload: bytes) -> None:
    encoded = json.dumps(head).encode()
    frame = memoryview(
        len(encoded).to_bytes(4, "big") + len(payload).to_bytes(4, "big") + encoded + payload
    )
    while frame:
        frame = frame[os.write(control, frame) :]


def load(handler: str) -> Callable[..., Any]:
    """The function that `handler` (`file.function`) names."""
    module_name, _, name = handler.rpartition(".")
    module = __import__(module_name, fromlist=[name])
    try:
        function: Callable[..., Any] = getattr(module, name)
    except AttributeError:
        raise AttributeError(f"Handler '{name}' is missing on module '{module_name}'") from None
    return function


def as_json(value: Any) -> Any:
    """Converts the other types that the runtime can serialise (confidence: medium)."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return str(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def as_bytes(result: Any) -> bytes:
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, default=as_json).encode()


def described(error: Exception) -> bytes:
    """The body of an unhandled error. Paths are shown as in the cloud, below /code."""
    import traceback

    stack = [
        ["/code" + frame.filename[len(CODE) :], frame.lineno, frame.name, frame.line]
        if frame.filename.startswith(CODE + os.sep)
        else [frame.filename, frame.lineno, frame.name, frame.line]
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__
    ]
    body = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": stack,
    }
    return json.dumps(body).encode()


class Runtime:
    """One function in one process."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.loaded: dict[str, Callable[..., Any]] = {}

    def context(self, call: dict[str, Any]) -> Context:
        function = dict(self.settings["function"])
        common = {
            "request_id": call["requestId"],
            "region": self.settings["region"],
            "account_id": self.settings["accountId"],
        }
        if self.settings["runtime"] == "python3.12":
            return Context(function=Attributes(**function), log_project="", log_store="", **common)
        qualifier, version = function.pop("qualifier"), function.pop("version_id")
        credentials = call["credentials"] or dict.fromkeys(
            ("access_key_id", "access_key_secret", "security_token"), ""
        )
        return Context(
            credentials=Credentials(**credentials),
            function=Attributes(**function),
            service=Attributes(
                name="", log_project="", log_store="", qualifier=qualifier, version_id=version
            ),
            retry_count=call["retryCount"],
            **common,
        )

    def serve(self, call: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        """Serve one call. Returns head and payload of the reply."""
        global _request_id  # noqa: PLW0603 - one request at a time
        _request_id = call["requestId"]
        head: dict[str, Any] = {"outcome": "returned"}
        try:
            handler = self.loaded.get(call["handler"])
            if handler is None:
                started = time.perf_counter()
                head["outcome"] = "not loaded"
                handler = self.loaded[call["handler"]] = load(call["handler"])
                head["outcome"] = "returned"
                head["loadMilliseconds"] = (time.perf_counter() - started) * 1000
            arguments = (payload,) if call["kind"] == "invoke" else ()
            result = as_bytes(handler(*arguments, self.context(call)))
        except Exception as error:
            logging.getLogger().error("%s", error, exc_info=error)
            if head["outcome"] == "returned":
                head["outcome"] = "raised"
            result = described(error)
        sys.stdout.flush()
        sys.stderr.flush()
        return head, result


def main(control: int, lifeline: int) -> NoReturn:
    for descriptor in (control, lifeline):
        os.set_inheritable(descriptor, False)
    die_with_gateway(lifeline)
    sys.argv[:] = ["bootstrap"]
    sys.path.insert(0, CODE)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    handler = StandardOutput()
    handler.setFormatter(Formatter())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    try:
        runtime = Runtime(receive(control)[0])
        send(control, {"outcome": "started"}, b"")
        while True:
            send(control, *runtime.serve(*receive(control)))
    except (EOFError, OSError):
        os._exit(0)  # the gateway closed the connection; do not wait for threads


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

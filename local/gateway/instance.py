"""One instance of a function: a separate process that serves one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BOOTSTRAP = Path(__file__).parent / "runtime" / "bootstrap.py"
# -S: no site-packages; -s: no user site; -B: writes no byte code into the code folder.
_FLAGS = ("-S", "-s", "-B")
_START_SECONDS = 60.0  # for an interpreter to start on a busy machine
_LAST_WORDS_SECONDS = 1.0
_MAX_FRAME = 128 * 1024 * 1024
_READ = 64 * 1024  # the capacity of a pipe on Linux


class InstanceExited(Exception):
    """The process ended or broke the protocol before it replied."""

    def __init__(self, text: str = "the process ended before it replied") -> None:
        super().__init__(text)


class RequestNotRead(InstanceExited):
    """The process ended before it read the whole request, so the function did not run.

    The kernel tells the two cases apart: it resets the connection if the process left data unread,
    and closes it normally if the process read everything.
    """

    def __init__(self) -> None:
        super().__init__("the connection to the process ended")


class InstanceTimedOut(Exception):
    """The process did not reply in time and was killed."""

    def __init__(self) -> None:
        super().__init__("the process did not reply in time")


@dataclass(frozen=True)
class InstanceReply:
    """A reply of the process: head and payload of its frame."""

    head: dict[str, Any]
    payload: bytes


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process in KB, now and at its peak. None if unknown."""

    now: int | None
    peak: int | None


class Instance:
    """A process that `start` starts and `close` ends."""

    def __init__(self, identifier: str, on_output: Callable[[bytes], None]) -> None:
        self.id = identifier
        self.served = 0
        self.loaded = False
        self.started_at = time.perf_counter()
        self.start_milliseconds = 0.0
        self.scratch = Path(tempfile.mkdtemp(prefix="vodpass-instance-"))
        self._on_output = on_output
        self._partial = b""
        self._killed = False
        self._process: asyncio.subprocess.Process | None = None
        self._exited: asyncio.Task[int] | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self._descriptors: list[int] = []
        self._output = -1

    @staticmethod
    def new_id() -> str:
        """An instance id in Function Compute's form."""
        return f"c-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"

    async def start(
        self, interpreter: Path, folder: Path, environment: dict[str, str], settings: dict[str, Any]
    ) -> None:
        """Start the process in `folder` and wait until its runtime is ready.

        Raises InstanceExited or InstanceTimedOut. Call `close` in every case.
        """
        ours, theirs = socket.socketpair()
        lifeline, keep = os.pipe()
        self._output, output = os.pipe()
        self._descriptors = [keep, self._output]
        os.set_blocking(self._output, False)
        try:
            self._process = await asyncio.create_subprocess_exec(
                str(interpreter),
                *_FLAGS,
                str(_BOOTSTRAP),
                str(theirs.fileno()),
                str(lifeline),
                cwd=folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(theirs.fileno(), lifeline),
                start_new_session=True,
            )
            self._exited = asyncio.ensure_future(self._process.wait())
        except BaseException as error:
            ours.close()
            if isinstance(error, OSError):
                text = f"the process cannot be started: {error.strerror}"
                raise InstanceExited(text) from None
            raise
        finally:
            theirs.close()
            os.close(lifeline)
            os.close(output)
        asyncio.get_running_loop().add_reader(self._output, self.drain_output)
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        await self.call(settings, b"", _START_SECONDS)
        self.start_milliseconds = (time.perf_counter() - self.started_at) * 1000

    @property
    def pid(self) -> int:
        """The process id, also the id of its process group."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether the process runs and was not killed. Its end may be noticed late."""
        return self._exited is not None and not self._exited.done() and not self._killed

    async def call(self, head: dict[str, Any], payload: bytes, seconds: float) -> InstanceReply:
        """Send one frame and return the reply.

        On return, `on_output` has got everything that the process wrote until then. Raises
        RequestNotRead, InstanceExited or InstanceTimedOut; the process is then dead.
        """
        assert self._exited is not None  # noqa: S101 - for the type checker: started
        exchange = asyncio.ensure_future(self._exchange(head, payload))
        try:
            await asyncio.wait(
                {exchange, self._exited}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not exchange.done() and self._exited.done():
                # It may have replied just before it ended.
                await asyncio.wait({exchange}, timeout=_LAST_WORDS_SECONDS)
            if not exchange.done():
                gone = self._exited.done()
                self.kill()
                raise InstanceExited if gone else InstanceTimedOut
            return exchange.result()
        except ConnectionError as error:
            self.kill()
            raise RequestNotRead from error
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            self.kill()
            raise InstanceExited("the connection to the process ended") from error
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            if not exchange.done():
                exchange.cancel()
                await asyncio.wait({exchange})
            self.drain_output()

    async def _exchange(self, head: dict[str, Any], payload: bytes) -> InstanceReply:
        assert self._writer is not None  # noqa: S101 - for the type checker: started
        encoded = json.dumps(head).encode()
        lengths = len(encoded).to_bytes(4, "big") + len(payload).to_bytes(4, "big")
        self._writer.write(lengths + encoded + payload)
        await self._writer.drain()
        lengths = await self._reader.readexactly(8)
        size, length = int.from_bytes(lengths[:4], "big"), int.from_bytes(lengths[4:], "big")
        if size + length > _MAX_FRAME:
            raise ValueError("the frame is too large for a reply")
        head = json.loads(await self._reader.readexactly(size))
        if not isinstance(head, dict):
            raise ValueError("the head of a frame must be an object")
        return InstanceReply(head, await self._reader.readexactly(length))

    def drain_output(self) -> None:
        """Pass every complete line that the process wrote so far to `on_output`."""
        try:
            data = os.read(self._output, _READ)
        except (BlockingIOError, OSError):
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._output)
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._on_output(line)
        if len(self._partial) >= _READ:
            self._on_output(self._partial)
            self._partial = b""

    def memory(self) -> Memory:
        """The memory of the process. It is read from /proc, so only Linux knows it."""
        values: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith(("VmRSS:", "VmHWM:")):
                    values[line[:5]] = int(line.split()[1])
        return Memory(values.get("VmRSS"), values.get("VmHWM"))

    def kill(self) -> None:
        """Kill the process and its children. Has no effect on a dead process."""
        self._killed = True
        if self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Kill the process, wait for its end and free its resources."""
        self.kill()
        if self._exited is not None:
            await self._exited
            self.kill()  # children that outlived it
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        if self._descriptors:
            asyncio.get_running_loop().remove_reader(self._output)
            for descriptor in self._descriptors:
                os.close(descriptor)
            self._descriptors = []
        if self._partial:
            self._on_output(self._partial)
            self._partial = b""
        shutil.rmtree(self.scratch, ignore_errors=True)

"""Runs `s deploy`. What it prints is read in memory and shown only as recognised progress."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops import serverless_devs
from ops.account import Key
from ops.deploy.progress import Seen, Step

_LONGEST_LINE = 64 * 1024  # bytes; the rest of a longer line is a line of its own


@dataclass(frozen=True)
class Job:
    """What to deploy: the file, the settings, and one function or (empty) all of them."""

    template: str
    settings: Mapping[str, str] = field(repr=False)
    functions: tuple[str, ...]
    only: str = ""


Deployer = Callable[[Job, Callable[[Step], None]], "Outcome"]
"""Deploys a job, and tells of each function when it has ended."""


@dataclass(frozen=True)
class Outcome:
    """How a deployment ended: an exit code, and keys of `progress.REASONS`."""

    exit_code: int
    reasons: tuple[str, ...] = ()


class WithS:
    """The deployer that users have: the command `s` with its component."""

    def __init__(
        self,
        command: Path,
        project: Path,
        key: Key,
        account_id: str,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._command = command
        self._project = project
        self._key = key
        self._account_id = account_id
        self._environ = environ

    def __call__(self, job: Job, tell: Callable[[Step], None]) -> Outcome:
        """Deploy. The checks and the bundle of the file's own actions have run already."""
        return self._run("deploy", job, tell)

    def remove(self, job: Job) -> Outcome:
        """Remove what a job deployed. The component says 0 even if it could not remove all."""
        return self._run("remove", job, lambda _step: None)

    def _run(self, what: str, job: Job, tell: Callable[[Step], None]) -> Outcome:
        arguments = [job.only, what] if job.only else [what]
        arguments += ["-y", "-t", job.template, "--skip-actions"]
        seen = Seen(job.functions)
        with serverless_devs.private_home(self._environ) as home:
            environment = serverless_devs.environment(home, job.settings, self._environ)
            started: list[subprocess.Popen[bytes]] = []
            try:
                with _held() as interrupted:
                    started.append(
                        subprocess.Popen(
                            [self._command, *arguments],
                            cwd=self._project,
                            env={**environment, **self._identity()},
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT,
                            start_new_session=True,
                        )
                    )
                if interrupted:
                    raise KeyboardInterrupt
                code = _read(started[0], seen, tell)
            except OSError:
                return Outcome(127)
            finally:
                for process in started:
                    _end(process)
        if code == 0 and seen.failed:
            code = 1
        # A signal's number is negative here; a shell adds 128.
        return Outcome(code if code >= 0 else 128 - code, tuple(seen.reasons))

    def _identity(self) -> dict[str, str]:
        found = {
            "AccountID": self._account_id,
            "AccessKeyID": self._key.access_key_id,
            "AccessKeySecret": self._key.access_key_secret,
        }
        if self._key.security_token:
            found["SecurityToken"] = self._key.security_token
        return found


def _read(process: subprocess.Popen[bytes], seen: Seen, tell: Callable[[Step], None]) -> int:
    while process.stdout is not None and (line := process.stdout.readline(_LONGEST_LINE)):
        step = seen.read(line.decode("utf-8", "replace"))
        if step is not None:
            tell(step)
    return process.wait()


@contextlib.contextmanager
def _held() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of being interrupted.

    An interruption while a process starts would leave it without anybody who ends it.
    """
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {
        number: signal.signal(number, lambda number, _frame: caught.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it started, if it still runs."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.stdout is not None:
        process.stdout.close()

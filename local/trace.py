"""`make trace`: follows one request through the code.

The function runs in this process, against a fake cloud of its own. Each line names a function of
`functions/` or `shared/`, what it returns or raises, and where it is. The next line is the first
sentence of its docstring. No value is shown, so no secret either. Private functions that call no
other are left out, unless `--all` is given.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import importlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import jwt

from fakealiyun import FakeCloud
from fakealiyun.testing.mp4 import film
from local.checkout_keys import LocalKeys, load_keys
from local.deployable import local_environment
from local.development_token import AUDIENCE, ISSUER, SCOPES
from local.gateway import FakeCloudLink
from local.roles import LOCAL_VALUES, RAM_FOLDER

PROJECT = Path(__file__).resolve().parents[1]
FOLLOWED = tuple(f"{PROJECT / folder}{os.sep}" for folder in ("functions", "shared"))
REQUESTS = ("upload", "refresh", "play")


@dataclass
class Step:
    """A call of a function: its name, its code, what it returned or raised, and its calls."""

    name: str
    code: CodeType
    is_property: bool = False
    outcome: str = ""
    calls: list[Step] = field(default_factory=list)

    @property
    def is_nameless(self) -> bool:
        """Whether it is a lambda or the like."""
        return self.code.co_name.startswith("<")

    def shown(self, *, everything: bool) -> Iterator[Step]:
        """This step, or the steps that stand for it. Repeated and recursive calls are left out."""
        if self.code.co_name == "<module>":
            return  # an import
        calls: list[Step] = []
        for step in (step for call in self.calls for step in call.shown(everything=everything)):
            repeated = any(step.code is earlier.code for earlier in calls)
            if step.code is not self.code and (step.calls or not repeated):
                calls.append(step)
        minor = self.is_property or "_" in (self.name[0], self.code.co_name[0])
        if self.is_nameless:
            yield from calls
        elif everything or calls or not minor:
            yield Step(self.name, self.code, self.is_property, self.outcome, calls)

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The lines for this step and its calls."""
        margin = "  " * depth
        path = Path(self.code.co_filename).relative_to(PROJECT).as_posix()
        outcome = f" {self.outcome}" if self.outcome else ""
        yield f"{margin}{self.name}{outcome}  {path}:{self.code.co_firstlineno}"
        about = _first_sentence(self.code)
        if about:
            yield f"{margin}  | {about}"
        for call in self.calls:
            yield from call.lines(depth + 1)


def _first_sentence(code: CodeType) -> str:
    """The first sentence of a function's docstring; "" if it has none."""
    document = _docstrings(code.co_filename).get(code.co_firstlineno, "")
    paragraph = " ".join(document.partition("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z`])", paragraph)[0]


@functools.cache
def _docstrings(path: str) -> dict[int, str]:
    """The docstring of each function of a file, by the line where the function begins."""
    found = {}
    for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[first] = ast.get_docstring(node) or ""
    return found


class Tracer:
    """Records the calls of this thread, while it is used as a context manager."""

    def __init__(self) -> None:
        self.roots: list[Step] = []
        self._open: list[Step] = []
        self._left: tuple[Step, BaseException] | None = None

    def __enter__(self) -> Tracer:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, _event: str, _value: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(FOLLOWED):
            return None
        frame.f_trace_lines = False
        owner = type(frame.f_locals["self"]) if "self" in frame.f_locals else None
        name = code.co_name if owner is None else f"{owner.__name__}.{code.co_name}"
        is_property = isinstance(getattr(owner, code.co_name, None), property)
        step = Step(name, code, is_property)
        (self._open[-1].calls if self._open else self.roots).append(step)
        self._open.append(step)
        raised: BaseException | None = None

        def happened(_frame: FrameType, event: str, value: Any) -> Any:
            nonlocal raised
            if event == "exception":
                raised = value[1]
                if self._left is not None and self._left[1] is raised:
                    # It left the function that this one called.
                    self._left[0].outcome = f"raises {type(raised).__name__}"
                self._left = None
            elif event == "return":
                step.outcome = "" if value is None else f"-> {type(value).__name__}"
                self._left = None if raised is None or value is not None else (step, raised)
                self._open.pop()
            return happened

        return happened


def _environment(cloud: FakeCloud, keys: LocalKeys, function: str) -> dict[str, str]:
    """The variables of a deployed function, as far as these three use them."""
    role = FakeCloudLink(cloud).role_credentials(f"vodpass-{function}", "trace")
    return {
        "FC_ACCOUNT_ID": cloud.account_id,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": role.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": role.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": role.security_token,
        "VODPASS_REGION": cloud.region,
        "VODPASS_JWT_KEYS": keys.jwks,
        "VODPASS_JWT_ISSUER": ISSUER,
        "VODPASS_JWT_AUDIENCE": AUDIENCE,
        "VODPASS_ISSUER_ALIAS": "local",
        "VODPASS_OWNER_KEYS": keys.owner_keys,
        "VODPASS_PLAY_KEY": keys.play_key,
        **local_environment(cloud),
    }


def _event(keys: LocalKeys, user: str, method: str, target: str, body: Any) -> bytes:
    """The event of an HTTP trigger, with a token of `user`."""
    now = int(time.time())
    scope = " ".join(SCOPES)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + 600}
    token = jwt.encode(
        {**claims, "scope": scope}, keys.secret, algorithm="HS256", headers={"kid": keys.kid}
    )
    path, _, query = target.partition("?")
    event = {
        "version": "v1",
        "rawPath": path,
        "headers": {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        "queryParameters": dict(parse_qsl(query)),
        "body": "" if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"http": {"method": method}},
    }
    return json.dumps(event).encode()


class Functions:
    """The functions, run in this process as one instance each."""

    def __init__(self, cloud: FakeCloud, keys: LocalKeys) -> None:
        self._cloud = cloud
        self._keys = keys

    def call(
        self, user: str, method: str, target: str, body: Any = None, *, tracer: Any = None
    ) -> dict[str, Any]:
        """The response object for a request of `user`, whose calls `tracer` records."""
        name = target[1:].partition("?")[0]
        for variable in [one for one in os.environ if one.startswith("VODPASS_")]:
            del os.environ[variable]
        os.environ.update(_environment(self._cloud, self._keys, name))
        handler = importlib.import_module(f"functions.{name}.index").handler
        event = _event(self._keys, user, method, target, body)
        context = SimpleNamespace(request_id="1-trace", function=SimpleNamespace(timeout=60))
        with tracer or contextlib.nullcontext():
            response: dict[str, Any] = handler(event, context)
        return response


def _send_film(answer: Mapping[str, Any]) -> None:
    """Sends a film to OSS with the answer of /upload, as the README does."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(film(3))
        file.flush()
        put = [sys.executable, str(PROJECT / "docs" / "examples" / "put.py"), file.name]
        sent = json.dumps(answer).encode()
        subprocess.run(put, input=sent, check=True, capture_output=True)  # noqa: S603


def trace(request: str, user: str, tracer: Tracer) -> tuple[str, dict[str, Any]]:
    """What `user` asks, as one line, and the response object. Videos are alice's."""
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        functions = Functions(cloud, load_keys(PROJECT / ".local"))
        body: Any = {"FileName": "film.mp4"}
        method, target = "POST", f"/{request}"
        if request != "upload":
            begun = json.loads(functions.call("alice", "POST", "/upload", body)["body"])
            body = {"VideoId": begun["VideoId"]}
        if request == "play":
            _send_film(begun)
            method, target, body = "GET", f"/play?VideoId={begun['VideoId']}", None
        response = functions.call(user, method, target, body, tracer=tracer)
    sent = "" if body is None else f" {json.dumps(body)}"
    return f"{method} {target}{sent}", response


def main() -> int:
    """Print the trace. The exit code is 0."""
    parser = argparse.ArgumentParser(
        prog="python -m local.trace", description="Follows one request through the code."
    )
    parser.add_argument("request", nargs="?", choices=REQUESTS, default="upload")
    parser.add_argument("--as", dest="user", default="alice", help="who asks; videos are alice's")
    parser.add_argument("--all", action="store_true", help="show the small private functions too")
    options = parser.parse_args()
    tracer = Tracer()
    with contextlib.redirect_stdout(io.StringIO()) as log:
        asked, response = trace(options.request, options.user, tracer)
    told = [f"{asked}, as {options.user}"]
    for root in tracer.roots:
        for step in root.shown(everything=options.all):
            told += step.lines()
    told.append(f"log: {log.getvalue().splitlines()[-1]}")
    told.append(
        f"answer: {response['statusCode']} {json.loads(response['body']).get('Code', 'OK')}"
    )
    try:
        print("\n".join(told), flush=True)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())

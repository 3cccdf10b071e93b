"""The preload for Node: known hosts lead to the fake cloud through TLS, everything else ends."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops.rehearse import routing as module
from ops.rehearse.certificates import server_context
from ops.rehearse.routing import Routing, routing
from ops.rehearse.tls_front import TlsFront

KNOWN = "fcv3.cn-shanghai.aliyuncs.com"
WILD = "*.cn-shanghai.log.aliyuncs.com"
NODE = shutil.which("node") or "node"


class _Cloud(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"host": self.headers["Host"], "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def cloud() -> Iterator[int]:
    """The port of a server that stands for the fake cloud: it repeats host and path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cloud)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def routed(cloud: int) -> Iterator[Routing]:
    with routing([KNOWN, WILD], cloud) as found:
        yield found


def node(script: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a module's text. `tell(promise)` prints what becomes of it, in one line."""
    tell = (
        "const tell = (one) => Promise.resolve().then(one).then("
        "(value) => console.log(JSON.stringify(value)),"
        "(error) => console.log('ERROR', error.cause?.code ?? error.code,"
        " error.cause?.message ?? error.message));"
        "const get = (name, options) => new Promise((done, failed) =>"
        " require(name).get(options, (answer) => { let text = '';"
        " answer.on('data', (part) => (text += part));"
        " answer.on('end', () => done(JSON.parse(text))); }).on('error', failed));"
        "const over = (emitter) => new Promise((done, failed) => emitter.on('error', failed));"
    )
    return subprocess.run(
        [NODE, "-e", tell + script],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(script: str, routed: Routing) -> str:
    done = node(script, routed.environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "call",
    [
        "fetch('https://{host}/path?a=1').then((answer) => answer.json())",
        "get('https', 'https://{host}/path?a=1')",
        "get('https', {{host: '{host}', path: '/path?a=1', agent: false}})",
    ],
)
@pytest.mark.parametrize("host", [KNOWN, "a-project.cn-shanghai.log.aliyuncs.com"])
def test_a_known_host_is_the_fake_cloud(routed: Routing, call: str, host: str) -> None:
    answer = said(f"tell(() => {call.format(host=host)})", routed)
    assert json.loads(answer) == {"host": host, "path": "/path?a=1"}
    assert routed.called().routed == [host]
    assert routed.called().unknown == []


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("fetch('https://unknown.example.com/path?token=secret')", "unknown.example.com"),
        ("fetch('http://unknown.example.com/')", "unknown.example.com"),
        ("get('https', 'https://user:secret@unknown.example.com/')", "unknown.example.com"),
        ("get('http', 'http://unknown.example.com/')", "unknown.example.com"),
        ("over(require('http2').connect('https://unknown.example.com'))", "unknown.example.com"),
        ("over(require('tls').connect(443, 'unknown.example.com'))", "unknown.example.com"),
        ("over(require('net').connect(443, 'unknown.example.com'))", "unknown.example.com"),
        ("over(require('net').connect('/var/run/docker.sock'))", "local-socket"),
        ("fetch('http://100.100.100.200/latest/meta-data')", "100.100.100.200"),
        ("get('http', 'http://127.0.0.1:3000/')", "127.0.0.1"),
        # Its neighbours, and more labels than the wildcard stands for.
        ("fetch('https://fcv3.cn-hangzhou.aliyuncs.com/')", "fcv3.cn-hangzhou.aliyuncs.com"),
        (f"fetch('https://x{KNOWN}/')", f"x{KNOWN}"),
        (f"fetch('https://{KNOWN}.example.com/')", f"{KNOWN}.example.com"),
        ("fetch('https://cn-shanghai.log.aliyuncs.com/')", "cn-shanghai.log.aliyuncs.com"),
        (
            "fetch('https://a.b.cn-shanghai.log.aliyuncs.com/')",
            "a.b.cn-shanghai.log.aliyuncs.com",
        ),
        # A known host without TLS, or at a port of another service.
        (f"fetch('http://{KNOWN}/')", f"{KNOWN}:80"),
        (f"fetch('https://{KNOWN}:8443/')", f"{KNOWN}:8443"),
        ("require('dns').promises.lookup('unknown.example.com')", "unknown.example.com"),
        ("require('dns/promises').resolve4('unknown.example.com')", "unknown.example.com"),
        (
            "new (require('dns').promises.Resolver)().resolveTxt('unknown.example.com')",
            "unknown.example.com",
        ),
        (
            "new Promise((done, failed) => new (require('dns').Resolver)().resolve4("
            "'unknown.example.com', (error) => failed(error)))",
            "unknown.example.com",
        ),
        ("require('dgram').createSocket('udp4').send('x', 53, '192.0.2.1')", "udp"),
        ("over(require('child_process').spawn('curl', ['https://x/secret']))", "program-curl"),
        ("require('child_process').execSync('curl https://x/secret')", "program-curl"),
        ("require('child_process').spawnSync('/usr/bin/git', ['fetch'])", "program-git"),
    ],
)
def test_everything_else_is_refused_by_name(routed: Routing, call: str, named: str) -> None:
    answer = said(f"tell(() => {call})", routed)
    assert answer.startswith("ERROR EREHEARSAL the rehearsal refuses"), answer
    assert named in answer
    assert routed.called().unknown == [named]
    assert routed.called().routed == []
    assert "secret" not in answer


@pytest.mark.parametrize(
    "program",
    [
        "require('child_process').execFile(process.execPath, ['-e', CODE], {env: {}}, () => {})",
        "new (require('worker_threads').Worker)(CODE, {eval: true}).on('error', () => {})",
    ],
)
def test_further_processes_and_threads_are_led_too(routed: Routing, program: str) -> None:
    code = f"fetch('https://{KNOWN}/'); fetch('https://unknown.example.com/').catch(() => {{}})"
    said(f'const CODE = "{code}"; {program}', routed)
    assert routed.called().unknown == ["unknown.example.com"]
    assert routed.called().routed == [KNOWN]


@pytest.mark.parametrize("given", [None, "", "{}", '{"hosts": [], "ports": {}}'])
def test_without_routes_no_program_runs(routed: Routing, given: str | None) -> None:
    environment = {**routed.environment, "REHEARSAL_ROUTES": given or ""}
    if given is None:
        del environment["REHEARSAL_ROUTES"]
    done = node("console.log('ran')", environment)
    assert done.returncode != 0
    assert "ran" not in done.stdout


def test_tls_is_on_and_only_this_authority_is_believed(routed: Routing) -> None:
    call = f"tell(() => fetch('https://{KNOWN}/').then((answer) => answer.status))"
    assert said(call, routed) == "200"
    without = dict(routed.environment)
    del without["NODE_EXTRA_CA_CERTS"]
    assert "UNABLE_TO_VERIFY_LEAF_SIGNATURE" in node(call, without).stdout


def test_the_authority_is_private_and_gone_afterwards(cloud: int) -> None:
    with routing([KNOWN], cloud) as routed:
        folder = Path(routed.environment["NODE_EXTRA_CA_CERTS"]).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not any(b"PRIVATE KEY" in path.read_bytes() for path in folder.iterdir())
        assert said(f"tell(() => fetch('https://{KNOWN}/').then(() => 1))", routed) == "1"
    assert not folder.exists()


def test_the_authority_signs_for_no_other_name(cloud: int, tmp_path: Path) -> None:
    context, trusted = server_context(tmp_path, ["example.com", KNOWN], module.BELOW)
    believing = ssl.create_default_context(cafile=str(trusted))
    with TlsFront(context, cloud) as front:
        # The constraint covers every name of a certificate, so not even KNOWN is believed.
        for name in ("example.com", KNOWN):
            with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
                _shake_hands(believing, front.port, name)
    context, trusted = server_context(tmp_path, [KNOWN], module.BELOW)
    believing = ssl.create_default_context(cafile=str(trusted))
    with TlsFront(context, cloud) as front:
        _shake_hands(believing, front.port, KNOWN)


def _shake_hands(context: ssl.SSLContext, port: int, name: str) -> None:
    with (
        socket.create_connection(("127.0.0.1", port), 30) as plain,
        context.wrap_socket(plain, server_hostname=name),
    ):
        pass


def test_what_is_refused_quietly_and_what_is_done_without(routed: Routing) -> None:
    metrics = "serverless-devs3-metrics.cn-hangzhou.log.aliyuncs.com"
    for host in ("api.devsapp.cn", "registry.npmjs.org", metrics, "sls.cn-shanghai.aliyuncs.com"):
        said(f"tell(() => fetch('https://{host}/'))", routed)
    called = routed.called()
    assert called.quiet == ["api.devsapp.cn", "registry.npmjs.org", metrics]
    assert list(called.done_without) == ["sls.cn-shanghai.aliyuncs.com"]
    assert called.unknown == []

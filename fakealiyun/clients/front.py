"""Leads a client with fixed host names or fixed HTTPS to the fake, by standard settings alone.

`Front` is an HTTP proxy (`http_proxy`, `https_proxy`) and an HTTPS server for `localhost`. Behind
both is the fake, which speaks HTTP. Clients trust its certificate by `REQUESTS_CA_BUNDLE` or
`NODE_EXTRA_CA_CERTS`, as in a company with a proxy of its own.
"""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "*.aliyuncs.com", "*.cn-shanghai.aliyuncs.com")
_HEAD = 64 * 1024  # bytes
_SECONDS = 120.0

_Serve = Callable[[socket.socket], None]


class Front:
    """`proxy` is the proxy's URL, `endpoint` the HTTPS server's host and port."""

    def __init__(self, folder: Path, cloud: tuple[str, int]) -> None:
        self._cloud = cloud
        self.certificate = folder / "certificate.pem"
        key = folder / "key.pem"
        _certify(self.certificate, key)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, key)
        self._listening: list[socket.socket] = []
        self.proxy = f"http://127.0.0.1:{self._listen(self._as_proxy)}"
        self.endpoint = f"localhost:{self._listen(self._as_server)}"

    def close(self) -> None:
        """Stop listening."""
        for one in self._listening:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _listen(self, serve: _Serve) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        self._listening.append(listening)
        threading.Thread(target=self._accept, args=(listening, serve), daemon=True).start()
        return int(listening.getsockname()[1])

    def _accept(self, listening: socket.socket, serve: _Serve) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(_SECONDS)
            threading.Thread(target=_quietly, args=(serve, connection), daemon=True).start()

    def _as_server(self, connection: socket.socket) -> None:
        with self._tls.wrap_socket(connection, server_side=True) as client:
            self._pass_on(client, b"")

    def _as_proxy(self, connection: socket.socket) -> None:
        with connection:
            received = bytearray()
            while b"\r\n\r\n" not in received:
                more = connection.recv(_HEAD)
                if not more or len(received) > _HEAD:
                    return
                received += more
            line, _, rest = bytes(received).partition(b"\r\n")
            method, target, version = line.split(b" ")
            if method == b"CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._as_server(connection)
                return
            # http://HOST/PATH becomes /PATH. The host stays in the header.
            path = b"/" + target.split(b"/", 3)[3]
            head = b" ".join((method, path, version)) + b"\r\nConnection: close\r\n"
            dropped = (b"connection:", b"proxy-connection:")
            fields, _, body = rest.partition(b"\r\n\r\n")
            kept = [f for f in fields.split(b"\r\n") if not f.lower().startswith(dropped)]
            self._pass_on(connection, head + b"\r\n".join(kept) + b"\r\n\r\n" + body)

    def _pass_on(self, client: socket.socket, first: bytes) -> None:
        with socket.create_connection(self._cloud, timeout=_SECONDS) as cloud:
            cloud.sendall(first)
            threading.Thread(target=_quietly, args=(_pump, client, cloud), daemon=True).start()
            _pump(cloud, client)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while content := source.recv(_HEAD):
        sink.sendall(content)


def _quietly(work: Callable[..., None], *arguments: socket.socket) -> None:
    """A connection that a client breaks is no fault of the test."""
    with contextlib.suppress(OSError):
        work(*arguments)


def _certify(certificate: Path, key: Path) -> None:
    """Write a certificate for NAMES that signs itself, and its key."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake of the client tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in NAMES]), False)
        .add_extension(usage, critical=False)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextlib.contextmanager
def serve(folder: Path, cloud: tuple[str, int]) -> Iterator[Front]:
    """A `Front` while the context is open."""
    front = Front(folder, cloud)
    try:
        yield front
    finally:
        front.close()

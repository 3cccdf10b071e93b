"""Clients that disconnect during a request: the developer's log does not mention them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import pytest

from tests.support.gateway import RunningGateway

HEAD = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Token: s3cr3t\r\n"
CUT_SHORT = {
    "in the head": HEAD,
    "in the body": HEAD + b"Content-Length: 500\r\n\r\n" + b"s3cr3t",
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1f4\r\ns3cr3t",
    "before it may go on": HEAD + b"Expect: 100-continue\r\nContent-Length: 500\r\n\r\n",
    "before the answer": HEAD + b"Content-Length: 6\r\n\r\ns3cr3t",
    "with more to come": (HEAD + b"Content-Length: 1\r\n\r\ns") * 3 + HEAD,
}
RESET = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("sent", CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_a_client_that_disconnects_is_not_logged(
    serve: Callable[..., RunningGateway], caplog: pytest.LogCaptureFixture, sent: bytes, reset: bool
) -> None:
    served = serve(["echo"])
    served.call("/echo")
    with socket.create_connection(("127.0.0.1", served.gateway.port)) as client:
        client.sendall(sent)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    # After a second invocation, the gateway has surely noticed the end of the first connection.
    assert served.call("/echo").status == 200
    assert [record.getMessage() for record in caplog.records] == []


def test_a_fault_of_the_gateway_is_logged(
    serve: Callable[..., RunningGateway],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = serve(["echo"])

    def broken(*_: object) -> list[object]:
        raise ZeroDivisionError

    monkeypatch.setattr(served.gateway.invoker, "instances", broken)
    assert served.call("/_local/instances").status == 500
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError

"""Faults: what the official client sees, and what state remains."""

from __future__ import annotations

import asyncio
import http.client
import socket
import struct
import threading
import time
from logging import WARNING
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from alibabacloud_tea_openapi import exceptions
from Tea.exceptions import TeaException, UnretryableException

from fakealiyun import FakeCloud
from fakealiyun.faults import Faults
from fakealiyun.openapi.gateway import OpenApi
from fakealiyun.testing.vod import Vod, rpc, rpc_parameters, send


def test_throttled_with_a_hint(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "GetVideoList", "throttle", retry_after=250)
    with pytest.raises(exceptions.ThrottlingException) as caught:
        vod.call("get_video_list")
    assert caught.value.retry_after == 250
    assert caught.value.code == "Throttling.User"
    assert vod.call("get_video_list")["Total"] == 0


def test_throttled_plainly(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "GetVideoList", "throttle", count=2)
    for _ in range(2):
        assert vod.refused("get_video_list") == (400, "Throttling.User")
    assert vod.call("get_video_list")["Total"] == 0
    cloud.faults.set("vod", "GetVideoList", "throttle", code="Throttling.Api", status=429)
    assert vod.refused("get_video_list") == (429, "Throttling.Api")


def test_an_error_of_the_service(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "CreateUploadVideo", "error", status=503, code="AddVideoFailed")
    with pytest.raises(exceptions.ServerException) as caught:
        vod.create()
    assert (caught.value.status_code, caught.value.code) == (503, "AddVideoFailed")
    assert cloud.vod.library.all() == []


def test_a_reset_before_anything_happened(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "CreateUploadVideo", "reset_before")
    with pytest.raises(UnretryableException):
        vod.create(reference_id="mark-0001")
    assert cloud.vod.library.all() == []
    assert vod.create(reference_id="mark-0001").video_id


def test_a_reset_after_the_effect(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "CreateUploadVideo", "reset_after")
    with pytest.raises(UnretryableException):
        vod.create(reference_id="mark-0001")
    assert vod.call("get_video_info", reference_id="mark-0001")["Video"]["Status"] == "Uploading"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_is_a_reset_on_the_wire(cloud: FakeCloud, kind: str) -> None:
    cloud.faults.set("vod", "GetVideoList", kind)
    query = urlencode(rpc_parameters(cloud.admin, "GetVideoList"))
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
        connection.sendall(f"GET /?{query} HTTP/1.1\r\nHost: {cloud.endpoint}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_page_instead_of_json(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "GetVideoList", "non_json")
    with pytest.raises(TeaException):
        vod.call("get_video_list")
    cloud.faults.set("vod", "GetVideoList", "non_json", status=200)
    answer = rpc(cloud, cloud.admin, "GetVideoList")
    assert answer.status == 200
    assert answer.body.startswith(b"<html>")


def test_nothing_instead_of_json(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "GetVideoList", "empty")
    with pytest.raises(TeaException):
        vod.call("get_video_list")


def test_fields_of_another_type(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "CreateUploadVideo", "wrong_type", field="UploadAuth")
    body = vod.call("create_upload_video", title="t", file_name="a.mp4")
    assert (body["UploadAuth"], len(body["VideoId"])) == (12345, 32)
    cloud.faults.set("vod", "CreateUploadVideo", "wrong_type")
    answer = rpc(cloud, cloud.admin, "CreateUploadVideo", Title="t", FileName="a.mp4").json()
    assert not any(isinstance(value, str) for value in answer.values())


def test_fewer_bytes_than_announced(cloud: FakeCloud) -> None:
    cloud.faults.set("vod", "GetVideoList", "truncated")
    with pytest.raises(http.client.IncompleteRead):
        rpc(cloud, cloud.admin, "GetVideoList")
    assert rpc(cloud, cloud.admin, "GetVideoList").status == 200


def test_a_body_that_trickles_is_whole_in_the_end(cloud: FakeCloud) -> None:
    cloud.faults.set("vod", "GetVideoList", "drip", seconds=0.2)
    began = time.monotonic()
    answer = rpc(cloud, cloud.admin, "GetVideoList")
    assert time.monotonic() - began >= 0.2
    assert answer.json()["Total"] == 0


@pytest.mark.parametrize("leaves", ["while it sends", "while it is answered"])
def test_a_client_that_goes_away_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, leaves: str
) -> None:
    begun, ended = threading.Event(), threading.Event()
    serve = OpenApi.handle

    async def handle(self: OpenApi, request: web.Request) -> web.StreamResponse:
        begun.set()
        try:
            return await serve(self, request)
        finally:
            ended.set()

    monkeypatch.setattr(OpenApi, "handle", handle)
    with FakeCloud() as cloud:
        cloud.faults.set("vod", "GetVideoList", "drip", seconds=120)
        query = urlencode(rpc_parameters(cloud.admin, "GetVideoList"))
        method, size = ("POST", 9) if leaves == "while it sends" else ("GET", 0)
        head = f"{method} /?{query} HTTP/1.1\r\nHost: {cloud.endpoint}\r\nContent-Length: {size}"
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
            connection.sendall(f"{head}\r\n\r\n".encode())
            assert begun.wait(60)
            if leaves == "while it is answered":
                assert connection.recv(1) == b"H"
            reset_on_close(connection)
        assert ended.wait(60)
    assert [record.getMessage() for record in caplog.records if record.levelno >= WARNING] == []


def reset_on_close(connection: socket.socket) -> None:
    """Make `close` reset the connection, as if the process had been killed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_late_answer_does_not_hold_up_others(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    over = threading.Event()
    sleep = asyncio.sleep

    async def until_over(seconds: float) -> None:
        waits.append(seconds)
        while not over.is_set():
            await sleep(0.01)

    monkeypatch.setattr("fakealiyun.openapi.gateway.asyncio", SimpleNamespace(sleep=until_over))
    cloud.faults.set("vod", "GetVideoList", "slow", seconds=7)
    answers: list[Any] = []
    slow = threading.Thread(target=lambda: answers.append(rpc(cloud, cloud.admin, "GetVideoList")))
    slow.start()
    while not waits and slow.is_alive():
        time.sleep(0.01)
    assert send(cloud, "GET", "/_local/clock").status == 200
    assert (waits, answers) == ([7], [])
    over.set()
    slow.join()
    assert answers[0].status == 200


def test_a_fault_strikes_only_what_it_names(cloud: FakeCloud, vod: Vod) -> None:
    cloud.faults.set("vod", "GetVideoInfo", "error")
    cloud.faults.set("sts", "*", "error")
    assert vod.call("get_video_list")["Total"] == 0
    assert len(cloud.faults.pending()) == 2
    cloud.faults.set("vod", "*", "error")
    assert vod.refused("get_video_list") == (500, "InternalError")


def test_a_refused_call_uses_up_no_fault(cloud: FakeCloud, vod: Vod) -> None:
    from dataclasses import replace

    cloud.faults.set("vod", "*", "error")
    impostor = Vod(cloud, replace(cloud.admin, access_key_secret="wrong"))
    assert impostor.refused("get_video_list") == (400, "SignatureDoesNotMatch")
    assert len(cloud.faults.pending()) == 1


def test_faults_in_process_are_checked_like_those_by_control() -> None:
    faults = Faults()
    for service, action, kind in (
        ("ecs", "*", "error"),
        ("vod", "", "error"),
        ("vod", "*", "none"),
    ):
        with pytest.raises(ValueError, match="must be"):
            faults.set(service, action, kind)
    with pytest.raises(ValueError, match="parameter"):
        faults.set("vod", "*", "slow", minutes=1)

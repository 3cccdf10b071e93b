"""Each documented error code of VOD gives the answer that `docs/error-codes.md` shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.alibaba import codes
from shared.alibaba.vod import codes as vod_codes
from tests.support.clients import put
from tests.support.error_codes import OF_VOD, RETRIABLE, Row, rows
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

IMAGE = {"MediaType": "image", "ImageType": "default"}
SUBTITLE = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}


def uploaded(house: House, token: str) -> str:
    begun = house.upload(token).json()
    put(begun, SMALL)
    return str(begun["VideoId"])


CALLS: dict[str, Callable[[House, str], Callable[[], Reply]]] = {
    "CreateUploadVideo": lambda house, token: lambda: house.upload(token),
    "CreateUploadImage": lambda house, token: lambda: house.post("/upload", token, IMAGE),
    "CreateUploadAttachedMedia": lambda house, token: (
        lambda: house.post("/upload", token, SUBTITLE)
    ),
    "RefreshUploadVideo": lambda house, token: _later(house.refresh, token, house.begun(token)),
    "GetVideoInfo": lambda house, token: _later(house.refresh, token, house.begun(token)),
    "GetVideoPlayAuth": lambda house, token: _later(house.play, token, uploaded(house, token)),
}
"""Operation -> prepares a video, and returns the request that leads to the operation."""


def _later(call: Callable[..., Reply], *arguments: Any) -> Callable[[], Reply]:
    return lambda: call(*arguments)


@pytest.mark.parametrize("row", rows(*OF_VOD), ids=str)
def test_each_code_of_vod_gives_the_documented_answer(house: House, alice: str, row: Row) -> None:
    request = CALLS[row.operation](house, alice)
    house.cloud.faults.set("vod", row.operation, "error", 5, status=row.status, code=row.code)
    reply = request()
    problem = reply.json()
    assert reply.code == row.answer
    if row.text is not None:
        assert problem["detail"] == row.text
    assert row.code not in reply.body.decode()
    waits = row.answer in RETRIABLE or (row.answer, row.code) == (
        "VideoNotReady",
        "Forbidden.IllegalStatus",
    )
    assert ("Retry-After" in reply.headers) == waits


def test_the_page_lists_every_code_of_the_tables() -> None:
    shown = {row.code for row in rows(*OF_VOD)}
    known = {*vod_codes.FIELD_FAULTS, *vod_codes.ACCOUNT_FAULTS}
    assert known <= shown
    roots = {code.partition(".")[0] for code in shown}
    assert {"MissingSecurityToken"} == set(codes.OPERATOR_FAULTS) - roots, "no role credential"


@pytest.mark.parametrize("operation", OF_VOD)
def test_the_page_explains_the_codes_of_every_operation(operation: str) -> None:
    shown = {row.code for row in rows(operation)}
    assert {"Throttling.User", "Forbidden.RAM", "OperationDenied.Suspended"} <= shown


@pytest.mark.parametrize("code", ["InvalidStorage.NotFound", "InvalidTemplateGroupId.NotFound"])
def test_an_answer_names_no_setting_that_was_not_used(house: House, alice: str, code: str) -> None:
    """These operations do not send the parameter."""
    for operation in ("RefreshUploadVideo", "GetVideoInfo", "GetVideoPlayAuth"):
        request = CALLS[operation](house, alice)
        house.cloud.faults.set("vod", operation, "error", 5, status=404, code=code)
        reply = request()
        assert reply.refusal == (500, "Misconfigured")
        assert "VODPASS_" not in reply.body.decode()
        house.cloud.reset()


@pytest.mark.parametrize(
    ("code", "parameter", "variable"),
    [
        ("InvalidStorage.NotFound", "storage_location", "VODPASS_STORAGE_LOCATION"),
        ("InvalidTemplateGroupId.NotFound", "template_group_id", "VODPASS_TEMPLATE_GROUP_ID"),
        ("InvalidWorkflow.NotFound", "workflow_id", "VODPASS_WORKFLOW_ID"),
        ("InvalidApp.NotFound", "app_id", "VODPASS_APP_ID"),
        ("InvalidCate.NotFound", "cate_id", "VODPASS_CATE_ID"),
        ("InvalidCate.NotFound", "cate_ids", "VODPASS_CATE_ID"),
    ],
)
def test_an_answer_names_a_setting_that_was_used(code: str, parameter: str, variable: str) -> None:
    assert variable in str(vod_codes.meaning(code, {parameter}))
    assert variable not in str(vod_codes.meaning(code, {"title"}))

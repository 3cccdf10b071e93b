"""Each documented error code of AssumeRole gives the answer that `docs/error-codes.md` shows."""

from __future__ import annotations

import pytest

from shared.alibaba.sts import FAULTS
from tests.support.error_codes import RETRIABLE, Row, rows
from tests.support.holder import ask
from tests.support.house import House


@pytest.mark.parametrize("row", rows("AssumeRole"), ids=str)
def test_each_code_of_sts_gives_the_documented_answer(house: House, alice: str, row: Row) -> None:
    house.cloud.faults.set("sts", "AssumeRole", "error", 5, status=row.status, code=row.code)
    reply = ask(house, alice, "vod-upload")
    assert reply.code == row.answer
    assert reply.json()["detail"] == row.text
    assert row.code not in reply.body.decode()
    assert ("Retry-After" in reply.headers) == (row.answer in RETRIABLE)


def test_the_page_lists_every_code_of_the_table() -> None:
    shown = {row.code for row in rows("AssumeRole")}
    assert set(FAULTS) - shown == {"InvalidParameter"}, "the start of longer codes"

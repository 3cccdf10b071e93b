"""Faults of the API of Function Compute."""

from __future__ import annotations

import pytest
from darabonba.exceptions import UnretryableException

from fakealiyun.testing.fc import Fc, get, refusal


def test_a_lost_answer_has_its_effect(fc: Fc) -> None:
    fc.cloud.faults.set("fc", "CreateFunction", "reset_after")
    with pytest.raises(UnretryableException):
        fc.create()
    assert fc.names() == ["echo"]
    assert refusal(fc.create).code == "FunctionAlreadyExists"


def test_a_call_that_is_throttled_or_cut_off_has_none(fc: Fc) -> None:
    fc.cloud.faults.set("fc", "*", "throttle", status=429, code="ResourceThrottled")
    refused = refusal(fc.create)
    assert (refused.status, refused.code) == (429, "ResourceThrottled")
    fc.cloud.faults.set("fc", "*", "reset_before")
    with pytest.raises(UnretryableException):
        fc.create()
    assert fc.names() == []


def test_the_control_route_shows_what_is_deployed_and_no_variable_of_it(fc: Fc) -> None:
    fc.create(environmentVariables={"KEY": "hidden-value"})
    answer = get(f"{fc.cloud.url}/_local/state")
    assert b'"functionName": "echo"' in answer.body
    assert b"hidden-value" not in answer.body

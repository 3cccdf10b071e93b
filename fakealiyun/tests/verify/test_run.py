"""Side by side: equal fakes agree, and a changed one differs in exactly what was changed."""

from __future__ import annotations

from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.facts import all_facts
from fakealiyun.openapi.types import ApiError
from fakealiyun.testing.vod import post_control
from fakealiyun.verify import command
from fakealiyun.verify.probe import Seen
from fakealiyun.verify.run import differences
from fakealiyun.vod.settings import VodSettings
from tests.verify.conftest import Verify, environment, nothing_left, stand_in


def test_two_equal_fakes_agree(verify: Verify) -> None:
    with stand_in() as cloud:
        done = verify(cloud, "--run")
        assert done.differences == {}
        assert done.status == 0
        assert set(done.verdicts) == {fact.id for fact in all_facts() if fact.probe}
        assert set(done.verdicts.values()) == {"equal"}
        assert nothing_left(cloud)
        assert (
            done.printed.splitlines()[-1] == f"{len(done.verdicts)} equal, 0 different, 0 not run"
        )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"duplicate_reference_id": lambda: ApiError(409, "AlreadyExists", "Taken.")},
            {
                "vod.reference_id_taken": [
                    ("status", 409, 400),
                    ("code", "AlreadyExists", "InvalidReferenceId.Duplicated"),
                    ("message", "Taken.", "The specified ReferenceId already exists."),
                ]
            },
        ),
        (
            {"reference_ids_outlive_videos": False},
            {"vod.reference_id_after_deletion": [("accepted", True, False)]},
        ),
        (
            {"upload_lifetime": 3000},
            {"vod.upload_credential_life": [("Expiration", "3000", "3600"), ("minutes", 50, 60)]},
        ),
    ],
)
def test_a_changed_setting_differs(
    verify: Verify, settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    with stand_in(vod_settings=VodSettings(**settings)) as cloud:
        done = verify(cloud, "--run", "--only", "vod")
        assert done.differences == expected
        assert done.status == 1
        assert nothing_left(cloud)


def test_another_order_of_checks_differs(verify: Verify) -> None:
    """A service that looks for the role before it checks the form of RoleSessionName."""
    with stand_in() as cloud:
        fault = {"service": "sts", "action": "AssumeRole", "kind": "error", "count": 1}
        early = {"status": 404, "code": "EntityNotExist.Role", "message": "No role."}
        assert post_control(cloud, "faults", {**fault, **early}).status == 200
        done = verify(cloud, "--run", "--only", "sts.session_name_before_role")
    assert done.differences == {
        "sts.session_name_before_role": [
            ("status", 404, 400),
            ("code", "EntityNotExist.Role", "InvalidParameter.RoleSessionName"),
        ]
    }
    assert 'code: real "EntityNotExist.Role", fake' in done.printed


def test_without_run_it_sends_nothing(verify: Verify, capsys: pytest.CaptureFixture[str]) -> None:
    with stand_in() as cloud:
        done = verify(cloud)
        assert done.status == 0
        assert cloud.calls.snapshot() == {}
    assert done.json == ""
    for fact in all_facts():
        assert (f"{fact.id} (" in done.printed) == bool(fact.probe)
    assert "creates and deletes: a queue" in done.printed
    assert "at most 0 US cents" in done.printed
    # The list needs no AccessKey.
    assert command.main([], {}) == 0
    assert capsys.readouterr().out == done.printed


def test_only_what_is_asked_for(verify: Verify, cloud: FakeCloud) -> None:
    done = verify(cloud, "--run", "--only", "fc", "--only", "sts.role_absent")
    assert {name.partition(".")[0] for name in done.verdicts} == {"fc", "sts"}
    assert "sts.identity_fields" not in done.verdicts
    assert command.main(["--only", "vod.nothing"], environment(cloud)) == 2


def test_differences_are_named() -> None:
    real: Seen = {"a": {"b": 1, "c": ["x"]}, "d": None}
    fake: Seen = {"a": {"b": 2, "c": ["x"]}, "e": ""}
    found = [(one.at, one.real, one.fake) for one in differences(real, fake)]
    assert found == [("a.b", 1, 2), ("e", None, "")]

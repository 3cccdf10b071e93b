"""Each role has the permissions that its work needs, and no unused ones."""

from __future__ import annotations

import pytest

from tests.functions.roles.conftest import begin_anew
from tests.functions.roles.grants import (
    CLIENT_ROLES,
    ROLES,
    Grant,
    give_everything,
    grants,
    take_away,
)
from tests.functions.roles.scenarios import (
    ACCESS_DENIED,
    DONE,
    MISCONFIGURED,
    RUN_FAILED,
    SCENARIOS,
)
from tests.support.house import House

# OSS requires this one permission for every step of writing an object.
PUT_OPERATIONS = {
    "PutObject",
    "InitiateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "AppendObject",
    "PostObject",
}


def used(house: House) -> set[str]:
    """The actions, in the spelling of RAM, that were used since the counters were reset."""
    return {
        "oss:PutObject" if service == "oss" and name in PUT_OPERATIONS else f"{service}:{name}"
        for service, counts in house.cloud.calls.snapshot().items()
        for name in counts
    }


def refusal_of(role: str) -> str:
    """How the work of a role fails if a permission is missing."""
    if role in CLIENT_ROLES:
        return ACCESS_DENIED
    return RUN_FAILED if role == "vodpass-watch" else MISCONFIGURED


def named(grant: Grant) -> str:
    return f"{grant.role} {grant.action} {grant.resource.rpartition('/')[2]}"


@pytest.mark.parametrize("grant", SCENARIOS, ids=named)
def test_each_grant_is_used_and_without_it_the_work_fails(house: House, grant: Grant) -> None:
    scenario = SCENARIOS[grant]
    give_everything(house.cloud, grant.role)
    act = scenario(house)
    house.cloud.calls.reset()
    assert act() == DONE
    assert grant.action in used(house)

    # This resets the clock too: a role credential lives 36 hours, and one wait takes up to 25.
    begin_anew(house)
    give_everything(house.cloud, grant.role)
    act = scenario(house)
    take_away(house.cloud, grant)
    assert act() == refusal_of(grant.role)
    give_everything(house.cloud, grant.role)
    assert act() == DONE


@pytest.mark.parametrize("role", ROLES)
def test_no_grant_is_unused(house: House, role: str) -> None:
    actions: set[str] = set()
    give_everything(house.cloud, role)
    for grant, scenario in SCENARIOS.items():
        if grant.role == role:
            act = scenario(house)
            house.cloud.calls.reset()
            assert act() == DONE
            actions |= used(house)
    assert actions == {grant.action for grant in grants(role)}


@pytest.mark.parametrize("role", ROLES)
def test_every_grant_has_a_scenario(role: str) -> None:
    assert {grant for grant in SCENARIOS if grant.role == role} == grants(role)


def test_every_role_with_a_scenario_has_a_file() -> None:
    assert {grant.role for grant in SCENARIOS} <= set(ROLES)


class TestTheRoleSufficesOffTheBeatenTrack:
    """Permissions that are needed only in rare cases."""

    def test_an_unknown_outcome_of_an_upload_can_be_looked_up(self, house: House) -> None:
        house.cloud.faults.set("vod", "CreateUploadVideo", "reset_after")
        reply = house.upload(house.issuer.token(), "key-1")
        assert reply.status == 200
        assert used(house) == {
            "vod:CreateUploadVideo",
            "vod:GetVideoInfo",
            "vod:RefreshUploadVideo",
        }

    def test_a_repeat_works_after_an_owner_key_rotation(self, house: House) -> None:
        token = house.issuer.token()
        first = house.upload(token, "key-1").json()
        house.cloud.calls.reset()
        second = house.at("rotated").upload(token, "key-1").json()
        assert second["VideoId"] == first["VideoId"]
        assert used(house) == {"vod:GetVideoInfo", "vod:RefreshUploadVideo"}

    def test_the_status_of_a_claimed_video_can_be_read(self, house: House) -> None:
        video_id = house.begun(house.issuer.token())
        reader = house.issuer.token("bob", vod={"play": [video_id]})
        house.cloud.calls.reset()
        assert house.play(reader, video_id).refusal == (409, "VideoNotReady")
        assert used(house) == {"vod:GetVideoPlayAuth", "vod:GetVideoInfo"}

    def test_a_callback_for_a_deleted_video_is_handled(self, house: House) -> None:
        act = SCENARIOS[Grant("vodpass-events", "vod:GetVideoInfo", "*")](house)
        videos = house.cloud.vod.library
        videos.delete([media.video_id for media in videos.all()])
        assert act() == DONE

"""Deployments with the same keys and different upload windows: each promise is kept."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakealiyun.testing.vod import Vod
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import owner_keys
from shared.config.settings import Settings
from shared.uploads.declaration import Declaration, seal
from tests.functions.roles.grants import give_everything
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import ALIAS, OWNER_KEY, House, serve, settings
from tests.support.tokens import Issuer

DAY = 86400
MONTH = 30 * DAY
SHORT = 3600
MARGIN = 3600 + 60 + 600
"""Seconds after a window from which an upload may be deleted."""

VARIANTS: dict[str, dict[str, Any]] = {
    "short": {
        "only": ["upload", "refresh"],
        "environmentVariables": {"VODPASS_UPLOAD_WINDOW": str(SHORT)},
    },
    "brief": {
        "only": ["watch"],
        "environmentVariables": {
            "VODPASS_UPLOAD_WINDOW": str(SHORT),
            "VODPASS_CLEANUP": "delete",
        },
    },
    "forced": {
        "only": ["watch"],
        "environmentVariables": {"VODPASS_CLEANUP": "delete", "VODPASS_CLEANUP_FORCE": "1"},
    },
    "longest": {
        "only": ["watch"],
        "environmentVariables": {
            "VODPASS_UPLOAD_WINDOW": str(MONTH),
            "VODPASS_CLEANUP": "delete",
        },
    },
    "almost": {
        "only": ["watch"],
        "environmentVariables": {
            "VODPASS_UPLOAD_WINDOW": str(MONTH - 1),
            "VODPASS_CLEANUP": "delete",
        },
    },
    "cleaning": {"only": ["watch"], "environmentVariables": {"VODPASS_CLEANUP": "delete"}},
    "trying": {"only": ["watch"], "environmentVariables": {"VODPASS_CLEANUP": "dry-run"}},
}


@pytest.fixture(scope="module")
def running(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    issuer = Issuer()
    project = tmp_path_factory.mktemp("project")
    with serve(code_under_test, project, issuer, settings(issuer), VARIANTS) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.cloud.reset()
    give_everything(running.cloud, "vodpass-watch")
    return running


def watch(house: House, variant: str) -> list[dict[str, Any]]:
    """Runs the watch of a variant. Returns what its log says about clean-up."""
    name = f"{variant}-watch"
    before = len(house.decisions(name))
    target = house.gateway.deployment.functions[name]
    event = json.dumps({"triggerTime": "", "triggerName": "timer", "payload": ""}).encode()
    for _ in range(4):
        outcome = house.loop.run(house.gateway.invoker.invoke(target, event, "1-by-hand"))
        if outcome.error_type is None:
            break
        # The clock moved by days: the role credential of this instance has expired.
    else:
        raise AssertionError(outcome.payload)
    return [line for line in house.decisions(name)[before:] if "clean_up" in line]


def left(house: House) -> set[str]:
    return {media.video_id for media in house.cloud.vod.library.all()}


def without_window(house: House, sub: str = "alice") -> str:
    """An upload that was begun before the window was sealed."""
    deployment = Settings(issuer_alias=ALIAS, owner_keys=owner_keys(OWNER_KEY))
    mark = new_mark(deployment, Owner(ALIAS, sub))
    sealed = seal(deployment, mark, Declaration(sub, "", "digest", None, "mp4"))
    made = Vod(house.cloud).call(
        "create_upload_video",
        title="film",
        file_name="film.mp4",
        reference_id=mark,
        user_data=json.dumps({"Extend": sealed}),
    )
    return str(made["VideoId"])


def test_an_upload_keeps_its_window_in_its_sealed_declarations(house: House) -> None:
    for at, window in ((house, DAY), (house.at("short"), SHORT)):
        video_id = at.begun(house.issuer.token("alice"))
        info = Vod(house.cloud).call("get_video_info", video_id=video_id)["Video"]
        assert json.loads(info["UserData"])["Extend"]["w"] == window


@pytest.mark.parametrize("begun_at", ["short", "plain"])
def test_refresh_goes_by_the_shorter_window(house: House, begun_at: str) -> None:
    plain, short = house, house.at("short")
    token = house.issuer.token("alice")
    video_id = (short if begun_at == "short" else plain).begun(token)
    house.cloud.clock.advance(SHORT - 600)
    for at in (plain, short):
        assert at.refresh(token, video_id).status == 200
    house.cloud.clock.advance(601)
    assert short.refresh(token, video_id).refusal == (409, "UploadWindowClosed")
    if begun_at == "short":
        assert plain.refresh(token, video_id).refusal == (409, "UploadWindowClosed")
    else:
        assert plain.refresh(token, video_id).status == 200


def test_an_upload_without_a_sealed_window_is_refreshed_by_the_setting(house: House) -> None:
    token = house.issuer.token("alice")
    video_id = without_window(house)
    house.cloud.clock.advance(SHORT + 10)
    assert house.at("short").refresh(token, video_id).refusal == (409, "UploadWindowClosed")
    assert house.refresh(token, video_id).status == 200
    house.cloud.clock.advance(DAY)
    assert house.refresh(token, video_id).refusal == (409, "UploadWindowClosed")


@pytest.mark.parametrize("first", ["short", "plain"])
def test_a_repeat_with_another_window_is_the_same_request(house: House, first: str) -> None:
    token = house.issuer.token("alice")
    order = [house.at("short"), house] if first == "short" else [house, house.at("short")]
    begun = [at.upload(token, "key-1").json()["VideoId"] for at in order]
    assert begun[0] == begun[1]
    assert len(left(house)) == 1
    house.cloud.clock.advance(SHORT + 10)
    again = [at.upload(token, "key-1").status for at in (house.at("short"), house)]
    assert again == [409, 409 if first == "short" else 200]


def test_another_deployment_deletes_nothing_before_the_promised_window(house: House) -> None:
    """Such as one for development with the same keys."""
    promised = house.begun(house.issuer.token("alice"))
    own = house.at("short").begun(house.issuer.token("bob"))
    older = without_window(house)
    house.cloud.clock.advance(SHORT + MARGIN + 10)
    assert [line["VideoId"] for line in watch(house, "brief")] == [own]
    assert left(house) == {promised, older}
    house.cloud.clock.advance(DAY - SHORT - 600)
    watch(house, "brief")
    assert left(house) == {promised, older}
    house.cloud.clock.advance(600)
    assert [line["VideoId"] for line in watch(house, "brief")] == [promised]
    assert left(house) == {older}


def test_an_upload_without_a_sealed_window_is_kept_for_a_month(house: House) -> None:
    older = without_window(house)
    house.cloud.clock.advance(MONTH + MARGIN - 600)
    watch(house, "cleaning")
    assert left(house) == {older}
    house.cloud.clock.advance(700)
    assert [line["VideoId"] for line in watch(house, "cleaning")] == [older]
    assert left(house) == set()


def test_an_upload_with_a_longer_window_than_the_setting_is_found_and_deleted(
    house: House,
) -> None:
    """The setting was shortened since. The list reaches as far back as the longest window."""
    promised = house.begun(house.issuer.token("alice"))
    house.cloud.clock.advance(DAY + MARGIN + 10)
    assert [line["VideoId"] for line in watch(house, "brief")] == [promised]


def announced(house: House, kind: str) -> set[str]:
    """The videos about which the app got an event of this type."""
    url = f"http://127.0.0.1:{house.port}/_local/events"
    with urllib.request.urlopen(url, timeout=30) as answer:
        bodies = [one["body"] for one in json.load(answer)["events"]]
    return {body["subject"] for body in bodies if body["type"] == kind}


def test_an_upload_is_abandoned_when_its_promised_window_has_closed(house: House) -> None:
    promised = uploaded(house, "alice")
    short = uploaded(house.at("short"), "bob")
    older = without_window(house)
    house.cloud.clock.advance(SHORT + 600)
    watch(house, "trying")
    assert announced(house, "upload.abandoned") & left(house) == {short}
    watch(house, "brief")
    assert announced(house, "upload.abandoned") & left(house) == {short, older}
    house.cloud.clock.advance(DAY - SHORT)
    watch(house, "brief")
    assert announced(house, "upload.abandoned") >= {short, older, promised}


@pytest.mark.parametrize("variant", ["longest", "almost"])
def test_the_longest_window_leaves_nothing_more_to_list(house: House, variant: str) -> None:
    older = without_window(house)
    house.cloud.clock.advance(MONTH + MARGIN + 10)
    assert [line["VideoId"] for line in watch(house, variant)] == [older]


def begin(house: House, count: int, make: Callable[[House, str], object]) -> None:
    for number in range(count):
        make(house, f"user-{number}")


def uploaded(house: House, sub: str) -> str:
    return house.begun(house.issuer.token(sub))


@pytest.mark.parametrize(
    ("overdue", "young", "deleted"),
    [
        (20, 0, True),
        (21, 0, False),
        (21, 48, False),
        (21, 49, True),
        (30, 70, True),
        (31, 70, False),
    ],
)
def test_a_run_does_not_delete_many_uploads_that_are_a_large_part(
    house: House, overdue: int, young: int, deleted: bool
) -> None:
    begin(house, overdue, uploaded)
    old = left(house)
    house.cloud.clock.advance(DAY + MARGIN + 10)
    begin(house, young, uploaded)
    Vod(house.cloud).call("create_upload_video", title="not ours", file_name="f.mp4")
    said = watch(house, "cleaning")
    if deleted:
        assert left(house).isdisjoint(old)
        assert {line["VideoId"] for line in said} == old
        return
    assert left(house) >= old
    [line] = said
    assert (line["level"], line["clean_up"]) == ("warning", "refused")
    assert (line["deletions"], line["awaiting"]) == (overdue, overdue + young)
    assert "DeleteVideo" not in house.calls()


def test_a_setting_allows_many_deletions(house: House) -> None:
    begin(house, 21, uploaded)
    house.cloud.clock.advance(DAY + MARGIN + 10)
    watch(house, "cleaning")
    assert len(left(house)) == 21
    said = watch(house, "forced")
    assert [line["clean_up"] for line in said] == ["delete"] * 21
    assert left(house) == set()


def test_a_dry_run_names_the_uploads_and_says_that_they_are_too_many(house: House) -> None:
    begin(house, 21, uploaded)
    house.cloud.clock.advance(DAY + MARGIN + 10)
    said = [line["clean_up"] for line in watch(house, "trying")]
    assert said == ["refused", *["dry-run"] * 21]
    assert len(left(house)) == 21


def test_a_message_announces_but_deletes_nothing(house: House) -> None:
    """The part that a run would delete cannot be known from one video."""
    video_id = uploaded(house, "alice")
    house.cloud.clock.advance(DAY + MARGIN + 10)
    target = house.gateway.deployment.functions["cleaning-watch"]
    text = json.dumps({"VideoId": video_id})
    event = json.dumps([{"data": {"messageId": "1", "messageBody": text}}]).encode()
    outcome = house.loop.run(house.gateway.invoker.invoke(target, event, "1-by-hand"))
    assert outcome.error_type is None
    assert "GetVideoInfo" in house.calls()
    assert left(house) == {video_id}

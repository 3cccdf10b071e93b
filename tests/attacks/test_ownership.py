"""Attempts to access the video of another user, or a video without an owner."""

from __future__ import annotations

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fakealiyun.testing.vod import Vod
from fakealiyun.vod.media import Media
from shared.auth import ownership as owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.uploads import declaration as declarations
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.gate import gate
from tests.support.house import ALIAS, OWNER_KEY, House
from tests.support.reply import Reply
from tests.support.waiting import wait_for

NOT_FOUND = (404, "VideoNotFound")
KEY_ID, _, KEY = OWNER_KEY.partition(":")
SETTINGS = Settings(owner_keys=(OwnerKey(KEY_ID, base64.b64decode(KEY)),))
ALICE = owner.Owner(ALIAS, "alice")


def media(house: House, video_id: str) -> Media:
    found = house.cloud.vod.library.get(video_id)
    assert found is not None
    return found


def refused(house: House, token: str, video_id: str) -> None:
    """Neither refresh nor play works, and VOD was not asked for a credential."""
    house.cloud.calls.reset()
    assert house.refresh(token, video_id).refusal == NOT_FOUND
    assert house.play(token, video_id).refusal == NOT_FOUND
    assert house.calls() == {"GetVideoInfo": 2}


class TestAnotherUsersVideo:
    @pytest.mark.parametrize("finished", [False, True])
    def test_by_its_id(self, house: House, alice: str, mallory: str, finished: bool) -> None:
        begun = house.upload(alice).json()
        if finished:
            put(begun, SMALL)
        refused(house, mallory, begun["VideoId"])

    @pytest.mark.parametrize(
        "sub", ["alic", "alice ", " alice", "Alice", "ALICE", "alicé", "alice0"]
    )
    def test_with_a_similar_name(self, house: House, alice: str, sub: str) -> None:
        refused(house, house.issuer.token(sub), house.begun(alice))

    def test_a_name_in_another_unicode_form(self, house: House) -> None:
        video_id = house.begun(house.issuer.token("é"))
        refused(house, house.issuer.token("e\u0301"), video_id)

    def test_the_same_name_from_another_login_service(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        assert house.at("other").refresh(alice, video_id).refusal == NOT_FOUND
        assert house.refresh(alice, video_id).status == 200

    def test_a_name_that_joins_with_the_issuer_alias(self, house: House) -> None:
        video_id = house.begun(house.issuer.token("xalice"))  # alias example
        reply = house.at("examplex").refresh(house.issuer.token("alice"), video_id)
        assert reply.refusal == NOT_FOUND

    def test_with_her_idempotency_key(self, house: House, alice: str, mallory: str) -> None:
        hers = house.upload(alice, "key-1").json()["VideoId"]
        his = house.upload(mallory, "key-1").json()["VideoId"]
        assert his != hers
        refused(house, mallory, hers)

    def test_claims_for_play_do_not_permit_refresh(self, house: House, alice: str) -> None:
        video_id = house.begun(alice)
        token = house.issuer.token("mallory", vod={"play": [video_id, "own"]})
        assert house.refresh(token, video_id).refusal == NOT_FOUND


class TestAMark:
    """The ownership mark is the ReferenceId. A holder of the account's AccessKey can write one."""

    def planted(self, house: House, mark: str) -> str:
        return Vod(house.cloud).create(reference_id=mark).video_id

    def test_this_test_makes_the_same_mark_as_the_functions(self, house: House, alice: str) -> None:
        """Without this, the attempts below could fail for another reason."""
        video_id = self.planted(house, owner.new_mark(SETTINGS, ALICE))
        assert house.refresh(alice, video_id).status == 200

    def test_no_mark(self, house: House, alice: str) -> None:
        refused(house, alice, Vod(house.cloud).create().video_id)

    def test_guessed(self, house: House, alice: str) -> None:
        for _ in range(5):
            text = base64.b32encode(secrets.token_bytes(35)).decode().lower()
            refused(house, alice, self.planted(house, f"v1{KEY_ID}{text}"))

    def test_made_with_another_key(self, house: House, alice: str) -> None:
        forger = Settings(owner_keys=(OwnerKey(KEY_ID, b"f" * 32),))
        refused(house, alice, self.planted(house, owner.new_mark(forger, ALICE)))

    @pytest.mark.parametrize(
        "change",
        [
            str.upper,
            lambda mark: mark[:4] + mark[4:].upper(),
            lambda mark: "V1" + mark[2:],
            lambda mark: "v2" + mark[2:],
            lambda mark: "v1k2" + mark[4:],
            lambda mark: "v1K1" + mark[4:],
            lambda mark: mark + "a",
            lambda mark: mark + "aaaa",
            lambda mark: mark[:-1],
            lambda mark: mark[:6],
            lambda mark: mark[:-1] + ("a" if mark[-1] != "a" else "b"),
            lambda mark: mark[:4] + ("a" if mark[4] != "a" else "b") + mark[5:],
            lambda mark: mark[:28] + mark[28:][::-1],
            lambda mark: mark[:4] + mark[28:52] + mark[4:28] + mark[52:],
            lambda mark: mark[:-1] + "1",
            lambda mark: mark[:-1] + "-",
            lambda mark: "_" + mark[1:],
        ],
    )
    def test_re_encoded_or_changed(self, house: House, alice: str, change: Any) -> None:
        mark = owner.new_mark(SETTINGS, ALICE)
        refused(house, alice, self.planted(house, change(mark)))

    def test_a_copied_mark_still_belongs_to_its_owner(
        self, house: House, alice: str, mallory: str
    ) -> None:
        hers = house.begun(alice)
        mark = media(house, hers).reference_id
        assert mark is not None
        vod = Vod(house.cloud)
        status, _ = vod.refused(
            "create_upload_video", title="t", file_name="a.mp4", reference_id=mark
        )
        assert status >= 400  # a ReferenceId is unique in an account
        refused(house, mallory, hers)
        # An unused mark. It names Alice, whoever wrote it.
        planted = self.planted(house, owner.new_mark(SETTINGS, ALICE))
        refused(house, mallory, planted)

    def test_a_video_id_as_reference_id(self, house: House, alice: str, mallory: str) -> None:
        hers = house.begun(alice)
        planted = self.planted(house, hers)
        refused(house, mallory, planted)
        refused(house, alice, planted)


class TestForgedUserData:
    """UserData is trusted only with its own MAC."""

    def planted(self, house: House, alice_key: str, user_data: Any) -> None:
        """Create a video with the mark of Alice's Idempotency-Key, as a holder of the AccessKey."""
        mark = next(owner.marks_for_idempotency_key(SETTINGS, ALICE, alice_key))
        Vod(house.cloud).create(reference_id=mark, user_data=json.dumps(user_data))

    @pytest.mark.parametrize(
        "extend",
        [
            {},
            {"s": "alice", "k": "key-1", "d": "x", "n": None, "t": "mp4", "m": "A" * 27},
            {"s": "alice", "k": "key-1", "d": "x", "n": None, "t": "mp4"},
            "alice",
            '{"s":"alice","k":"key-1","m":""}',
            {"s": {"a": 1}, "m": ["x"]},
        ],
    )
    def test_invented(self, house: House, alice: str, extend: Any) -> None:
        self.planted(house, "key-1", {"Extend": extend})
        assert house.upload(alice, "key-1").refusal == (409, "IdempotencyConflict")
        assert "RefreshUploadVideo" not in house.calls()

    def test_copied_from_another_video(self, house: House, alice: str) -> None:
        real = media(house, house.upload(alice, "key-1").json()["VideoId"]).user_data
        assert real is not None
        self.planted(house, "key-2", json.loads(real))
        assert house.upload(alice, "key-2").refusal == (409, "IdempotencyConflict")

    def test_with_one_value_changed(self, house: House, alice: str) -> None:
        mark = next(owner.marks_for_idempotency_key(SETTINGS, ALICE, "key-1"))
        digest = declarations.request_digest({"FileName": "film.mp4"})
        sealed = declarations.seal(
            SETTINGS, mark, declarations.Declaration("alice", "key-1", digest, 5, "mp4")
        )
        self.planted(house, "key-1", {"Extend": {**sealed, "n": None}})
        assert house.upload(alice, "key-1").refusal == (409, "IdempotencyConflict")


class TestAFinishedVideo:
    """A new credential for a finished upload could replace the file after review."""

    def test_refreshed(self, house: House, alice: str) -> None:
        begun = house.upload(alice).json()
        put(begun, SMALL)
        for _ in range(3):
            assert house.refresh(alice, begun["VideoId"]).refusal == (409, "UploadFinished")
        assert "RefreshUploadVideo" not in house.calls()

    def test_repeated_with_its_idempotency_key(self, house: House, alice: str) -> None:
        put(house.upload(alice, "key-1").json(), SMALL)
        assert house.upload(alice, "key-1").refusal == (409, "UploadFinished")
        assert "RefreshUploadVideo" not in house.calls()

    @pytest.mark.parametrize("by", ["refresh", "key"])
    def test_finished_during_a_refresh(self, house: House, alice: str, by: str) -> None:
        """The upload completes after the state was read and before VOD issues the credential."""
        begun = house.upload(alice, "key-1").json()
        issued = len(house.cloud.vod.issued)
        house.cloud.faults.set("vod", "RefreshUploadVideo", "slow")
        with ThreadPoolExecutor(1) as pool, gate() as vod:
            racing = pool.submit(self.ask, house, alice, by, begun["VideoId"])
            wait_for(lambda: vod.held or racing.done(), "VOD is asked")
            put(begun, SMALL)
            vod.open()
            reply = racing.result()
        assert (
            len(house.cloud.vod.issued) == issued + 1
        )  # VOD issued one, and the function discarded it
        assert reply.refusal == (409, "UploadFinished")
        assert b"UploadAuth" not in reply.body

    def ask(self, house: House, token: str, by: str, video_id: str) -> Reply:
        return house.refresh(token, video_id) if by == "refresh" else house.upload(token, "key-1")

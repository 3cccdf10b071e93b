"""What the deployment chooses for each upload and each playback, and what the issuer may choose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakealiyun.vod.settings import NO_TRANSCODE, TRANSCODE, WORKFLOW
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

DOMAIN = {"PlayDomain": "play.example.com"}
OTHER_MEDIA: list[tuple[dict[str, Any], str]] = [
    ({"MediaType": "image", "ImageType": "default"}, "ImageId"),
    ({"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}, "MediaId"),
]


def choosing(house: House, upload: dict[str, Any], **fields: Any) -> Reply:
    """POST /upload with a token whose vod.upload claim is this."""
    token = house.issuer.token("alice", vod={"upload": upload})
    return house.at("choosing").post("/upload", token, {"FileName": "film.mp4", **fields})


def video(house: House, reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return house.cloud.vod.library.get(reply.json()["VideoId"])


class TestWhatTheIssuerChooses:
    def test_a_category(self, house: House) -> None:
        assert video(house, choosing(house, {"cate_id": 1000000001})).cate_id == 1000000001

    @pytest.mark.parametrize(("fields", "id_name"), OTHER_MEDIA)
    def test_a_category_of_other_media(
        self, house: House, fields: dict[str, Any], id_name: str
    ) -> None:
        token = house.issuer.token("alice", vod={"upload": {"cate_id": 1000000001}})
        reply = house.at("choosing").post("/upload", token, fields)
        assert reply.status == 200
        (medium,) = house.cloud.vod.other_media.all()
        assert (medium.media_id, medium.cate_ids) == (reply.json()[id_name], (1000000001,))

    def test_a_template_group_instead_of_the_deployments_group_and_workflow(
        self, house: House
    ) -> None:
        """VOD would prefer the workflow, if both were sent."""
        found = video(house, choosing(house, {"template_group_id": TRANSCODE}))
        assert (found.template_group_id, found.workflow_id) == (TRANSCODE, None)

    def test_nothing_leaves_the_deployments_choice(self, house: House) -> None:
        assert video(house, choosing(house, {})).workflow_id == WORKFLOW
        found = video(house, choosing(house, {"cate_id": 1000000001}))
        assert found.workflow_id == WORKFLOW

    @pytest.mark.parametrize(
        "upload",
        [
            {"cate_id": 1000000003},
            {"cate_id": 0},
            {"cate_id": -1},
            {"template_group_id": NO_TRANSCODE},
            {"template_group_id": ""},
            {"template_group_id": TRANSCODE.upper()},
            {"cate_id": 1000000001, "template_group_id": "x"},
        ],
    )
    def test_what_the_list_lacks_is_forbidden(self, house: House, upload: dict[str, Any]) -> None:
        reply = choosing(house, upload)
        assert reply.refusal == (403, "Forbidden")
        assert "does not offer" in reply.json()["detail"]
        assert house.calls() == {}

    @pytest.mark.parametrize("upload", [{"cate_id": 1000000001}, {"template_group_id": TRANSCODE}])
    def test_a_deployment_without_lists_offers_nothing(
        self, house: House, upload: dict[str, Any]
    ) -> None:
        for variant in (house, house.at("chosen")):
            token = house.issuer.token("alice", vod={"upload": upload})
            assert variant.upload(token).refusal == (403, "Forbidden")
        assert house.calls() == {}

    @pytest.mark.parametrize(
        "upload",
        [
            {"cate_id": "1000000001"},
            {"cate_id": 1000000001.0},
            {"cate_id": True},
            {"cate_id": None},
            {"template_group_id": 5},
            {"template_group_id": None},
            {"template_group_id": [TRANSCODE]},
            {"template_group_ids": [TRANSCODE]},
            {"workflow_id": WORKFLOW},
        ],
    )
    def test_a_claim_in_another_form_is_no_token(self, house: House, upload: Any) -> None:
        assert choosing(house, upload).refusal == (401, "InvalidToken")

    @pytest.mark.parametrize("field", ["CateId", "TemplateGroupId", "cate_id"])
    def test_a_caller_chooses_nothing(self, house: House, field: str) -> None:
        reply = choosing(house, {}, **{field: "1000000001"})
        assert reply.pointers() == [f"/{field}"]

    @pytest.mark.parametrize(
        ("upload", "variable"),
        [
            ({"cate_id": 1000000002}, "VODPASS_CATE_IDS"),
            ({"template_group_id": "0" * 32}, "VODPASS_TEMPLATE_GROUP_IDS"),
        ],
    )
    def test_an_id_that_vod_does_not_have_is_the_operators_fault(
        self, house: House, upload: dict[str, Any], variable: str
    ) -> None:
        """The answer names the list, not the setting that was not used."""
        reply = choosing(house, upload)
        assert reply.refusal == (500, "Misconfigured")
        assert reply.json()["detail"] == (
            f"{variable} lists one that VOD does not have in this region."
        )


class TestUserData:
    def test_names_the_callback_address_and_the_acceleration(
        self, house: House, alice: str
    ) -> None:
        house.cloud.vod.adjust(acceleration=True)
        reply = house.at("addressed").upload(alice)
        found = video(house, reply)
        said = json.loads(found.user_data)
        url = house.gateway.deployment.functions["events"].environment["VODPASS_CALLBACK_URL"]
        assert said["MessageCallback"] == {"CallbackURL": url, "CallbackType": "http"}
        assert said["AccelerateConfig"] == {
            "Type": "oss",
            "Domain": "https://oss-accelerate.aliyuncs.com",
        }
        assert set(said) == {"Extend", "MessageCallback", "AccelerateConfig"}
        # It is still one's own: the mark and the Extend verify beside the rest.
        put(reply.json(), SMALL)
        assert house.play(alice, reply.json()["VideoId"]).status == 200

    @pytest.mark.parametrize("fields", [fields for fields, _ in OTHER_MEDIA])
    def test_of_other_media(self, house: House, alice: str, fields: dict[str, Any]) -> None:
        house.cloud.vod.adjust(acceleration=True)
        assert house.at("addressed").post("/upload", alice, fields).status == 200
        (medium,) = house.cloud.vod.other_media.all()
        environment = house.gateway.deployment.functions["events"].environment
        assert medium.callback_url == environment["VODPASS_CALLBACK_URL"]

    def test_by_default_holds_the_extend_alone(self, house: House, alice: str) -> None:
        found = video(house, house.upload(alice))
        assert set(json.loads(found.user_data)) == {"Extend"}
        for fields, _ in OTHER_MEDIA:
            house.post("/upload", alice, fields)
        assert {one.callback_url for one in house.cloud.vod.other_media.all()} == {None}

    def test_the_address_is_in_no_answer_and_no_log(self, house: House, alice: str) -> None:
        """Only VOD and whoever may call GetVideoInfo know it."""
        house.cloud.vod.adjust(acceleration=True)
        reply = house.at("addressed").upload(alice)
        environment = house.gateway.deployment.functions["events"].environment
        secret = environment["VODPASS_CALLBACK_URL"].rpartition("/")[2]
        assert len(secret) > 20
        assert secret.encode() not in reply.body
        assert not [line for line in house.log() if secret in line]

    def test_an_account_without_acceleration_refuses(self, house: House, alice: str) -> None:
        reply = house.at("addressed").upload(alice)
        assert reply.status == 400
        assert house.cloud.vod.library.all() == []


class TestThePlayDomain:
    @pytest.fixture
    def video_id(self, house: House, alice: str) -> str:
        begun = house.upload(alice).json()
        put(begun, SMALL)
        return str(begun["VideoId"])

    def test_stands_beside_a_play_auth(self, house: House, alice: str, video_id: str) -> None:
        assert "PlayConfig" not in house.play(alice, video_id).json()
        for variant in ("hinted", "domained"):
            assert house.at(variant).play(alice, video_id).json()["PlayConfig"] == DOMAIN
            asked = {"VideoIds": [video_id, "0" * 32]}
            items = house.at(variant).post("/play", alice, asked).json()["Items"]
            assert [one.get("PlayConfig") for one in items] == [DOMAIN, None]

    def test_is_honoured_by_vod(self, house: House, alice: str, video_id: str) -> None:
        """With the credential and the hint, as a player asks."""
        from urllib.parse import urlsplit

        from fakealiyun.testing.vod import play_auth_key, rpc

        house.cloud.vod.adjust(play_domains=frozenset({"play.example.com"}))
        given = house.at("hinted").play(alice, video_id).json()
        keys, auth_info = play_auth_key(given["PlayAuth"])
        for config, host in (
            (given["PlayConfig"], "play.example.com"),
            ({}, house.cloud.endpoint),
        ):
            answer = rpc(
                house.cloud,
                keys,
                "GetPlayInfo",
                VideoId=video_id,
                AuthInfo=auth_info,
                PlayConfig=json.dumps(config),
            ).json()
            (info,) = answer["PlayInfoList"]["PlayInfo"]
            assert urlsplit(info["PlayURL"]).netloc == host

"""SetMessageCallback, GetMessageCallback and DeleteMessageCallback."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from fakealiyun import FakeCloud
from fakealiyun.mns import Queues
from fakealiyun.testing.callbacks import KEY, House
from fakealiyun.testing.vod import Acs3Request, Vod, rpc_parameters, send
from fakealiyun.vod.settings import DEFAULT_APP, VodSettings

HTTP = {"callback_type": "HTTP", "callback_url": "https://hooks.example.com/events/abc"}
MNS = {
    "callback_type": "MNS",
    "mns_endpoint": "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
    "mns_queue_name": "vod-events",
}


def configured(house: House, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = house.vod.call("get_message_callback", **fields)["MessageCallback"]
    return found


def test_what_is_set_by_http_is_what_is_got(house: House) -> None:
    events = "FileUploadComplete,AIComplete"
    house.vod.call(
        "set_message_callback", **HTTP, auth_switch="on", auth_key=KEY, event_type_list=events
    )
    assert configured(house) == {
        "AppId": DEFAULT_APP,
        "CallbackType": "HTTP",
        "CallbackURL": HTTP["callback_url"],
        "AuthSwitch": "on",
        "AuthKey": KEY,
        "EventTypeList": events,
    }


def test_what_is_set_for_a_queue_is_what_is_got(house: House) -> None:
    house.vod.call("set_message_callback", **MNS, event_type_list="ALL")
    assert configured(house) == {
        "AppId": DEFAULT_APP,
        "CallbackType": "MNS",
        "MnsEndpoint": MNS["mns_endpoint"],
        "MnsQueueName": "vod-events",
        "EventTypeList": "ALL",
    }
    assert house.cloud.queues.endpoint == MNS["mns_endpoint"]


def test_setting_again_replaces_the_whole(house: House) -> None:
    house.vod.call("set_message_callback", **HTTP, auth_switch="on", auth_key=KEY)
    house.vod.call("set_message_callback", **HTTP, event_type_list="ALL")
    assert "AuthKey" not in configured(house)
    assert configured(house)["AuthSwitch"] == "off"


def test_without_a_type_it_is_http(house: House) -> None:
    house.vod.call("set_message_callback", callback_url="http://127.0.0.1:9/x")
    assert configured(house)["CallbackType"] == "HTTP"


VENDORS_LIST = """
    FileUploadComplete ImageUploadComplete AttachedMediaUploadComplete UploadByURLComplete
    MediaBaseChangeComplete StreamTranscodeComplete TranscodeComplete SnapshotComplete
    VideoAnalysisComplete DynamicImageComplete AddLiveRecordVideoComplete
    LiveRecordVideoComposeStart CreateAuditComplete AIMediaAuditComplete AIMediaDNAComplete
    AIVideoTagComplete ProduceMediaComplete UpdateMediaStorageClassComplete DeleteMediaComplete
    WorkflowTaskComplete RestoreMediaComplete SubmitMediaRefreshComplete
""".split()
"""The 22 event types of the vendor's page."""


@pytest.mark.parametrize("event_type", VENDORS_LIST)
def test_every_type_of_the_vendors_list_can_be_set(house: House, event_type: str) -> None:
    assert len(set(VENDORS_LIST)) == 22
    name = "AIComplete" if event_type.startswith("AI") else event_type
    house.vod.call("set_message_callback", **{**HTTP, "event_type_list": name})
    assert configured(house)["EventTypeList"] == name
    callback = house.cloud.vod.callbacks.configuration(DEFAULT_APP)
    assert callback is not None
    selected = [one for one in VENDORS_LIST if callback.selects(one)]
    of_ai_jobs = [one for one in VENDORS_LIST if one.startswith("AI")]
    assert selected == (of_ai_jobs if name == "AIComplete" else [event_type])


def test_deleting_leaves_nothing(house: House) -> None:
    house.vod.call("set_message_callback", **HTTP)
    house.vod.call("delete_message_callback")
    assert configured(house) == {"AppId": DEFAULT_APP}
    house.vod.call("delete_message_callback")


@pytest.mark.parametrize(
    "key", ["Aa1", KEY, "A" * 30 + "a1", "1" * 30 + "aA"], ids=["3", "32", "upper", "digits"]
)
def test_a_key_of_all_three_kinds_is_taken(house: House, key: str) -> None:
    assert len(key) <= 32
    house.vod.call("set_message_callback", **HTTP, auth_switch="on", auth_key=key)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"callback_type": "SMS"}, "InvalidParameter"),
        ({"callback_type": "HTTP"}, "MissingCallbackURL"),
        ({"callback_url": "ftp://example.com/x"}, "InvalidParameter"),
        ({"callback_url": "example.com/x"}, "InvalidParameter"),
        ({"callback_url": "https://"}, "InvalidParameter"),
        ({"callback_url": "https://example.com/a b"}, "InvalidParameter"),
        ({"callback_url": "https://example.com/\u00e9"}, "InvalidParameter"),
        ({"callback_url": "https://user@example.com/"}, "InvalidParameter"),
        ({"callback_url": "https://example.com:99999/"}, "InvalidParameter"),
        ({"callback_url": "https://example.com/#top"}, "InvalidParameter"),
        ({"callback_url": "https://example.com/" + "x" * 237}, "InvalidParameter"),
        ({**HTTP, "auth_switch": "yes"}, "InvalidParameter"),
        ({**HTTP, "auth_switch": "on"}, "MissingAuthKey"),
        ({**HTTP, "auth_key": KEY + "x"}, "InvalidParameter"),
        ({**HTTP, "auth_key": KEY.lower()}, "InvalidParameter"),
        ({**HTTP, "auth_key": KEY.upper()}, "InvalidParameter"),
        ({**HTTP, "auth_key": "OnlyLetters"}, "InvalidParameter"),
        ({**HTTP, "auth_key": "Aa1|"}, "InvalidParameter"),
        ({**HTTP, "event_type_list": "FileUploadComplete,Nonsense"}, "InvalidParameter"),
        ({**HTTP, "event_type_list": "AIMediaAuditComplete"}, "InvalidParameter"),
        ({**HTTP, "event_type_list": "FileUploadComplete,"}, "InvalidParameter"),
        ({**HTTP, "event_type_list": "ALL,FileUploadComplete"}, "InvalidParameter"),
        ({**HTTP, "event_type_list": "all"}, "InvalidParameter"),
        ({**HTTP, "app_id": "app-2"}, "InvalidAppId.NotFound"),
        ({"callback_type": "MNS"}, "MissingMnsEndpoint"),
        ({**MNS, "mns_queue_name": None}, "MissingMnsQueueName"),
        ({**MNS, "mns_queue_name": "a/b"}, "InvalidParameter"),
        ({**MNS, "mns_endpoint": "http://127.0.0.1:9001"}, "InvalidParameter"),
        ({**MNS, "mns_endpoint": "http://1.mns.cn-shanghai.example.com/"}, "InvalidParameter"),
    ],
)
def test_what_may_not_be_set(house: House, fields: dict[str, Any], code: str) -> None:
    assert house.vod.refused("set_message_callback", **fields) == (
        404 if code.endswith("NotFound") else 400,
        code,
    )
    assert configured(house) == {"AppId": DEFAULT_APP}


def test_a_url_of_256_bytes_is_taken(house: House) -> None:
    url = "https://example.com/" + "x" * 236
    house.vod.call("set_message_callback", callback_url=url)
    assert configured(house)["CallbackURL"] == url


def test_each_application_has_its_own(house: House) -> None:
    settings = VodSettings(apps=frozenset({DEFAULT_APP, "app-2"}))
    with FakeCloud(vod_settings=settings) as cloud:
        other = House(cloud, house.receiver)
        other.subscribe("FileUploadComplete", app_id="app-2")
        assert configured(other) == {"AppId": DEFAULT_APP}
        other.uploaded()
        assert house.receiver.received == []
        video_id = other.uploaded(app_id="app-2")
        (received,) = house.receiver.received
        assert received.event["VideoId"] == video_id


def test_permission_is_needed(house: House) -> None:
    """The credential of an upload, which many people see, cannot set callbacks."""
    upload = house.vod.create()
    thief = Vod(house.cloud, house.cloud.identities.find(upload.auth["AccessKeyId"]))
    assert thief.refused("set_message_callback", **HTTP) == (403, "Forbidden.RAM")
    assert thief.refused("get_message_callback") == (403, "Forbidden.RAM")
    assert thief.refused("delete_message_callback") == (403, "Forbidden.RAM")


def test_the_key_is_shown_nowhere_but_by_get_message_callback(house: House) -> None:
    house.subscribe()
    house.uploaded()
    state = send(house.cloud, "GET", "/_local/state").body.decode()
    configuration = house.cloud.vod.callbacks.configuration(DEFAULT_APP)
    wrong = rpc_parameters(house.cloud.admin, "SetMessageCallback", AuthKey=KEY)
    wrong["Signature"] = "AAAA"
    echoed = send(house.cloud, "GET", "/?" + urlencode(wrong))
    assert echoed.code == "SignatureDoesNotMatch"
    for text in (state, repr(configuration), echoed.body.decode()):
        assert KEY not in text
        assert "r4nd0m" not in text


def test_it_is_no_operation_of_web_pages(house: House) -> None:
    call = Acs3Request(house.cloud, house.cloud.admin, "GetMessageCallback")
    assert call.send(Origin="https://evil.example").status == 403


def test_the_endpoint_is_the_accounts_and_the_regions_own() -> None:
    queues = Queues(FakeCloud().clock, account_id="42", region="cn-beijing")
    assert queues.endpoint == "http://42.mns.cn-beijing.aliyuncs.com/"
    wanted = queues.queue("q")
    assert queues.at("https://42.mns.cn-beijing-internal.aliyuncs.com", "q") is wanted

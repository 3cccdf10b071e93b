"""SMQ's control API through its official client, on the same queues as the API for messages."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_mns_open20220119 import models
from alibabacloud_mns_open20220119.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential


class Control:
    def __init__(self, cloud: FakeCloud, key: Credential) -> None:
        self._client = Client(
            Config(
                access_key_id=key.access_key_id,
                access_key_secret=key.access_key_secret,
                endpoint=cloud.endpoint,
                protocol="http",
            )
        )

    def create(self, name: str, tags: dict[str, str] | None = None, **fields: Any) -> Any:
        if tags is not None:
            fields["tag"] = [
                models.CreateQueueRequestTag(key=key, value=value) for key, value in tags.items()
            ]
        request = models.CreateQueueRequest(queue_name=name, **fields)
        return self._client.create_queue(request).body.to_map()

    def get(self, name: str) -> Any:
        request = models.GetQueueAttributesRequest(queue_name=name)
        return self._client.get_queue_attributes(request).body.to_map()["Data"]

    def change(self, name: str, **fields: Any) -> None:
        self._client.set_queue_attributes(
            models.SetQueueAttributesRequest(queue_name=name, **fields)
        )

    def list(self, tags: dict[str, str] | None = None, **fields: Any) -> Any:
        if tags is not None:
            fields["tag"] = [
                models.ListQueueRequestTag(key=key, value=value) for key, value in tags.items()
            ]
        return self._client.list_queue(models.ListQueueRequest(**fields)).body.to_map()["Data"]

    def delete(self, name: str) -> None:
        self._client.delete_queue(models.DeleteQueueRequest(queue_name=name))


@pytest.fixture
def control(cloud: FakeCloud) -> Control:
    return Control(cloud, cloud.admin)


def refused(call: Any, *arguments: Any, **fields: Any) -> tuple[int, str]:
    with pytest.raises(AlibabaCloudException) as refusal:
        call(*arguments, **fields)
    return refusal.value.status_code, refusal.value.code


def test_a_queue_is_created_read_changed_and_deleted(cloud: FakeCloud, control: Control) -> None:
    made = control.create("orders", {"app": "shop"}, message_retention_period=86400)
    assert (made["Success"], made["Data"]["Success"]) == (True, True)
    found = control.get("orders")
    assert (found["MessageRetentionPeriod"], found["VisibilityTimeout"]) == (86400, 30)
    assert found["Tags"] == [{"TagKey": "app", "TagValue": "shop"}]
    cloud.queues.queue("orders").send("one")
    cloud.clock.advance(60)
    control.change("orders", visibility_timeout=120, enable_logging=True)
    changed = control.get("orders")
    assert (changed["VisibilityTimeout"], changed["MessageRetentionPeriod"]) == (120, 86400)
    assert (changed["LoggingEnabled"], changed["ActiveMessages"]) == (True, 1)
    assert changed["LastModifyTime"] > changed["CreateTime"]
    control.delete("orders")
    assert refused(control.get, "orders") == (404, "QueueNotExist")
    assert refused(control.delete, "orders") == (404, "QueueNotExist")
    control.create("orders")
    assert control.get("orders")["ActiveMessages"] == 0


def test_creating_a_queue_twice(control: Control) -> None:
    control.create("orders", {"app": "shop"}, delay_seconds=5)
    control.create("orders", {"app": "other"}, delay_seconds=5)
    assert control.get("orders")["Tags"] == [{"TagKey": "app", "TagValue": "shop"}]
    assert refused(control.create, "orders", delay_seconds=6) == (409, "QueueAlreadyExist")


def test_queues_are_listed_in_pages_and_by_tag(control: Control) -> None:
    for number in range(12):
        control.create(f"q-{number:02}", {"odd": str(number % 2)})
    first, second = control.list(page_num=1), control.list(page_num=2)
    assert (first["Total"], first["Pages"], first["Size"], second["Size"]) == (12, 2, 10, 2)
    names = [one["QueueName"] for page in (first, second) for one in page["PageData"]]
    assert names == [f"q-{number:02}" for number in range(12)]
    assert control.list(tags={"odd": "1"})["Total"] == 6
    assert control.list(queue_name="-1")["Total"] == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "-a"}, "InvalidQueueName"),
        ({"name": "a" * 121}, "QueueNameLengthError"),
        ({"name": "a", "visibility_timeout": 0}, "InvalidParameter"),
        ({"name": "a", "message_retention_period": 604_801}, "InvalidParameter"),
        ({"name": "a", "queue_type": "fifo"}, "InvalidParameter"),
        ({"name": "a", "enable_sse": True}, "InvalidParameter"),
        ({"name": "a", "tags": {str(n): "" for n in range(21)}}, "InvalidParameter"),
    ],
)
def test_what_a_queue_may_be(control: Control, fields: dict[str, Any], code: str) -> None:
    assert refused(control.create, **fields) == (400, code)


def test_a_caller_needs_permission_for_the_queue(cloud: FakeCloud) -> None:
    own = f"acs:mns:{cloud.region}:{cloud.account_id}:/queues/orders"
    statement = {"Effect": "Allow", "Action": "mns:*", "Resource": own}
    key = cloud.ram.add_user("half", {"Version": "1", "Statement": [statement]})
    control = Control(cloud, key)
    control.create("orders")
    assert refused(control.create, "other") == (403, "NoPermission")
    assert refused(control.list) == (403, "NoPermission")

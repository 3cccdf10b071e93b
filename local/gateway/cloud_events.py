"""A queue message as EventBridge sends it to a function (Function Compute's documentation)."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any

from local.gateway.cloud_link import Message
from local.gateway.function import QueueTrigger
from local.gateway.times import iso_time


def queue_event(
    message: Message, trigger: QueueTrigger, account_id: str, now: float
) -> dict[str, Any]:
    """The CloudEvent of one message. `now` is the cloud's time in epoch seconds."""
    time = iso_time(now)
    return {
        "id": message.id,
        "source": f"acs:mns:{trigger.region}",
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": f"acs:mns:{trigger.region}:{account_id}:queues/{trigger.queue}",
        "time": time,
        "aliyunaccountid": account_id,
        "aliyunpublishtime": time,
        "aliyuneventbusname": "MNS",
        "aliyunregionid": trigger.region,
        "aliyunpublishaddr": "127.0.0.1",
        "data": {
            "requestId": secrets.token_hex(12).upper(),
            "messageId": message.id,
            "messageBody": _decoded(message.body) if trigger.decode else message.body,
        },
    }


def _decoded(body: str) -> str:
    """The body, decoded from the base64 that senders of SMQ use.

    What EventBridge does with a body that is not base64 is not documented. Here it is unchanged.
    """
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return body

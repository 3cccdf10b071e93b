"""What a policy allows a role to do: every operation has its own action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mns.queue import Message, QueueMeta

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.mns import Queue
from fakealiyun.mns.operations import OPERATIONS
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role
from tests.mns.client import NO_SUCH_HANDLE, call, letter, refused, role_key
from tests.mns.conftest import Connect

ONE = "/queues/orders"
MESSAGES = "/queues/orders/messages"

CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "ListQueue": ("/queues", lambda client: client.list_queue()),
    "CreateQueue": (ONE, lambda client: client.get_queue("orders").create(QueueMeta())),
    "DeleteQueue": (ONE, lambda client: client.get_queue("orders").delete()),
    "SetQueueAttributes": (ONE, lambda c: c.get_queue("orders").set_attributes(QueueMeta())),
    "GetQueueAttributes": (ONE, lambda client: client.get_queue("orders").get_attributes()),
    "SendMessage": (MESSAGES, lambda c: c.get_queue("orders").send_message(Message("x"))),
    "BatchSendMessage": (
        MESSAGES,
        lambda client: client.get_queue("orders").batch_send_message([Message("x")]),
    ),
    "ReceiveMessage": (MESSAGES, lambda client: client.get_queue("orders").receive_message()),
    "BatchReceiveMessage": (
        MESSAGES,
        lambda client: client.get_queue("orders").batch_receive_message(2),
    ),
    "PeekMessage": (MESSAGES, lambda client: client.get_queue("orders").peek_message()),
    "BatchPeekMessage": (MESSAGES, lambda client: client.get_queue("orders").batch_peek_message(2)),
    "DeleteMessage": (
        MESSAGES,
        lambda client: client.get_queue("orders").delete_message(received),
    ),
    "BatchDeleteMessage": (
        MESSAGES,
        lambda client: client.get_queue("orders").batch_delete_message([received]),
    ),
    "ChangeMessageVisibility": (
        MESSAGES,
        lambda client: client.get_queue("orders").change_message_visibility(received, 5),
    ),
}
"""Every operation with the path of its resource, and a call that succeeds."""

received = ""
"""The handle of a received message, which is set before each call."""


def prepare(orders: Queue) -> None:
    """One message that can be received, and one that was received."""
    global received  # noqa: PLW0603 - the calls above delete it
    orders.send("eA==")
    message = orders.receive()
    assert message is not None
    received = message.receipt_handle
    orders.send("eA==")


def test_every_operation_is_called_here() -> None:
    assert CALLS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_needs_its_action_on_its_resource(
    cloud: FakeCloud, orders: Queue, connect: Connect, name: str
) -> None:
    path, act = CALLS[name]
    prepare(orders)
    others = [(f"mns:{other}", "*") for other in CALLS if other != name]
    elsewhere = ("/queues/other/messages", "/queues/other", "/queues/orders/x", "/topics/orders")
    wrong = [(f"mns:{name}", end) for end in elsewhere if path != "/queues"]
    assert refused(act, connect(role_key(cloud, *others, *wrong))) == "AccessDenied"
    assert cloud.calls.of("mns", name) == 0
    act(connect(role_key(cloud, (f"mns:{name}", path))))
    assert cloud.calls.of("mns", name) == 1


def test_a_key_without_any_policy(cloud: FakeCloud, orders: Queue, connect: Connect) -> None:
    prepare(orders)
    client = connect(role_key(cloud))
    assert {refused(act, client) for _, act in CALLS.values()} == {"AccessDenied"}
    assert len(orders.messages) == 2


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("acs:mns:*:*:/queues/orders/messages", True),
        ("acs:mns:cn-shanghai:{account}:/queues/orders/messages", True),
        ("acs:mns:*:*:/queues/ord*", True),
        ("*", True),
        ("acs:mns:cn-beijing:{account}:/queues/orders/messages", False),
        ("acs:mns:*:9999999999999999:/queues/orders/messages", False),
        ("acs:mns:*:*:/queues/orders", False),
        ("acs:mns:*:*:queues/orders/messages", False),
        ("acs:oss:*:*:/queues/orders/messages", False),
    ],
)
def test_the_resource_in_a_policy(
    cloud: FakeCloud, orders: Queue, resource: str, allowed: bool
) -> None:
    key = holding(
        cloud,
        {
            "Effect": "Allow",
            "Action": "mns:SendMessage",
            "Resource": resource.format(account=cloud.account_id),
        },
    )
    reply = call(cloud, "POST", MESSAGES, letter(), key=key)
    assert reply.status == (201 if allowed else 403)
    assert len(orders.messages) == int(allowed)


def test_a_deny_wins(cloud: FakeCloud, orders: Queue) -> None:
    key = holding(
        cloud,
        {"Effect": "Allow", "Action": "mns:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "mns:Send*", "Resource": "*"},
    )
    assert call(cloud, "POST", MESSAGES, letter(), key=key).refusal == (403, "AccessDenied")
    assert call(cloud, "GET", MESSAGES, key=key).refusal == (404, "MessageNotExist")
    assert orders.messages == []


def test_a_condition_on_the_address(cloud: FakeCloud, orders: Queue) -> None:
    for address, status in (("127.0.0.1", 201), ("10.0.0.0/8", 403)):
        key = holding(
            cloud,
            {
                "Effect": "Allow",
                "Action": "mns:SendMessage",
                "Resource": "*",
                "Condition": {"IpAddress": {"acs:SourceIp": address}},
            },
        )
        assert call(cloud, "POST", MESSAGES, letter(), key=key).status == status
    assert len(orders.messages) == 1


def test_another_accounts_key(cloud: FakeCloud, orders: Queue) -> None:
    principal = assumed_role("9999999999999999", "stranger", "300000000000000001", "test")
    key = cloud.identities.issue(principal, (EVERYTHING,), 3600)
    assert call(cloud, "POST", MESSAGES, letter(), key=key).refusal == (403, "AccessDenied")
    assert orders.messages == []


def test_whether_a_queue_exists_is_not_told_to_everybody(cloud: FakeCloud) -> None:
    key = role_key(cloud, ("mns:SendMessage", MESSAGES))
    for target in (MESSAGES, f"{MESSAGES}?ReceiptHandle={NO_SUCH_HANDLE}"):
        reply = call(cloud, "DELETE", target, "<x/>" if "?" not in target else "", key=key)
        assert reply.refusal == (403, "AccessDenied")
    assert call(cloud, "POST", MESSAGES, letter(), key=key).refusal == (404, "QueueNotExist")


EVERYTHING = Policy.parse(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def holding(cloud: FakeCloud, *statements: dict[str, Any]) -> Credential:
    """The key of a role whose policy has these statements."""
    policy = Policy.parse({"Version": "1", "Statement": list(statements)})
    principal = assumed_role(cloud.account_id, "writer", "300000000000000001", "test")
    return cloud.identities.issue(principal, (policy,), 3600)

"""Messages sent by `shared/alibaba/queue.py`, read with the official client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException

from fakealiyun import FakeCloud
from local.roles import LOCAL_VALUES, RAM_FOLDER
from shared.alibaba.credentials import FunctionRole
from shared.alibaba.queue import FAULTS, Queue
from shared.errors import Misconfigured, Refusal, Throttled, Unavailable
from tests.support.error_codes import Row, rows

NAME = "vodpass-watch"
TEXT = json.dumps({"VideoId": "5b1c7e90d2a84f36ae0d9c41f7b86235", "title": "<Überblick> & mehr"})


@pytest.fixture(scope="module")
def running() -> Iterator[FakeCloud]:
    with FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: FakeCloud) -> FakeCloud:
    running.reset()
    running.queues.queue(NAME)
    return running


Ours = Callable[..., Queue]


@pytest.fixture
def ours() -> Iterator[Ours]:
    """Makes a queue like that of a function, at an address, with a key."""
    made: list[Queue] = []

    def make(address: str, key: Mapping[str, str], name: str = NAME) -> Queue:
        role = FunctionRole({f"ALIBABA_CLOUD_{part}": value for part, value in key.items()})
        role.use(None)
        made.append(Queue(f"http://{address}/queues/{name}", role))
        return made[-1]

    yield make
    for queue in made:
        for connection, _ in queue._transport._resting.values():
            connection.close()


def key_of(cloud: FakeCloud, role: str = "vodpass-events") -> dict[str, str]:
    """The role credential of a function, in the form of its environment."""
    key = cloud.ram.service_session("fc.aliyuncs.com", role, "session", 3600)
    return {
        "ACCESS_KEY_ID": key.access_key_id,
        "ACCESS_KEY_SECRET": key.access_key_secret,
        "SECURITY_TOKEN": key.security_token or "",
    }


def received(cloud: FakeCloud) -> list[str]:
    """The texts that the official client receives."""
    key = cloud.admin
    account: Any = Account(cloud.url, key.access_key_id, key.access_key_secret)
    queue, texts = account.get_queue(NAME), []
    try:
        while True:
            message = queue.receive_message(0)
            queue.delete_message(message.receipt_handle)
            body = message.message_body
            texts.append(body.decode() if isinstance(body, bytes) else body)
    except MNSServerException as error:
        if error.type != "MessageNotExist":
            raise
        return texts
    finally:
        account.get_client().close_connection()


def test_a_message_arrives_as_it_was_sent(cloud: FakeCloud, ours: Ours) -> None:
    ours(cloud.endpoint, key_of(cloud)).send(TEXT, 0)
    assert received(cloud) == [TEXT]


def test_a_message_arrives_after_its_delay(cloud: FakeCloud, ours: Ours) -> None:
    ours(cloud.endpoint, key_of(cloud)).send(TEXT, 3061)
    cloud.clock.advance(2900)
    assert received(cloud) == []
    cloud.clock.advance(200)
    assert received(cloud) == [TEXT]


def test_the_connection_is_kept(cloud: FakeCloud, ours: Ours) -> None:
    queue = ours(cloud.endpoint, key_of(cloud))
    for number in range(3):
        queue.send(str(number), 0)
    assert received(cloud) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("role", "queue"),
    [("vodpass-play", NAME), ("vodpass-events", "another"), ("vodpass-sts", "no")],
)
def test_a_role_without_the_permission_is_misconfigured(
    cloud: FakeCloud, ours: Ours, role: str, queue: str
) -> None:
    cloud.queues.queue("another")
    with pytest.raises(Misconfigured):
        ours(cloud.endpoint, key_of(cloud, role), queue).send(TEXT, 0)
    assert cloud.queues.queue(NAME).messages == cloud.queues.queue("another").messages == []


def test_a_missing_queue_is_misconfigured(cloud: FakeCloud, ours: Ours) -> None:
    everything = {"Effect": "Allow", "Action": "mns:*", "Resource": "*"}
    cloud.ram.set_role_policies("vodpass-events", {"Version": "1", "Statement": [everything]})
    with pytest.raises(Misconfigured):
        ours(cloud.endpoint, key_of(cloud), "absent").send(TEXT, 0)


@pytest.mark.parametrize(
    ("fault", "parameters", "raised"),
    [
        ("error", {"status": 503, "code": "InternalError"}, Unavailable),
        ("error", {"status": 500, "code": "InternalError"}, Unavailable),
        ("throttle", {}, Throttled),
        ("reset_before", {}, Unavailable),
        ("reset_after", {}, Unavailable),
        ("truncated", {}, Unavailable),
    ],
)
def test_a_temporary_fault_is_reported_as_temporary(
    cloud: FakeCloud, ours: Ours, fault: str, parameters: dict[str, Any], raised: type[Refusal]
) -> None:
    cloud.faults.set("mns", "SendMessage", fault, **parameters)
    with pytest.raises(raised):
        ours(cloud.endpoint, key_of(cloud)).send(TEXT, 0)
    ours(cloud.endpoint, key_of(cloud)).send(TEXT, 0)


def test_a_queue_that_does_not_answer_is_given_up_in_time(cloud: FakeCloud, ours: Ours) -> None:
    cloud.faults.set("mns", "SendMessage", "slow", seconds=2)
    with pytest.raises(Unavailable):
        ours(cloud.endpoint, key_of(cloud)).send(TEXT, 0, 0.2)


def test_an_error_quotes_no_secret(cloud: FakeCloud, ours: Ours) -> None:
    key = key_of(cloud, "vodpass-play")
    with pytest.raises(Misconfigured) as raised:
        ours(cloud.endpoint, key).send(TEXT, 0)
    said = repr(raised.value) + str(raised.value.__dict__)
    assert not [secret for secret in key.values() if secret in said]


@pytest.mark.parametrize("row", rows("SendMessage"), ids=str)
def test_each_code_of_smq_gives_the_documented_answer(
    cloud: FakeCloud, ours: Ours, row: Row
) -> None:
    """As `docs/error-codes.md` says."""
    cloud.faults.set("mns", "SendMessage", "error", 1, status=row.status, code=row.code)
    with pytest.raises(Refusal) as refused:
        ours(cloud.endpoint, key_of(cloud)).send(TEXT, 0)
    assert (refused.value.code, refused.value.detail) == (row.answer, row.text)


def test_the_page_lists_every_code_of_the_table() -> None:
    assert set(FAULTS) <= {row.code for row in rows("SendMessage")}

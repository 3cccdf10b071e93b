"""aliyun-mns-sdk: a queue's life and its messages, one and many."""

from __future__ import annotations

import warnings

from common import KEY, SECRET, URL, tell
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta

warnings.simplefilter("ignore", DeprecationWarning)
account = Account(URL, KEY, SECRET)
queue = account.get_queue("made-by-mns")
url = queue.create(QueueMeta())
meta = QueueMeta()
meta.set_visibilitytimeout(60)
queue.set_attributes(meta)
sent = queue.send_message(Message('{"EventType": "电影 <&>"}'))
received = queue.receive_message(3)
longer = queue.change_message_visibility(received.receipt_handle, 60)
queue.delete_message(longer.receipt_handle)
queue.batch_send_message([Message("one"), Message("two")])
many = queue.batch_receive_message(16, 1)
queue.batch_delete_message([one.receipt_handle for one in many])
empty = None
try:
    queue.receive_message(0)
except MNSServerException as error:
    empty = error.type
names = [found.rpartition("/")[2] for found in account.list_queue("made")[0]]
timeout = queue.get_attributes().visibility_timeout
queue.delete()

tell(
    url=url,
    same=sent.message_id == received.message_id,
    body=received.message_body.decode(),
    many=[one.message_body.decode() for one in many],
    empty=empty,
    names=names,
    timeout=timeout,
)

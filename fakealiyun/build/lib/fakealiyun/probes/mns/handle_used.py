"""DeleteMessage twice with the same handle."""

from __future__ import annotations

from urllib.parse import quote

from fakealiyun.verify.answers import accepted, code, text_of
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    messages = bench.queue()
    accepted(
        "SendMessage",
        bench.mns("POST", messages, "<Message><MessageBody>a</MessageBody></Message>"),
    )
    received = accepted("ReceiveMessage", bench.mns("GET", f"{messages}?waitseconds=10"))
    handle = quote(text_of(received, "ReceiptHandle"), safe="")
    target = f"{messages}?ReceiptHandle={handle}"
    accepted("DeleteMessage", bench.mns("DELETE", target))
    return code(bench.mns("DELETE", target))


PROBE = Probe(run, creates="a queue")

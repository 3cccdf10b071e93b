"""DeleteMessage with the handle of a delayed message."""

from __future__ import annotations

from urllib.parse import quote

from fakealiyun.verify.answers import accepted, code, text_of
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    messages = bench.queue(DelaySeconds=60)
    answer = accepted(
        "SendMessage",
        bench.mns("POST", messages, "<Message><MessageBody>a</MessageBody></Message>"),
    )
    handle = quote(text_of(answer, "ReceiptHandle"), safe="")
    return code(bench.mns("DELETE", f"{messages}?ReceiptHandle={handle}"))


PROBE = Probe(run, creates="a queue")

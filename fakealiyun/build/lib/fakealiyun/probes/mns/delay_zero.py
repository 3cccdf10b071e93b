"""A message with DelaySeconds 0 in a queue with a delay."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, elements
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    messages = bench.queue(DelaySeconds=60)
    content = "<Message><MessageBody>a</MessageBody><DelaySeconds>0</DelaySeconds></Message>"
    answer = accepted("SendMessage", bench.mns("POST", messages, content))
    return {"delayed": "ReceiptHandle" in elements(answer)}


PROBE = Probe(run, creates="a queue")

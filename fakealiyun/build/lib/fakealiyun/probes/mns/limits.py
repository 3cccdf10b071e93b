"""Values outside of the limits of messages and queues."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    messages = bench.queue()
    message = "<Message><MessageBody>a</MessageBody>{}</Message>"
    late = message.format("<DelaySeconds>604801</DelaySeconds>")
    urgent = message.format("<Priority>17</Priority>")
    return {
        "delay": code(bench.mns("POST", messages, late)),
        "priority": code(bench.mns("POST", messages, urgent)),
        "wait": code(bench.mns("GET", f"{messages}?waitseconds=31")),
        "queue": code(bench.create_queue(bench.name(), VisibilityTimeout=43201)),
    }


PROBE = Probe(run, creates="a queue")

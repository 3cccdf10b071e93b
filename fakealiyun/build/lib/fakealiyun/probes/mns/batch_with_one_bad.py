"""BatchSendMessage with one message of a wrong priority."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    messages = bench.queue()
    good = "<Message><MessageBody>a</MessageBody></Message>"
    bad = "<Message><MessageBody>a</MessageBody><Priority>17</Priority></Message>"
    answer = bench.mns("POST", messages, f"<Messages>{good}{bad}</Messages>")
    received = bench.mns("GET", f"{messages}?waitseconds=1")
    return {**code(answer), "one was kept": received.status == 200}


PROBE = Probe(run, creates="a queue")

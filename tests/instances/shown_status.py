"""VOD's answers with another Status."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.reliability.scenarios import World
from tests.reliability.wire import Exchange


def show(world: World, status: str) -> None:
    """Makes VOD answer with this Status."""

    def handle(exchange: Exchange) -> None:
        answer = exchange.forward()
        if exchange.operation == "GetVideoInfo":
            body = json.loads(answer.body)
            body["Video"]["Status"] = status
            answer = replace(answer, body=json.dumps(body).encode())
        exchange.answer(answer)

    world.wires["cloud"].handle = handle

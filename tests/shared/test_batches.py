"""A message or a video that no one expected does not keep the others of its batch or run."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.errors import UpstreamError
from shared.events.from_callback import NotConfirmed
from shared.events.webhook import NotDelivered
from shared.watch import messages, sweep
from tests.shared.test_clean_up import SETTINGS, VIDEO, run_with

FUNCTION = "events"


@pytest.fixture
def events() -> Any:
    """The module of the function, loaded as a runtime loads it."""
    return importlib.import_module(f"functions.{FUNCTION}.index")


FAULTS: list[Exception] = [
    TypeError("a"),
    KeyError("a"),
    RecursionError(),
    ZeroDivisionError(),
    UnicodeEncodeError("utf-8", "a", 0, 1, "a"),
    NotConfirmed(),
    NotDelivered(),
    UpstreamError("odd"),
]


def batch(*texts: str) -> list[dict[str, Any]]:
    return [{"data": {"messageId": "1", "messageBody": text}} for text in texts]


def failing(fault: Exception, handled: list[Any], bad: Callable[[Any], bool]) -> Any:
    """A function that handles everything but what is bad."""

    def handle(one: Any, *_: Any, **__: Any) -> list[str]:
        if bad(one):
            raise fault
        handled.append(one)
        return []

    return handle


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_events_handles_the_other_callbacks_of_a_batch(
    events: Any,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handled: list[Any] = []
    deliver = failing(fault, handled, lambda callback: callback.event_type == "Bad")
    monkeypatch.setattr(events, "_DELIVERY", SimpleNamespace(deliver=deliver))
    instance = SimpleNamespace(
        require_settings=lambda: SETTINGS,
        session=lambda _: None,
        store_fault=None,
        was_cold=lambda: False,
    )
    monkeypatch.setattr(events, "_INSTANCE", instance)
    texts = [json.dumps({"EventType": kind}) for kind in ("First", "Bad", "Last")]
    with pytest.raises(events.NotHandedOn):
        events.receive_from_queue(batch(*texts), None)
    assert [callback.event_type for callback in handled] == ["First", "Last"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["code"] == "OK" for line in lines] == [True, False, True]


def test_a_message_that_looks_like_a_request_does_not_discard_its_batch(
    events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large request is refused unread, and the queue would take that for success."""
    handled: list[Any] = []
    deliver = failing(KeyError(), handled, lambda _: False)
    monkeypatch.setattr(events, "_DELIVERY", SimpleNamespace(deliver=deliver))
    instance = SimpleNamespace(
        begin_invocation=lambda _: None,
        require_settings=lambda: SETTINGS,
        session=lambda _: None,
        store_fault=None,
        was_cold=lambda: False,
    )
    monkeypatch.setattr(events, "_INSTANCE", instance)
    odd = {"EventType": "Odd", "requestContext": {"http": {"method": "POST"}}, "x": "x" * 200_000}
    batch_of_objects = [
        {"data": {"messageId": "1", "messageBody": body}}
        for body in ({"EventType": "First"}, odd, {"EventType": "Last"})
    ]
    event = json.dumps(batch_of_objects, separators=(",", ":")).encode()
    assert events.handler(event, None) is None
    assert [callback.event_type for callback in handled] == ["First", "Odd", "Last"]


@pytest.mark.parametrize("fault", FAULTS[:5], ids=repr)
def test_watch_handles_the_other_messages_of_a_batch(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled: list[Any] = []
    look = failing(fault, handled, lambda video_id: video_id == "b" * 32)
    monkeypatch.setattr(messages, "look_after", lambda _run, video_id: look(video_id))
    texts = [json.dumps({"VideoId": letter * 32}) for letter in "abc"]
    run, _ = run_with(VIDEO)
    assert messages.handle(run, batch(*texts)) in {"Misconfigured", "InvalidRequest"}
    assert handled == ["a" * 32, "c" * 32]


@pytest.mark.parametrize("fault", [*FAULTS[:5], NotFoundAtVod(), NotDelivered()], ids=repr)
def test_a_run_handles_the_other_videos(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[Any] = []
    handle = failing(fault, handled, lambda video: video.size == 1)
    monkeypatch.setattr(sweep, "_handle", lambda _run, video: handle(video))
    run, _ = run_with(VIDEO)
    for size in range(3):
        sweep._handle_safely(run, cast(Any, SimpleNamespace(**{**vars(VIDEO), "size": size})))
    assert [video.size for video in handled] == [0, 2]
    assert run.failed == 1

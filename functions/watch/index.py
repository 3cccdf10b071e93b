"""Looks after uploads that are under way or finished. A timer and a queue call it."""

from __future__ import annotations

from typing import Any

from shared.alibaba.vod.operations import VOD_SERVICE
from shared.errors import Refusal
from shared.runtime import log
from shared.runtime.instance import Instance, deadline_of
from shared.runtime.queue_trigger import parse
from shared.watch import messages
from shared.watch.run import RETRIES, Memory, Run
from shared.watch.sweep import sweep

RUN_SECONDS = 240.0  # for one run; the function's own timeout may allow less


class RunFailed(Exception):
    """Raised so that the trigger tries again. The text is constant."""


_INSTANCE = Instance("watch", VOD_SERVICE)
_MEMORY = Memory(_INSTANCE)


def handler(event: bytes, context: Any) -> None:
    """FC's entry. A timer's event starts a sweep; the messages of a queue name single videos.

    Returns nothing, because FC could store a result for the caller. Raises RunFailed.
    """
    _INSTANCE.begin_invocation(context)
    deadline = deadline_of(context, RUN_SECONDS)
    line: dict[str, Any] = {"function": "watch"}  # of the log
    code = "OK"
    try:
        session = _INSTANCE.session(deadline, retries=RETRIES)
        run = Run(session, _INSTANCE.require_settings(), _MEMORY)
        parsed = parse(event)
        if isinstance(parsed, dict) and "triggerName" in parsed:
            sweep(run)
        else:
            code = messages.handle(run, parsed)
    except Refusal as refusal:
        log.write(**line, code=refusal.code, cold=_INSTANCE.was_cold())
        raise RunFailed("the run did not end") from None
    except ValueError:
        log.write(**line, code="InvalidRequest", cold=_INSTANCE.was_cold())
        raise RunFailed("the event cannot be read") from None
    line.update(looked_at=run.looked_at, sent=run.sent or None, left_over=run.left_over or None)
    line.update(failed=run.failed or None, limits_away=run.store_fault or None)
    log.write(**line, code=code, cold=_INSTANCE.was_cold())
    if run.failed or code != "OK":
        raise RunFailed("not every video was handled")

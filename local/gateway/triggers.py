"""Reads and checks the triggers of a resource.

Sources: Function Compute's documentation; for the names in `runOptions`, the models of the SDK of
Function Compute 3.0. The component's schema does not check EventBridge triggers, so only this
module finds a mistake in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.gateway.function import HttpTrigger, PushRetryStrategy, QueueTrigger, TimerTrigger
from local.gateway.reading import boolean, choice, integer, mapping, refuse_unknown
from local.gateway.yaml_document import DeploymentError

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"})
LONGEST_BATCH = 10_000

_TYPES = frozenset("cdn_events eventbridge http log mns_topic oss tablestore timer".split())
_EVERY = re.compile(r"@every ([1-9][0-9]{0,4})m")
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,119}")
_QUEUE_ARN = re.compile(r"acs:mns:([a-z0-9-]+):[0-9]*:/queues/([A-Za-z0-9][A-Za-z0-9-]{0,119})")


@dataclass(frozen=True)
class Triggers:
    """The triggers of one function, by type."""

    http: HttpTrigger | None
    timers: tuple[TimerTrigger, ...]
    queues: tuple[QueueTrigger, ...]


def read_triggers(given: Any, region: str) -> Triggers:
    """The triggers in the list `given`, of a function in `region`.

    Raises DeploymentError for what Function Compute would refuse or the gateway does not implement.
    """
    if not isinstance(given, list):
        raise DeploymentError("triggers must be a list")
    http: list[HttpTrigger] = []
    timers: list[TimerTrigger] = []
    queues: list[QueueTrigger] = []
    names: set[str] = set()
    for trigger in given:
        if not isinstance(trigger, dict) or not isinstance(trigger.get("triggerName"), str):
            raise DeploymentError("a trigger needs a triggerName")
        name, kind = trigger["triggerName"], trigger.get("triggerType")
        if name in names:
            raise DeploymentError(f"two triggers have the name {name}")
        names.add(name)
        config = mapping(trigger, "triggerConfig")
        try:
            if kind == "http":
                http.append(_http(name, config))
            elif kind == "timer":
                timers.append(_timer(name, config))
            elif kind == "eventbridge":
                queues.append(_queue(name, config, region))
            elif kind in _TYPES:
                raise DeploymentError(f"triggerType {kind} does not work locally")
            else:
                raise DeploymentError(f"triggerType {kind!r} is unknown")
        except DeploymentError as error:
            raise DeploymentError(f"trigger {name}: {error}") from None
    if len(http) > 1:
        raise DeploymentError("a function has at most one HTTP trigger")
    return Triggers(http[0] if http else None, tuple(timers), tuple(queues))


def methods_of(value: Any) -> frozenset[str]:
    """A list of HTTP methods. Raises DeploymentError."""
    if not isinstance(value, list) or not value or not set(value) <= METHODS:
        raise DeploymentError(f"methods must be a list of {', '.join(sorted(METHODS))}")
    return frozenset(value)


def _http(name: str, config: Mapping[str, Any]) -> HttpTrigger:
    refuse_unknown(config, {"authType", "methods", "disableURLInternet"}, "triggerConfig")
    if config.get("authType") != "anonymous":
        raise DeploymentError(
            "authType must be anonymous here; function and jwt do not work locally"
        )
    return HttpTrigger(name, methods_of(config.get("methods")))


def _timer(name: str, config: Mapping[str, Any]) -> TimerTrigger:
    refuse_unknown(config, {"cronExpression", "enable", "payload"}, "triggerConfig")
    expression = config.get("cronExpression")
    found = _EVERY.fullmatch(expression) if isinstance(expression, str) else None
    if found is None:
        raise DeploymentError(
            "cronExpression must be '@every Nm' here; six cron fields do not work locally"
        )
    payload = config.get("payload", "")
    if not isinstance(payload, str):
        raise DeploymentError("payload must be a string")
    return TimerTrigger(name, int(found[1]) * 60, payload, boolean(config, "enable"))


def _queue(name: str, config: Mapping[str, Any], region: str) -> QueueTrigger:
    known = {"asyncInvocationType", "eventRuleFilterPattern", "eventSinkConfig"}
    refuse_unknown(
        config, known | {"eventSourceConfig", "runOptions", "triggerEnable"}, "triggerConfig"
    )
    if boolean(config, "asyncInvocationType", default=False):
        raise DeploymentError("asyncInvocationType must be false here: a failure would be lost")
    if config.get("eventRuleFilterPattern", "{}") != "{}":
        raise DeploymentError("eventRuleFilterPattern must be '{}' here")
    delivery = mapping(mapping(config, "eventSinkConfig"), "deliveryOption")
    refuse_unknown(delivery, {"eventSchema"}, "deliveryOption")
    choice(delivery, "eventSchema", ("CloudEvents",), "CloudEvents")
    source = mapping(config, "eventSourceConfig")
    refuse_unknown(source, {"eventSourceType", "eventSourceParameters"}, "eventSourceConfig")
    choice(source, "eventSourceType", ("MNS",), "")
    parameters = mapping(source, "eventSourceParameters")
    refuse_unknown(parameters, {"sourceMNSParameters"}, "eventSourceParameters")
    queue = mapping(parameters, "sourceMNSParameters")
    refuse_unknown(queue, {"RegionId", "QueueName", "IsBase64Decode"}, "sourceMNSParameters")
    if not isinstance(queue.get("QueueName"), str) or not _QUEUE.fullmatch(queue["QueueName"]):
        raise DeploymentError("QueueName must be 1 to 120 of letters, digits and -")
    if queue.get("RegionId", region) != region:
        raise DeploymentError("RegionId must be the region of the function")
    return _run_options(
        mapping(config, "runOptions"),
        QueueTrigger(
            name=name,
            region=region,
            queue=queue["QueueName"],
            enabled=boolean(config, "triggerEnable", default=True),
            decode=boolean(queue, "IsBase64Decode", default=True),
            streaming=True,
            batch=1,
            retry="BACKOFF_RETRY",
            dead_letter_queue=None,
        ),
    )


def _run_options(options: Mapping[str, Any], trigger: QueueTrigger) -> QueueTrigger:
    known = {"mode", "errorsTolerance", "batchWindow", "retryStrategy", "deadLetterQueue"}
    refuse_unknown(options, known, "runOptions")
    mode = choice(options, "mode", ("event-streaming", "event-driven"), "event-streaming")
    # NONE, the default, stops the stream for ever at the first event that the function refuses.
    choice(options, "errorsTolerance", ("ALL",), "NONE")
    window = mapping(options, "batchWindow")
    refuse_unknown(window, {"CountBasedWindow", "TimeBasedWindow"}, "batchWindow")
    if window and mode == "event-driven":
        raise DeploymentError("batchWindow has no meaning in the mode event-driven")
    integer(window, "TimeBasedWindow", 0, 0, 15)
    strategy = mapping(options, "retryStrategy")
    refuse_unknown(strategy, {"PushRetryStrategy"}, "retryStrategy")
    retry: PushRetryStrategy = "BACKOFF_RETRY"
    words = ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY")
    if choice(strategy, "PushRetryStrategy", words, retry) == words[1]:
        retry = "EXPONENTIAL_DECAY_RETRY"
    return QueueTrigger(
        **{
            **vars(trigger),
            "streaming": mode == "event-streaming",
            "batch": integer(window, "CountBasedWindow", 1, 1, LONGEST_BATCH),
            "retry": retry,
            "dead_letter_queue": _dead_letter_queue(options, trigger.region),
        }
    )


def _dead_letter_queue(options: Mapping[str, Any], region: str) -> str | None:
    config = mapping(options, "deadLetterQueue")
    refuse_unknown(config, {"Arn"}, "deadLetterQueue")
    if not config:
        return None
    arn = config.get("Arn")
    found = _QUEUE_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if found is None or found[1] != region:
        raise DeploymentError(
            f"deadLetterQueue.Arn must name a queue here: acs:mns:{region}:<account>:/queues/<name>"
        )
    return found[2]

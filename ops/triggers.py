"""The triggers in a rendered `s.yaml`: their shapes, and the rules between them.

Function Compute's schema accepts any trigger, and the `runOptions` of an EventBridge trigger decide
whether events can be lost. Names follow the SDK's models.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ops.shape import LINE, Shape, choice, record, text, truth, whole
from shared.config.variables import REGIONS

_TRIGGER_NAME = text(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", "a name that begins with a letter")
_QUEUE_NAME = text(r"[A-Za-z0-9][A-Za-z0-9-]{0,119}", "a queue's name: letters, digits and -")


def _trigger(kind: str, config: Shape) -> Shape:
    required = {"triggerName": _TRIGGER_NAME, "triggerType": choice(kind), "triggerConfig": config}
    return record(required, {"description": LINE, "qualifier": choice("LATEST")})


def http(methods: Shape) -> Shape:
    """The shape of an HTTP trigger whose list of methods has the shape `methods`."""
    # The function verifies its callers. Clients have no key to sign requests with.
    config = {"authType": choice("anonymous"), "methods": methods}
    return _trigger("http", record(config, {"disableURLInternet": truth}))


TIMER = _trigger(
    "timer",
    record(
        {
            "cronExpression": text(r"@every [1-9]m|@every 10m", "@every Nm, at most 10 minutes"),
            "enable": truth,
            "payload": text(r"[^\n]{0,256}", "one line of at most 256 characters"),
        }
    ),
)

QUEUE = _trigger(
    "eventbridge",
    record(
        {
            "triggerEnable": truth,
            # EventBridge would count an asynchronous call as delivered, even if it fails.
            "asyncInvocationType": choice(False),
            "eventRuleFilterPattern": choice("{}"),
            "eventSourceConfig": record(
                {
                    "eventSourceType": choice("MNS"),
                    "eventSourceParameters": record(
                        {
                            "sourceMNSParameters": record(
                                {
                                    "RegionId": choice(*sorted(REGIONS)),
                                    "QueueName": _QUEUE_NAME,
                                    "IsBase64Decode": truth,
                                }
                            )
                        }
                    ),
                }
            ),
            "eventSinkConfig": record(
                {"deliveryOption": record({"eventSchema": choice("CloudEvents")})}
            ),
            # The component's schema does not check any of this, and the defaults lose events.
            "runOptions": record(
                {
                    "mode": choice("event-streaming"),
                    "errorsTolerance": choice("ALL"),
                    "batchWindow": record(
                        {"CountBasedWindow": whole(1, 10_000), "TimeBasedWindow": whole(0, 15)}
                    ),
                    "retryStrategy": record(
                        {"PushRetryStrategy": choice("EXPONENTIAL_DECAY_RETRY")}
                    ),
                    "deadLetterQueue": record(
                        {
                            # If `s` knows no account, its preview keeps the expression.
                            "Arn": text(
                                r"acs:mns:[a-z0-9-]+:([0-9]+|\$\{config\('AccountID'\)\})"
                                r":/queues/[A-Za-z0-9][A-Za-z0-9-]{0,119}",
                                "the ARN of a queue, acs:mns:<region>:<account>:/queues/<name>",
                            )
                        }
                    ),
                }
            ),
        }
    ),
)

_MUST_HAVE = {"events": "http", "watch": "timer"}


def in_triggers(place: str, function: str, props: Mapping[str, Any]) -> Iterator[str]:
    """Faults in the triggers of one function, compared with each other and its properties."""
    kinds = [trigger["triggerType"] for trigger in props["triggers"]]
    for key in ("triggerName", "triggerType"):
        if len({trigger[key] for trigger in props["triggers"]}) < len(kinds):
            yield f"{place}: two triggers have the same {key}"
    needed = _MUST_HAVE.get(function, "http")
    if needed not in kinds:
        yield f"{place}: must have a trigger of the type {needed}"
    for index, trigger in enumerate(props["triggers"]):
        inner, config = f"{place}.{index}.triggerConfig", trigger["triggerConfig"]
        if trigger["triggerType"] == "eventbridge":
            yield from _in_queue(inner, config, props["region"])
        elif function not in _MUST_HAVE and "OPTIONS" not in config["methods"]:
            yield f"{inner}.methods: must have OPTIONS, for preflights"


def _in_queue(place: str, config: Mapping[str, Any], region: str) -> Iterator[str]:
    source, arn = _source(config), config["runOptions"]["deadLetterQueue"]["Arn"]
    if source["RegionId"] != region:
        yield f"{place}.eventSourceConfig: the queue must be in the function's region"
    if arn.split(":")[2] != region:
        yield f"{place}.runOptions.deadLetterQueue: must be in the function's region"
    if arn.endswith(f"/{source['QueueName']}"):
        yield f"{place}.runOptions.deadLetterQueue: must be another queue than the source"


def _source(config: Mapping[str, Any]) -> Mapping[str, Any]:
    source: Mapping[str, Any] = config["eventSourceConfig"]["eventSourceParameters"]
    parameters: Mapping[str, Any] = source["sourceMNSParameters"]
    return parameters


def between_triggers(functions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Faults between the triggers of different functions, given their props by name."""
    read: dict[str, str] = {}
    for name, props in functions.items():
        for trigger in props["triggers"]:
            if trigger["triggerType"] != "eventbridge":
                continue
            queue = _source(trigger["triggerConfig"])["QueueName"]
            if queue in read:
                yield (
                    f"s.yaml.resources.{name}.props.triggers: reads the queue of {read[queue]}; "
                    "each message would reach only one of them"
                )
            read[queue] = name
    watched = next((queue for queue, name in read.items() if name == "watch"), "")
    # Without `watch` there is nothing to compare with.
    for name, props in functions.items() if "watch" in functions else ():
        written = props["environmentVariables"].get("VODPASS_WATCH_QUEUE", "")
        if name in ("events", "watch") and written != watched:
            yield (
                f"s.yaml.resources.{name}.props.environmentVariables.VODPASS_WATCH_QUEUE: must be "
                f"the queue that watch reads: {watched or 'none'}"
            )

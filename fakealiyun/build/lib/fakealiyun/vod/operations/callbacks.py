"""SetMessageCallback, GetMessageCallback and DeleteMessageCallback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.mns.queues import is_endpoint, is_queue_name
from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.callbacks.configuration import (
    ALL,
    EVENT_TYPES,
    LONGEST_KEY,
    LONGEST_URL,
    MessageCallback,
    is_auth_key,
    is_callback_url,
)
from fakealiyun.vod.callbacks.sender import Callbacks
from fakealiyun.vod.operations import placement


class CallbackOperations:
    """The operations that configure the callbacks of an application."""

    def __init__(self, account: VodAccount, callbacks: Callbacks) -> None:
        self._account = account
        self._callbacks = callbacks
        self.operations: Mapping[str, Operation] = {
            "SetMessageCallback": Operation(
                self.set_message_callback,
            ),
            "GetMessageCallback": Operation(
                self.get_message_callback,
            ),
            "DeleteMessageCallback": Operation(
                self.delete_message_callback,
            ),
        }

    def set_message_callback(self, call: Call) -> Mapping[str, Any]:
        """Set which events of an application are sent, and to which HTTP receiver or queue."""
        given = call.parameters
        app_id = placement.app(self._account, call)
        kind = parameters.choice(given, "CallbackType", ("HTTP", "MNS")) or "HTTP"
        event_types = _event_types(given)
        read = _http if kind == "HTTP" else _queue
        self._callbacks.configure(read(given, app_id, event_types))
        return {}

    def get_message_callback(self, call: Call) -> Mapping[str, Any]:
        """The configuration of an application. It contains the AuthKey in plain text."""
        app_id = placement.app(self._account, call, write=False)
        callback = self._callbacks.configuration(app_id)
        found = {"AppId": app_id} if callback is None else callback.answer()
        return {"MessageCallback": found}

    def delete_message_callback(self, call: Call) -> Mapping[str, Any]:
        """Stop the callbacks of an application."""
        self._callbacks.remove(placement.app(self._account, call))
        return {}


def _event_types(given: Mapping[str, str]) -> str:
    listed = parameters.choices(given, "EventTypeList", (ALL, *EVENT_TYPES))
    if listed is not None and ALL in listed and len(listed) > 1:
        raise invalid("EventTypeList", "ALL alone, or a comma list of event types")
    return ",".join(listed or ())


def _http(given: Mapping[str, str], app_id: str, event_types: str) -> MessageCallback:
    url = parameters.required(given, "CallbackURL")
    if not is_callback_url(url):
        raise invalid("CallbackURL", f"one http or https address of at most {LONGEST_URL} bytes")
    key = parameters.optional(given, "AuthKey")
    if key is not None and not is_auth_key(key):
        raise invalid(
            "AuthKey",
            f"at most {LONGEST_KEY} letters and digits, with upper case, lower case and digits",
        )
    signed = parameters.choice(given, "AuthSwitch", ("on", "off")) == "on"
    if signed and key is None:
        raise missing("AuthKey")
    return MessageCallback(
        app_id,
        "HTTP",
        event_types,
        url=url,
        auth_switch="on" if signed else "off",
        auth_key=key or "",
    )


def _queue(given: Mapping[str, str], app_id: str, event_types: str) -> MessageCallback:
    endpoint = parameters.required(given, "MnsEndpoint")
    if not is_endpoint(endpoint):
        raise invalid("MnsEndpoint", "http(s)://ACCOUNT.mns.REGION.aliyuncs.com/")
    name = parameters.required(given, "MnsQueueName")
    if not is_queue_name(name):
        raise invalid("MnsQueueName", "1 to 120 letters, digits and hyphens")
    return MessageCallback(app_id, "MNS", event_types, mns_endpoint=endpoint, mns_queue_name=name)

"""VOD's callback configuration, read and set with the operator's key."""

import os
from collections.abc import Mapping

from ops.account import LOOPBACK, Account, NoKey, NotAnswered, ServiceAnswer, ServiceRefused, key_of
from ops.command_line import Refused
from shared.config.variables import REGIONS

_SDK_NAMES: Mapping[str, str] = {
    "CallbackType": "callback_type",
    "CallbackURL": "callback_url",
    "AuthSwitch": "auth_switch",
    "AuthKey": "auth_key",
    "EventTypeList": "event_type_list",
    "MnsEndpoint": "mns_endpoint",
    "MnsQueueName": "mns_queue_name",
}
"""The members of a configuration that SetMessageCallback accepts, by VOD's names."""


class MessageCallback:
    """The callback configuration of one application in one region.

    The first call needs the key, which comes from the environment. `endpoint` is the loopback
    address of a fake cloud. Raises Refused if something is missing, or if VOD refuses a call.
    """

    def __init__(self, region: str, endpoint: str | None = None, app_id: str | None = None) -> None:
        if region not in REGIONS:
            raise Refused(
                "give --region or set VODPASS_REGION: the region must be one of "
                + ", ".join(sorted(REGIONS))
            )
        if endpoint is not None and not LOOPBACK.fullmatch(endpoint):
            raise Refused("--endpoint is for a fake cloud on this machine: 127.0.0.1:PORT")
        self._region = region
        self._endpoint = endpoint or ""
        self._application = {"app_id": app_id} if app_id else {}

    def get(self) -> Mapping[str, str]:
        """The configuration by VOD's names, with the AuthKey in clear.

        It has no CallbackType if VOD sends no callbacks.
        """
        found = self._call("GetMessageCallback", {}).body.get("MessageCallback")
        members = found.items() if isinstance(found, dict) else ()
        return {name: value for name, value in members if isinstance(value, str)}

    def set(self, wanted: Mapping[str, str]) -> None:
        """Replace the whole configuration, by VOD's names."""
        self._call(
            "SetMessageCallback",
            {_SDK_NAMES[name]: value for name, value in wanted.items() if name in _SDK_NAMES},
        )

    def _call(self, operation: str, fields: Mapping[str, str]) -> ServiceAnswer:
        try:
            account = Account(key_of(os.environ), self._region, endpoint=self._endpoint)
            return account.vod(operation, **fields, **self._application)
        except NoKey as missing:
            raise Refused(str(missing)) from None
        except ImportError:
            raise Refused("needs the package alibabacloud-vod20170321: run `make setup`") from None
        except ServiceRefused as refusal:
            raise Refused(
                f"VOD refused {operation}: {refusal.code or 'unknown'},"
                f" RequestId {refusal.request_id or 'unknown'}"
            ) from None
        except NotAnswered:
            raise Refused(
                f"VOD did not answer {operation}; run `show` to see whether it took effect"
            ) from None

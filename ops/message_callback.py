"""VOD's callback configuration through the official client, for an operator.

The AccessKey comes from the environment, in Alibaba Cloud's own variables. VOD's messages are not
repeated: one about a signature quotes the request, and with it the AuthKey.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any

from ops.keyring import Refused
from shared.config.variables import REGIONS

_CREDENTIAL = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
)


class MessageCallback:
    """Get and set the callbacks of one application in one region.

    `endpoint` (host and port) is for a fake on this machine alone and is called by http. Raises
    Refused where something is missing.
    """

    def __init__(self, region: str, endpoint: str | None = None, app_id: str | None = None) -> None:
        if region not in REGIONS:
            raise Refused(f"the region must be one of {', '.join(sorted(REGIONS))}")
        if endpoint is not None and not is_loopback(endpoint):
            raise Refused("--endpoint is for a fake on this machine: 127.0.0.1:PORT")
        key_id, secret, token = (os.environ.get(name) or None for name in _CREDENTIAL)
        if key_id is None or secret is None:
            raise Refused(f"{_CREDENTIAL[0]} and {_CREDENTIAL[1]} must be in the environment")
        try:
            from alibabacloud_tea_openapi.utils_models import Config
            from alibabacloud_vod20170321.client import Client
        except ImportError:
            raise Refused("needs the package alibabacloud-vod20170321: run `make setup`") from None
        self._app_id = app_id
        self._client = Client(
            Config(
                access_key_id=key_id,
                access_key_secret=secret,
                security_token=token,
                region_id=region,
                endpoint=endpoint,
                protocol="http" if endpoint else "https",
            )
        )

    def get(self) -> Mapping[str, str]:
        """The configuration by VOD's names, the AuthKey in clear; without CallbackType where
        there is none."""
        found = self._call("GetMessageCallback", {}).get("MessageCallback")
        return {
            name: value
            for name, value in (found if isinstance(found, dict) else {}).items()
            if isinstance(value, str)
        }

    def set(self, wanted: Mapping[str, str]) -> None:
        """Set the whole configuration, by VOD's names."""
        self._call("SetMessageCallback", wanted)

    def _call(self, operation: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from alibabacloud_vod20170321 import models
        from Tea.exceptions import UnretryableException

        request = getattr(models, f"{operation}Request")()
        request.from_map({**fields, **({"AppId": self._app_id} if self._app_id else {})})
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            body: Mapping[str, Any] = getattr(self._client, method)(request).body.to_map()
        except AlibabaCloudException as error:
            code = _plain(getattr(error, "code", None))
            request_id = _plain(getattr(error, "request_id", None))
            raise Refused(f"VOD refused {operation}: {code}, RequestId {request_id}") from None
        except UnretryableException:
            raise Refused(
                f"VOD gave no answer to {operation}; whether it took effect, `show` tells"
            ) from None
        return body


def is_loopback(host: str) -> bool:
    """Whether host and perhaps port are this machine's own."""
    name = host.rpartition(":")[0] if re.search(r":[0-9]{1,5}$", host) else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _plain(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.-]{1,128}", value) else "unknown"

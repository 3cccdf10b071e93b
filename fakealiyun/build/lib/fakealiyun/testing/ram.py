"""Calls RAM with its official client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential


class RamClient:
    """RAM for one caller. Each operation is a method of the client's own name."""

    def __init__(self, cloud: FakeCloud, key: Credential) -> None:
        self._client = Client(
            Config(
                access_key_id=key.access_key_id,
                access_key_secret=key.access_key_secret,
                security_token=key.security_token,
                endpoint=cloud.endpoint,
                protocol="http",
            )
        )

    def call(self, operation: str, **fields: Any) -> Mapping[str, Any]:
        """Call `CreateRole` with the fields of its request; policies may be given as objects."""
        for name, value in fields.items():
            if isinstance(value, dict) and name.endswith("document"):
                fields[name] = json.dumps(value)
        if "tag" in fields:
            part = getattr(models, f"{operation}RequestTag")
            fields["tag"] = [part(key=key, value=value) for key, value in fields["tag"].items()]
        request = getattr(models, f"{operation}Request")(**fields)
        method = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
        answer = getattr(self._client, f"{method}_with_options")(request, RuntimeOptions())
        found: Mapping[str, Any] = answer.body.to_map()
        return found

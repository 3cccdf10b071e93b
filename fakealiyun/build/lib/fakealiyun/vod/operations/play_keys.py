"""GetAppPlayKey and SetAppPlayKey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.openapi.errors import invalid
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.operations import placement
from fakealiyun.vod.play_keys import PLAY_KEY, PlayKeys


class PlayKeyOperations:
    """The operations that read and replace the PlayKey of an application."""

    def __init__(self, account: VodAccount, keys: PlayKeys) -> None:
        self._account = account
        self._keys = keys
        self.operations: Mapping[str, Operation] = {
            "GetAppPlayKey": Operation(
                self.get_app_play_key,
            ),
            "SetAppPlayKey": Operation(
                self.set_app_play_key,
            ),
        }

    def get_app_play_key(self, call: Call) -> Mapping[str, Any]:
        """The PlayKey of an application, in plain text."""
        app_id = placement.app(self._account, call, write=False)
        key = self._keys.get(app_id)
        if key is None:
            return {"AppPlayKey": {"AppId": app_id}}
        return {
            "AppPlayKey": {
                "AppId": app_id,
                "PlayKey": key.key,
                "CreationTime": utc(key.created),
                "ModificationTime": utc(key.modified),
            }
        }

    def set_app_play_key(self, call: Call) -> Mapping[str, Any]:
        """Replace the PlayKey of an application."""
        app_id = placement.app(self._account, call)
        key = parameters.required(call.parameters, "PlayKey")
        if not PLAY_KEY.fullmatch(key):
            raise invalid("PlayKey", "8 to 20 letters and digits")
        self._keys.set(app_id, key)
        return {}

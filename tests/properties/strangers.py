"""Videos in the account that are not this deployment's, or not to be judged by its own window."""

from __future__ import annotations

import json
from dataclasses import replace

from fakealiyun.testing.vod import Vod
from fakealiyun.vod.applications import Identity
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import owner_keys
from shared.config.settings import Settings
from shared.uploads.declaration import Declaration, seal
from tests.functions.events.conftest import SECOND_APP
from tests.support.house import OWNER_KEY
from tests.support.road import Road

MONTH = 30 * 86400
UNMARKED, OTHER_KEY, OTHER_ISSUER, OTHER_APP, LONGER, UNSEALED = (
    "unmarked",
    "other key",
    "other issuer",
    "other application",
    "longer window",
    "no window",
)
KINDS = (UNMARKED, OTHER_KEY, OTHER_ISSUER, OTHER_APP, LONGER, UNSEALED)
"""The last two are of another deployment with the same keys: one that promises a longer window, and
one that does not seal it yet."""
ANNOUNCED = frozenset({LONGER, UNSEALED})
"""Whose events this deployment may send: their marks are its own."""


def begin(road: Road, kind: str) -> str:
    """Begins an upload that this deployment did not begin. Returns its VideoId."""
    cloud = road.stack.cloud
    vod = Vod(cloud)
    if kind == UNMARKED:
        return str(vod.call("create_upload_video", title="f", file_name="f.mp4")["VideoId"])
    settings = Settings(issuer_alias="local", owner_keys=owner_keys(road.stack.keys.owner_keys))
    if kind == OTHER_KEY:
        settings = replace(settings, owner_keys=owner_keys(OWNER_KEY))
    if kind == OTHER_ISSUER:
        settings = replace(settings, issuer_alias="elsewhere")
    mark = new_mark(settings, Owner(settings.issuer_alias, "alice"))
    window = {UNSEALED: None, LONGER: MONTH}.get(kind, 600)
    extend = seal(settings, mark, Declaration("alice", "", "digest", None, "mp4", window))
    fields = {"reference_id": mark, "user_data": json.dumps({"Extend": extend})}
    if kind == OTHER_APP:
        cloud.vod.applications._add(SECOND_APP, SECOND_APP)
        watch = Identity("RamRole", "vodpass-watch")
        cloud.vod.applications.attach(watch, SECOND_APP, "VODAppFullAccess")
        fields["app_id"] = SECOND_APP
    made = vod.call("create_upload_video", title="f", file_name="f.mp4", **fields)
    return str(made["VideoId"])

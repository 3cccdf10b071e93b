"""Reads the storage, category and application of an upload. The account must have them."""

from __future__ import annotations

from collections.abc import Mapping

from fakealiyun.openapi.errors import invalid
from fakealiyun.openapi.types import Call
from fakealiyun.vod import errors, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.settings import DEFAULT_APP

MAX_CATEGORIES = 5


def check_storage(account: VodAccount, given: Mapping[str, str]) -> None:
    """Raises ApiError if the account does not have the `StorageLocation`, or no storage at all."""
    if not account.settings.storage_enabled:
        raise errors.storage_not_found()
    location = parameters.optional(given, "StorageLocation")
    if location not in (None, account.location):
        raise errors.storage_not_found()


def app(account: VodAccount, call: Call, *, write: bool = True) -> str:
    """`AppId`, or the default application. Raises ApiError unless the caller may use it."""
    app_id = parameters.optional(call.parameters, "AppId") or DEFAULT_APP
    if app_id != DEFAULT_APP and not account.settings.multiple_apps:
        raise errors.applications_not_open()
    known = account.applications.get(app_id)
    if known is None:
        raise errors.not_found("AppId")
    allowed = account.applications.may(call.caller.principal, app_id, write=write)
    if not allowed or (write and known.status == "Disable"):
        raise errors.operate_app()
    return app_id


def category(account: VodAccount, given: Mapping[str, str]) -> int | None:
    """`CateId`, or None if absent."""
    cate_id = parameters.integer(given, "CateId", -(2**63), 2**63 - 1)
    if cate_id is not None and cate_id not in account.settings.categories:
        raise errors.not_found("CateId")
    return cate_id


def categories(account: VodAccount, given: Mapping[str, str]) -> tuple[int, ...]:
    """`CateIds` of attached media: at most five, separated by commas."""
    listed = parameters.optional(given, "CateIds")
    if listed is None:
        return ()
    items = listed.split(",")
    if len(items) > MAX_CATEGORIES:
        raise invalid("CateIds", f"at most {MAX_CATEGORIES} ids")
    found = (category(account, {"CateId": item}) for item in items)
    chosen = tuple(item for item in found if item is not None)
    if len(chosen) != len(items):
        raise invalid("CateIds", "ids separated by commas, none of them empty")
    return chosen

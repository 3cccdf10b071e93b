"""The operations on applications, and on the policies that identities have on them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.ram.state import Ram
from fakealiyun.vod import errors, parameters
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.applications import (
    ADMINISTRATOR,
    FULL,
    IDENTITY_TYPES,
    POLICIES,
    Application,
    Identity,
    identity_of,
)
from fakealiyun.vod.callbacks.sender import Callbacks
from fakealiyun.vod.play_keys import PlayKeys
from fakealiyun.vod.settings import DEFAULT_APP

MAX_APP_IDS = 10
LONGEST_NAME = 128  # characters
LONGEST_DESCRIPTION = 512  # characters
_NAME = re.compile(r"[\w.@-]+")
_STATUSES = ("Normal", "Disable")
_DESCRIPTIONS = {
    ADMINISTRATOR: "App administrator permission",
    FULL: "App full access permission",
}


class ApplicationOperations:
    """The operations of the multi-application service."""

    def __init__(
        self, account: VodAccount, callbacks: Callbacks, play_keys: PlayKeys, ram: Ram
    ) -> None:
        self._account = account
        self._apps = account.applications
        self._callbacks = callbacks
        self._play_keys = play_keys
        self._ram = ram
        self.operations: Mapping[str, Operation] = {
            "CreateAppInfo": Operation(
                self.create_app_info,
            ),
            "UpdateAppInfo": Operation(
                self.update_app_info,
            ),
            "DeleteAppInfo": Operation(
                self.delete_app_info,
            ),
            "GetAppInfos": Operation(
                self.get_app_infos,
            ),
            "ListAppInfo": Operation(
                self.list_app_info,
            ),
            "AttachAppPolicyToIdentity": Operation(
                self.attach_app_policy_to_identity,
            ),
            "DetachAppPolicyFromIdentity": Operation(
                self.detach_app_policy_from_identity,
            ),
            "ListAppPoliciesForIdentity": Operation(
                self.list_app_policies_for_identity,
            ),
        }

    # -- applications

    def create_app_info(self, call: Call) -> Mapping[str, Any]:
        """Create an application. An account can have ten beside the default one."""
        self._require_administrator(call)
        name = _name(call.parameters)
        if name is None:
            raise missing("AppName")
        _no_resource_group(call.parameters)
        created = self._apps.create(name, _description(call.parameters) or "")
        return {"AppId": created.app_id}

    def update_app_info(self, call: Call) -> Mapping[str, Any]:
        """Change the name, description or status of an application."""
        self._require_administrator(call)
        app = self._named(call)
        status = parameters.choice(call.parameters, "Status", _STATUSES)
        if app.app_id == DEFAULT_APP and status == "Disable":
            raise errors.operate_app()
        changes = {
            "name": _name(call.parameters),
            "description": _description(call.parameters),
            "status": status,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        self._apps.change(app.app_id, **given)
        return {}

    def delete_app_info(self, call: Call) -> Mapping[str, Any]:
        """Delete an application that has no media."""
        self._require_administrator(call)
        app_id = self._named(call).app_id
        if app_id == DEFAULT_APP:
            raise errors.operate_app()
        used = {one.app_id for one in self._account.library.all()}
        used |= {one.app_id for one in self._account.other_media.all()}
        if app_id in used:
            raise errors.application_not_empty(app_id)
        self._callbacks.remove(app_id)
        self._play_keys.remove(app_id)
        self._apps.remove(app_id)
        return {}

    def get_app_infos(self, call: Call) -> Mapping[str, Any]:
        """Several applications, by AppIds (at most 10)."""
        self._require_open()
        listed = parameters.required(call.parameters, "AppIds").split(",")
        wanted = list(dict.fromkeys(listed))
        if len(wanted) > MAX_APP_IDS:
            raise invalid("AppIds", f"at most {MAX_APP_IDS} ids")
        found = {one.app_id: one for one in self._readable(call)}
        return {
            "AppInfoList": [_info(found[one]) for one in wanted if one in found],
            "NonExistAppIds": [one for one in wanted if one not in found],
        }

    def list_app_info(self, call: Call) -> Mapping[str, Any]:
        """The applications that the caller may read, in pages."""
        self._require_open()
        given = call.parameters
        status = parameters.choice(given, "Status", _STATUSES)
        _no_resource_group(given)
        number = parameters.integer(given, "PageNo", 1, 2**31 - 1) or 1
        size = parameters.integer(given, "PageSize", 1, 100) or 10
        found = [one for one in self._readable(call) if status in (None, one.status)]
        page = found[(number - 1) * size : number * size]
        region = {"RegionId": self._account.region}
        return {"Total": len(found), "AppInfoList": [_info(one) | region for one in page]}

    # -- policies

    def attach_app_policy_to_identity(self, call: Call) -> Mapping[str, Any]:
        """Give a RAM user or a role policies of an application."""
        identity, app_id, policies, unknown = self._grant(call)
        failed = [one for one in policies if not self._apps.attach(identity, app_id, one)]
        return {"NonExistPolicyNames": unknown, "FailedPolicyNames": failed}

    def detach_app_policy_from_identity(self, call: Call) -> Mapping[str, Any]:
        """Take policies of an application away from a RAM user or a role."""
        identity, app_id, policies, unknown = self._grant(call)
        own = identity == identity_of(call.caller.principal)
        failed = [
            one
            for one in policies
            # An administrator cannot take that right away from itself.
            if (own and one == ADMINISTRATOR) or not self._apps.detach(identity, app_id, one)
        ]
        return {"NonExistPolicyNames": unknown, "FailedPolicyNames": failed}

    def list_app_policies_for_identity(self, call: Call) -> Mapping[str, Any]:
        """The policies of an identity on an application. Others than an administrator see their
        own, whatever they ask for."""
        self._require_open()
        app_id = self._named(call, default=DEFAULT_APP).app_id
        if self._apps.administers(call.caller.principal):
            identity = self._identity(call.parameters)
        else:
            own = identity_of(call.caller.principal)
            assert own is not None  # noqa: S101 - who has no identity is an administrator
            identity = own
        return {
            "AppPolicyList": [
                {
                    "AppId": app_id,
                    "PolicyName": one.policy,
                    "PolicyType": "System",
                    "Description": _DESCRIPTIONS.get(one.policy, "App read only permission"),
                    "CreationTime": utc(one.since),
                    "ModificationTime": utc(one.since),
                }
                for one in self._apps.policies_of(identity, app_id)
            ]
        }

    # -- parameters

    def _require_open(self) -> None:
        if not self._account.settings.multiple_apps:
            raise errors.applications_not_open()

    def _require_administrator(self, call: Call) -> None:
        self._require_open()
        if not self._apps.administers(call.caller.principal):
            raise errors.operate_app()

    def _readable(self, call: Call) -> list[Application]:
        caller = call.caller.principal
        return [one for one in self._apps.all() if self._apps.may(caller, one.app_id, write=False)]

    def _named(self, call: Call, default: str | None = None) -> Application:
        app_id = parameters.optional(call.parameters, "AppId") or default
        if app_id is None:
            raise missing("AppId")
        app = self._apps.get(app_id)
        if app is None:
            raise errors.not_found("AppId")
        return app

    def _grant(self, call: Call) -> tuple[Identity, str, Sequence[str], Sequence[str]]:
        """The identity, the AppId, and the names of existing and of unknown policies."""
        self._require_administrator(call)
        identity = self._identity(call.parameters)
        names = dict.fromkeys(parameters.required(call.parameters, "PolicyNames").split(","))
        policies = [one for one in names if one in POLICIES]
        # AppId is optional for VODAppAdministratorAccess only, which counts for all applications.
        optional = policies == [ADMINISTRATOR]
        app_id = self._named(call, default=DEFAULT_APP if optional else None).app_id
        return identity, app_id, policies, [one for one in names if one not in POLICIES]

    def _identity(self, given: Mapping[str, str]) -> Identity:
        kind = parameters.choice(given, "IdentityType", IDENTITY_TYPES)
        if kind is None:
            raise missing("IdentityType")
        name = parameters.required(given, "IdentityName")
        if kind == "RamRole":
            known = name in self._ram.roles
        else:
            known = any(user.user_id == name for user in self._ram.users.values())
        if not known:
            raise errors.identity_not_found(kind)
        return Identity(kind, name)


def _info(app: Application) -> dict[str, Any]:
    fields = {
        "AppId": app.app_id,
        "AppName": app.name,
        "Description": app.description,
        "Type": app.type,
        "Status": app.status,
        "CreationTime": utc(app.created),
        "ModificationTime": utc(app.modified),
    }
    return {name: value for name, value in fields.items() if value}


def _name(given: Mapping[str, str]) -> str | None:
    value = parameters.optional(given, "AppName")
    if value is not None and (len(value) > LONGEST_NAME or not _NAME.fullmatch(value)):
        raise invalid("AppName", f"at most {LONGEST_NAME} letters, digits, periods, hyphens and @")
    return value


def _description(given: Mapping[str, str]) -> str | None:
    value = parameters.optional(given, "Description")
    if value is not None and len(value) > LONGEST_DESCRIPTION:
        raise invalid("Description", f"at most {LONGEST_DESCRIPTION} characters")
    return value


def _no_resource_group(given: Mapping[str, str]) -> None:
    if parameters.optional(given, "ResourceGroupId") is not None:
        raise invalid("ResourceGroupId", "no value: this fake has no resource groups")

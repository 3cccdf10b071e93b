"""Deploys to a fake cloud as `s` with its component fc3 does, through the official client.

It has the component's habits: a role's name becomes a lower-case ARN, what the API keeps apart
leaves the function, blanks are sent along, and a route that a domain has already is not changed,
except that one without methods here gets all of them.
Only a fake cloud takes it: packages go inside the request, and a certificate is made up.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ops.account import Account, NotAnswered, ServiceAnswer, ServiceRefused
from ops.bundle import manifest
from ops.deploy.progress import REASONS, Step
from ops.deploy.run_s import Job, Outcome

_APART = (
    "region",
    "code",
    "triggers",
    "asyncInvokeConfig",
    "concurrencyConfig",
    "customDomain",
    "scalingConfig",
    "provisionConfig",
    "vpcBinding",
    "endpoint",
)
_BLANKS: Mapping[str, Any] = {
    "environmentVariables": {},
    "layers": [],
    "nasConfig": {"userId": 0, "groupId": 0, "mountPoints": []},
    "ossMountConfig": {"mountPoints": []},
    "vpcConfig": {"vpcId": "", "vSwitchIds": [], "securityGroupId": ""},
    "logConfig": {
        "project": "",
        "logstore": "",
        "enableRequestMetrics": False,
        "enableInstanceMetrics": False,
        "logBeginRule": "None",
    },
    "tracingConfig": {},
    "instanceIsolationMode": "SHARE",
    "sessionAffinity": "NONE",
}
_PEM = "-----BEGIN {0}-----\nbm90IHVzZWQ=\n-----END {0}-----\n"
"""A fake cloud asks for a certificate, and serves no TLS."""

_FAILED = 101
"""The exit code of `s` for an error of the component."""


def function_fields(props: Mapping[str, Any], *, region: str, account_id: str) -> dict[str, Any]:
    """What the component makes of a function's `props` for CreateFunction, without the code."""
    fields = {**_BLANKS, **{key: own for key, own in props.items() if key not in _APART}}
    if fields["logConfig"] == "auto":  # it makes them in Simple Log Service first
        fields["logConfig"] = {
            "project": f"serverless-{region}-auto",
            "logstore": "default-logs",
            "enableRequestMetrics": True,
            "enableInstanceMetrics": True,
            "logBeginRule": "DefaultRegex",
        }
    if "tags" in fields:
        fields["tags"] = [{"Key": tag["key"], "Value": tag["value"]} for tag in fields["tags"]]
    role = str(fields["role"]).lower()
    fields["role"] = f"acs:ram::{account_id}:role/{role}"
    return fields


class WithSdk:
    """A deployer that needs neither `s` nor the component."""

    def __init__(
        self, account: Account, account_id: str, project: Path, rendered: Callable[[Job], Any]
    ) -> None:
        if not account.rehearsal:
            raise ValueError("only a fake cloud")
        self._account = account
        self._account_id = account_id
        self._project = project
        self._rendered = rendered

    def __call__(self, job: Job, tell: Callable[[Step], None]) -> Outcome:
        """Deploy the functions of a job, one after the other, until one fails."""
        for name, resource in self._rendered(job)["resources"].items():
            if job.only not in ("", name):
                continue
            begun = time.monotonic()
            try:
                self._deploy(name, resource["props"])
            except (ServiceRefused, NotAnswered) as refusal:
                tell(Step(name, False, f"{time.monotonic() - begun:.1f}"))
                code = getattr(refusal, "code", "")
                return Outcome(_FAILED, (code,) if code in REASONS else ())
            tell(Step(name, True, f"{time.monotonic() - begun:.1f}"))
        return Outcome(0)

    def _deploy(self, name: str, props: Mapping[str, Any]) -> None:
        from alibabacloud_fc20230330 import models

        function = str(props["functionName"])
        package = manifest.archive(self._project / "build" / name)
        own = function_fields(props, region=self._account.region, account_id=self._account_id)
        fields = {**own, "code": {"zipFile": base64.b64encode(package).decode()}}
        if self._maybe("GetFunction", function) is None:
            body: Any = models.CreateFunctionInput().from_map(fields)
            self._account.fc("CreateFunction", body=body)
        else:
            del fields["functionName"]
            body = models.UpdateFunctionInput().from_map(fields)
            self._account.fc("UpdateFunction", function, body=body)
        for trigger in props["triggers"]:
            self._trigger(function, trigger)
        if "asyncInvokeConfig" in props:
            body = models.PutAsyncInvokeConfigInput().from_map(props["asyncInvokeConfig"])
            self._account.fc("PutAsyncInvokeConfig", function, qualifier="LATEST", body=body)
        if "concurrencyConfig" in props:
            body = models.PutConcurrencyInput().from_map(props["concurrencyConfig"])
            self._account.fc("PutConcurrencyConfig", function, body=body)
        if "customDomain" in props:
            self._domain(function, props["customDomain"])

    def _trigger(self, function: str, trigger: Mapping[str, Any]) -> None:
        from alibabacloud_fc20230330 import models

        name = str(trigger["triggerName"])
        config = json.dumps(trigger["triggerConfig"]).replace(
            "${config('AccountID')}", self._account_id
        )
        fields = {"description": "", "qualifier": "LATEST", "triggerConfig": config}
        if self._maybe("GetTrigger", function, name) is None:
            made = {**fields, "triggerName": name, "triggerType": trigger["triggerType"]}
            body: Any = models.CreateTriggerInput().from_map(made)
            self._account.fc("CreateTrigger", function, body=body)
        else:
            body = models.UpdateTriggerInput().from_map(fields)
            self._account.fc("UpdateTrigger", function, name, body=body)

    def _domain(self, function: str, domain: Mapping[str, Any]) -> None:
        from alibabacloud_fc20230330 import models

        name, route = str(domain["domainName"]), dict(domain["route"])
        own = {**route, "functionName": function, "qualifier": "LATEST"}
        there = self._maybe("GetCustomDomain", name)
        common = {"protocol": domain["protocol"], "tlsConfig": domain["tlsConfig"]}
        if there is None:
            made = {
                **common,
                "domainName": name,
                "certConfig": {
                    "certName": "rehearsal",
                    "certificate": _PEM.format("CERTIFICATE"),
                    "privateKey": _PEM.format("PRIVATE KEY"),
                },
                "routeConfig": {"routes": [own]},
            }
            body: Any = models.CreateCustomDomainInput().from_map(made)
            self._account.fc("CreateCustomDomain", body=body)
            return
        routes = list((there.body.get("routeConfig") or {}).get("routes") or [])
        if all(one.get("path") != own["path"] for one in routes):
            routes.append(own)
        if not own.get("methods"):
            for one in routes:
                if (one.get("path"), one.get("functionName")) == (own["path"], function):
                    one["methods"] = []
        changed = {**common, "routeConfig": {"routes": routes}}
        body = models.UpdateCustomDomainInput().from_map(changed)
        self._account.fc("UpdateCustomDomain", name, body=body)

    def _maybe(self, operation: str, *path: str) -> ServiceAnswer | None:
        try:
            return self._account.fc(operation, *path)
        except ServiceRefused as refusal:
            if refusal.status == 404:
                return None
            raise

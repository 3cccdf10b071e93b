"""The patterns in the `Action` and `Resource` elements of a policy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fakealiyun.ram.fit import Fit
from fakealiyun.ram.glob import Glob
from fakealiyun.ram.grammar import PolicyElement

_SERVICE = re.compile(r"\*|[a-z][a-z0-9-]{0,63}", re.ASCII | re.IGNORECASE)
_OPERATION = re.compile(r"[A-Za-z0-9_*?-]{1,128}", re.ASCII)
_REGION = re.compile(r"\*|[a-z0-9-]{0,64}", re.ASCII)
_ACCOUNT = re.compile(r"\*|[0-9]{0,20}", re.ASCII)


@dataclass(frozen=True)
class ActionPattern:
    """`vod:GetVideoPlayAuth`, `vod:Get*`, `*:Describe*` or `*`. Case does not count.

    The RAM code of the service is a complete name or `*`. A wildcard inside a name is refused,
    because no documented policy has one.
    """

    service: str
    _operation: Glob

    @classmethod
    def read(cls, text: PolicyElement) -> ActionPattern:
        """Raises PolicyGrammarError."""
        if text.value == "*":
            return cls("*", Glob("*"))
        service, colon, operation = text.value.partition(":")
        if not colon or not _SERVICE.fullmatch(service) or not _OPERATION.fullmatch(operation):
            raise text.error("expected <service>:<operation> or *")
        return cls(service.lower(), Glob(operation.lower()))

    def matches(self, action: str) -> bool:
        """Whether the pattern matches the action, for example `vod:GetVideoInfo`."""
        service, _, operation = action.lower().partition(":")
        return self.service in ("*", service) and self._operation.matches(operation)


@dataclass(frozen=True)
class ResourcePattern:
    """`acs:<service>:<region>:<account>:<relative-id>`, or `*`.

    The parts are compared one by one, so a wildcard in one part never matches text of the next
    part. Otherwise an object key with colons could look like another bucket.

    Case counts everywhere except in the service. For OSS keys this is a fact. Whether case counts
    in role names is not documented.
    """

    _parts: tuple[str, str, str] | None
    _relative: Glob

    @classmethod
    def read(cls, text: PolicyElement) -> ResourcePattern:
        """Raises PolicyGrammarError."""
        if text.value == "*":
            return cls(None, Glob("*"))
        parts = text.value.split(":", 4)
        if len(parts) == 4 and parts[3] == "*":
            # VOD's documentation used `acs:vod:*:*` until 2021.
            parts.append("*")
        if len(parts) != 5 or parts[0] != "acs" or not parts[4]:
            raise text.error("expected acs:<service>:<region>:<account>:<relative-id> or *")
        _, service, region, account, relative = parts
        for part, shape, name in (
            (service, _SERVICE, "service"),
            (region, _REGION, "region"),
            (account, _ACCOUNT, "account"),
        ):
            if not shape.fullmatch(part):
                raise text.error(f"the {name} must be a name or *")
        return cls((service.lower(), region, account), Glob(relative))

    def matches(self, resource: str) -> Fit:
        """Whether the pattern matches the resource of a request, which has the same form.

        UNKNOWN if the request has `*` as its region or account and the pattern names one. An Allow
        for one region then does not apply to the request, but a Deny does.
        """
        if self._parts is None:
            return Fit.YES
        parts = resource.split(":", 4)
        if len(parts) != 5 or parts[0] != "acs" or not self._relative.matches(parts[4]):
            return Fit.NO
        actual = (parts[1].lower(), parts[2], parts[3])
        unequal = [
            got for want, got in zip(self._parts, actual, strict=True) if want not in ("*", got)
        ]
        if not unequal:
            return Fit.YES
        return Fit.UNKNOWN if set(unequal) == {"*"} else Fit.NO

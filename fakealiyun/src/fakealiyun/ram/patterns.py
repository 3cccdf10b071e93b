"""What the `Action` and `Resource` elements of a policy name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fakealiyun.ram.answer import Answer
from fakealiyun.ram.glob import Glob
from fakealiyun.ram.grammar import Element

_SERVICE = re.compile(r"\*|[a-z][a-z0-9-]{0,63}", re.ASCII | re.IGNORECASE)
_OPERATION = re.compile(r"[A-Za-z0-9_*?-]{1,128}", re.ASCII)
_REGION = re.compile(r"\*|[a-z0-9-]{0,64}", re.ASCII)
_ACCOUNT = re.compile(r"\*|[0-9]{0,20}", re.ASCII)


@dataclass(frozen=True)
class ActionPattern:
    """`vod:GetVideoPlayAuth`, `vod:Get*`, `*:Describe*` or `*`; compared without case.

    The RAM code is named whole or is `*`: a wildcard inside it is refused, because no
    documented policy has one.
    """

    service: str
    _operation: Glob

    @classmethod
    def read(cls, text: Element) -> ActionPattern:
        """Raises PolicyGrammarError."""
        if text.value == "*":
            return cls("*", Glob("*"))
        service, colon, operation = text.value.partition(":")
        if not colon or not _SERVICE.fullmatch(service) or not _OPERATION.fullmatch(operation):
            raise text.error("expected <service>:<operation> or *")
        return cls(service.lower(), Glob(operation.lower()))

    def matches(self, action: str) -> bool:
        """Whether the action, `vod:GetVideoInfo` for example, is named."""
        service, _, operation = action.lower().partition(":")
        return self.service in ("*", service) and self._operation.matches(operation)


@dataclass(frozen=True)
class ResourcePattern:
    """`acs:<service>:<region>:<account>:<relative-id>`, or `*`.

    The parts are compared one by one, so that a wildcard in one of them never reaches into
    the next: an object key may hold colons and pretend to be another bucket.

    Case counts everywhere but in the service. That is a fact for OSS keys; whether RAM
    compares role names by case is not documented.
    """

    _parts: tuple[str, str, str] | None
    _relative: Glob

    @classmethod
    def read(cls, text: Element) -> ResourcePattern:
        """Raises PolicyGrammarError."""
        if text.value == "*":
            return cls(None, Glob("*"))
        parts = text.value.split(":", 4)
        if len(parts) == 4 and parts[3] == "*":
            # VOD's own pages wrote `acs:vod:*:*` until 2021.
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
                raise text.error(f"the {name} is neither a name nor *")
        return cls((service.lower(), region, account), Glob(relative))

    def matches(self, resource: str) -> Answer:
        """Whether the resource of a request, in the same form, is named.

        UNKNOWN where the request leaves region or account open (`*`) and the pattern does not:
        an Allow for one region does not reach such a request, a Deny does.
        """
        if self._parts is None:
            return Answer.YES
        parts = resource.split(":", 4)
        if len(parts) != 5 or parts[0] != "acs" or not self._relative.matches(parts[4]):
            return Answer.NO
        actual = (parts[1].lower(), parts[2], parts[3])
        unequal = [
            got for want, got in zip(self._parts, actual, strict=True) if want not in ("*", got)
        ]
        if not unequal:
            return Answer.YES
        return Answer.UNKNOWN if set(unequal) == {"*"} else Answer.NO

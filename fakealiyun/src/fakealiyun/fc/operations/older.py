"""What 2021-04-06 (Function Compute 2.0) answers in an account that has no service.

Its resources are functions inside services; a function of 3.0 cannot be addressed by it. New
accounts have none of them, and neither has this one: reading says so in 2.0's own words, and
making one is refused.
"""

from __future__ import annotations

from fakealiyun.fc import errors
from fakealiyun.fc.context import Context
from fakealiyun.fc.operation import Operation
from fakealiyun.fc.wire import Answer, Call

_BASE = "/2021-04-06/services"
_SOURCE = "SDK of 2021-04-06"


def operations(_context: Context) -> list[Operation]:
    """Every operation of this module."""
    service, function = f"{_BASE}/{{service}}", f"{_BASE}/{{service}}/functions/{{function}}"
    found = [
        Operation(
            "ListServices",
            "GET",
            _BASE,
            _list_services,
            lambda _call: "services/*",
            source=_SOURCE,
            doubts=("Whether new accounts can still have services of 2.0 is not documented.",),
        ),
        Operation(
            "CreateService",
            "POST",
            _BASE,
            _create_service,
            lambda _call: "services/*",
            writes=True,
            source=_SOURCE,
        ),
    ]
    for name, method, path in (
        ("GetService", "GET", service),
        ("ListFunctions", "GET", f"{service}/functions"),
        ("GetFunction", "GET", function),
        ("ListTriggers", "GET", f"{function}/triggers"),
        ("GetTrigger", "GET", f"{function}/triggers/{{trigger}}"),
        ("InvokeFunction", "POST", f"{function}/invocations"),
    ):
        found.append(Operation(name, method, path, _no_service, _resource, source=_SOURCE))
    return found


def _resource(call: Call) -> str:
    parts = [f"services/{call.names['service']}"]
    if "function" in call.names:
        parts.append(f"functions/{call.function}")
    elif call.action == "ListFunctions":
        parts.append("functions/*")
    return "/".join(parts)


async def _list_services(_call: Call) -> Answer:
    """Answer an empty list."""
    return Answer(body={"services": []})


async def _create_service(_call: Call) -> Answer:
    """Refuse: nothing of 2.0 is made here."""
    raise errors.not_faked("services of Function Compute 2.0; deploy functions of 3.0")


async def _no_service(call: Call) -> Answer:
    """Answer that there is no such service."""
    raise errors.not_found("Service", call.names["service"][:128])

"""API version 2021-04-06 (Function Compute 2.0), for an account that has no services.

In 2.0, functions belong to services, and the API cannot address functions of 3.0. A new account has
no services, and this account has none. Reading a service answers with the errors of 2.0. Creating
one is refused.
"""

from __future__ import annotations

from fakealiyun.fc import errors
from fakealiyun.fc.context import Context
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.wire import FcAnswer, FcCall

_BASE = "/2021-04-06/services"


def operations(_context: Context) -> list[FcOperation]:
    """All operations of this module."""
    service, function = f"{_BASE}/{{service}}", f"{_BASE}/{{service}}/functions/{{function}}"
    found = [
        FcOperation(
            "ListServices",
            "GET",
            _BASE,
            _list_services,
            lambda _call: "services/*",
        ),
        FcOperation(
            "CreateService",
            "POST",
            _BASE,
            _create_service,
            lambda _call: "services/*",
            writes=True,
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
        found.append(FcOperation(name, method, path, _no_service, _resource))
    return found


def _resource(call: FcCall) -> str:
    parts = [f"services/{call.names['service']}"]
    if "function" in call.names:
        parts.append(f"functions/{call.function}")
    elif call.action == "ListFunctions":
        parts.append("functions/*")
    return "/".join(parts)


async def _list_services(_call: FcCall) -> FcAnswer:
    """Return an empty list."""
    return FcAnswer(body={"services": []})


async def _create_service(_call: FcCall) -> FcAnswer:
    """Refuse: the fake has no services of 2.0."""
    raise errors.not_faked("services of Function Compute 2.0; deploy functions of 3.0")


async def _no_service(call: FcCall) -> FcAnswer:
    """Refuse: there is no such service."""
    raise errors.not_found("Service", call.names["service"][:128])

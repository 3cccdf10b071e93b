"""The official SDK client of one service, sending its requests over our own transport.

The SDK builds and signs requests; `shared.transport` sends them. Both are imported at the first
call, after token and body were checked: a request that makes no call must not load them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from shared.alibaba.codes import EXPIRED, common_meaning, no_answer, rate_limit, server_error
from shared.alibaba.credentials import FunctionRole
from shared.config.settings import Settings
from shared.errors import Unavailable, UpstreamError
from shared.web.body import finite, shallow

if TYPE_CHECKING:
    from shared.transport import Transport

MAX_DEPTH = 32  # the answers that vodpass reads have 6


@dataclass(frozen=True)
class Service:
    """One service: its models and client in the SDK, its endpoint, and what its own codes mean.

    ``models`` and ``client`` import the SDK when they are called, not before.
    """

    models: Callable[[], Any]
    client: Callable[[Any], Any]
    endpoint: Callable[[Settings], str]
    meaning: Callable[[str, Container[str]], Exception | None]
    """The exception for a code of this service, or None for a code it does not know. The second
    argument holds the names of the parameters that were sent."""


class Client:
    """The client of one service in one instance. It is made at the first call.

    Several threads may use it: each call has a transport to itself.
    """

    def __init__(self, service: Service, settings: Settings, role: FunctionRole) -> None:
        self._service = service
        self._settings = settings
        self._role = role
        self._tls_source: Transport | None = None
        self._idle: list[Transport] = []  # with their kept-alive connections
        self._sdk_client: Any = None
        self.clock_ahead = 0.0  # seconds that the cloud's clock is ahead of the instance's

    @property
    def credential_expired(self) -> bool:
        """Whether the cloud reported this role credential as expired. Then a retry is useless."""
        return self._role.credential_expired

    def send(
        self, operation: str, parameters: Mapping[str, Any], timeout: float, request_ids: list[str]
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Sends one request and returns the body and headers of the answer.

        ``parameters`` are in the SDK's spelling. ``timeout`` is in seconds. Appends the RequestId
        to ``request_ids``. Raises a Refusal, Rejected, or an exception of the service.
        """
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from darabonba.runtime import RuntimeOptions
        from Tea.exceptions import UnretryableException

        if self._sdk_client is None:
            self._sdk_client = self._make_sdk_client()
        # CreateUploadVideo has the model CreateUploadVideoRequest, and is called by the client's
        # method create_upload_video_with_options.
        request = getattr(self._service.models(), f"{operation}Request")(**parameters)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        options = RuntimeOptions(read_timeout=max(1, int(timeout * 1000)))
        try:
            answer = getattr(self._sdk_client, f"{method}_with_options")(request, options)
            body, headers = answer.body.to_map(), answer.headers
        except AlibabaCloudException as fault:
            _add_request_id(request_ids, getattr(fault, "request_id", None))
            raise self._refused(fault, parameters) from None
        except UnretryableException as fault:
            raise no_answer(fault.inner_exception) from None
        except (AttributeError, TypeError, ValueError, KeyError, RecursionError):
            # The client's model cannot hold the answer. The error text may quote the answer.
            raise UpstreamError("The cloud's answer cannot be read.", effect="unknown") from None
        _add_request_id(request_ids, body.get("RequestId"))
        return body, headers

    def _make_sdk_client(self) -> Any:
        """The SDK's client of the service, which sends its requests over our transport."""
        from alibabacloud_tea_openapi.utils_models import Config

        endpoint = self._service.endpoint(self._settings)
        config = Config(
            credential=self._role,
            region_id=self._settings.region,
            endpoint=endpoint or None,
            protocol="http" if endpoint else "https",
            user_agent="vodpass",
        )
        client = self._service.client(config)
        _use_transport(client, self._do_action)
        return client

    def _do_action(self, request: Any, options: Mapping[str, Any] | None = None) -> Any:
        """Sends a request of the SDK. Takes the place of DaraCore.do_action."""
        from urllib.parse import urlencode

        from darabonba.response import DaraResponse

        path = request.pathname or "/"
        if request.query:
            path += "?" + urlencode({k: str(v) for k, v in request.query.items() if v is not None})
        body = request.body or b""
        transport = self._borrow()
        try:
            answer = transport.exchange(
                request.method,
                request.headers["host"],
                path,
                request.headers,
                body.encode("utf-8") if isinstance(body, str) else body,
                tls=request.protocol.lower() == "https",
                timeout=(options or {})["readTimeout"] / 1000,
            )
        finally:
            self._idle.append(transport)
        _require_json_object(answer.body, answer.status)
        response = DaraResponse()
        response.status_code = answer.status
        response.headers = dict(answer.headers)
        response.body = answer.body
        return response

    def _borrow(self) -> Transport:
        """A transport that no other thread uses."""
        from shared.transport import Transport

        try:
            return self._idle.pop()
        except IndexError:
            made = Transport(beside=self._tls_source)
            self._tls_source = self._tls_source or made
            return made

    def _refused(self, fault: Any, parameters: Container[str]) -> Exception:
        """The exception for a refusal of the service. ``fault``: the SDK's exception."""
        code = fault.code if isinstance(fault.code, str) else ""
        status = fault.status_code if isinstance(fault.status_code, int) else 0
        if code == EXPIRED:
            self._role.mark_expired()
            return Unavailable("The service is renewing its own authorization.")
        return (
            rate_limit(code, status, getattr(fault, "retry_after", None))
            or self._service.meaning(code, parameters)
            or common_meaning(code, status)
        )


def _use_transport(client: Any, do_action: Callable[..., Any]) -> None:
    """Makes ``client``, and no other client of the SDK, send its requests by ``do_action``.

    The SDK has no setting for a transport: `do_request` calls the static method
    DaraCore.do_action. Replacing that method would change every client of the process. So this
    client gets its own `do_request`, in which the name DaraCore means a subclass.
    """
    from darabonba.core import DaraCore

    core = type("Core", (DaraCore,), {"do_action": staticmethod(do_action)})
    original = type(client).do_request
    own = FunctionType(
        original.__code__,
        {**original.__globals__, "DaraCore": core},
        original.__name__,
        original.__defaults__,
        original.__closure__,
    )
    client.do_request = MethodType(own, client)


def _require_json_object(body: bytes, status: int) -> None:
    """Raises an Upstream refusal unless the body is a JSON object, not nested too deep.

    The SDK quotes a body that it cannot parse in its exceptions, so it never gets one. It walks
    through the body by recursion. NaN and Infinity are refused: parts of an answer are passed on,
    and JSON has neither.
    """
    try:
        parsed = json.loads(body, parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or not shallow(parsed, MAX_DEPTH):
        if status >= 500:
            raise server_error(status)
        raise UpstreamError("The cloud's answer cannot be read.", effect="unknown")


def _add_request_id(request_ids: list[str], request_id: object) -> None:
    """Appends the RequestId of an answer, if it has the form of one: it goes to the log."""
    # The SDK writes "None" into a fault without an id.
    if request_id == "None" or not isinstance(request_id, str):
        return
    if re.fullmatch(r"[0-9A-Za-z-]{1,64}", request_id):
        request_ids.append(request_id)

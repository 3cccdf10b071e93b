"""The official client over our transport: what it sends, and what each answer means."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest

from shared.alibaba.client import Client, Service
from shared.alibaba.codes import OPERATOR_FAULTS, Rejected, no_answer
from shared.alibaba.credentials import FunctionRole
from shared.alibaba.session import Session
from shared.alibaba.sts import FAULTS, STS_SERVICE, Sts
from shared.alibaba.vod.codes import (
    ACCOUNT_FAULTS,
    CHOICE_FAULTS,
    FIELD_FAULTS,
    IllegalStatus,
    NotFoundAtVod,
    Unusable,
    WrongChoice,
)
from shared.alibaba.vod.operations import VOD_SERVICE
from shared.config.settings import Settings
from shared.errors import (
    InvalidRequest,
    Misconfigured,
    Refusal,
    Throttled,
    Unavailable,
    Upstream,
    UpstreamError,
    UpstreamTimeout,
)
from shared.transport import BrokenAnswer, ConnectionLost, DeadlinePassed, Transport
from tests.support.error_codes import Row, rows
from tests.support.scripted_server import ScriptedServer, reply

VIDEO_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
KEY = {"access_key_id": "STS.a", "access_key_secret": "secret-b", "security_token": "token-c"}
CREDENTIALS = {
    "AccessKeyId": "STS.other",
    "AccessKeySecret": "other-secret",
    "SecurityToken": "other-token",
    "Expiration": "2027-01-15T08:15:00Z",
}
DATE = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedServer]:
    with contextlib.closing(ScriptedServer()) as made:
        yield made


@pytest.fixture
def server(running: ScriptedServer) -> ScriptedServer:
    running.say(reply({}))
    return running


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ends the connections of every client at the end of a test."""
    begun, made = Transport.__init__, list[Transport]()

    def begin(transport: Transport, **options: Any) -> None:
        begun(transport, **options)
        made.append(transport)

    monkeypatch.setattr(Transport, "__init__", begin)
    yield
    for transport in made:
        for connection, _ in transport._resting.values():
            connection.close()


@pytest.fixture
def role() -> FunctionRole:
    role = FunctionRole({})
    role.use(SimpleNamespace(credentials=SimpleNamespace(**KEY)))
    return role


@pytest.fixture
def settings(server: ScriptedServer) -> Settings:
    return Settings(
        region="cn-beijing", local=True, vod_endpoint=server.host, sts_endpoint=server.host
    )


def sent(
    settings: Settings, role: FunctionRole, operation: str = "GetVideoInfo", **fields: Any
) -> tuple[Any, list[str]]:
    """The outcome of one call, and the ids that were noted."""
    service = STS_SERVICE if operation == "AssumeRole" else VOD_SERVICE
    client = Client(service, settings, role)
    ids: list[str] = []
    try:
        return client.send(operation, fields or {"video_id": VIDEO_ID}, 5.0, ids), ids
    except Exception as fault:  # noqa: BLE001  a test looks at it
        return fault, ids


def test_a_call_is_signed_with_the_role_and_says_who_calls(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    server.say(reply({"RequestId": "A-1", "Video": {"VideoId": VIDEO_ID}}, headers={"X-A": "b"}))
    (body, headers), ids = sent(settings, role)
    assert body["Video"]["VideoId"] == VIDEO_ID
    assert headers["x-a"] == "b"
    assert ids == ["A-1"]
    [asked] = server.asked
    path, _, query = asked.target.partition("?")
    assert (asked.method, path) == ("POST", "/")
    assert parse_qs(query) == {"VideoId": [VIDEO_ID]}
    assert asked.headers["x-acs-action"] == "GetVideoInfo"
    assert asked.headers["x-acs-security-token"] == "token-c"
    assert "Credential=STS.a," in asked.headers["authorization"]
    assert asked.headers["user-agent"].endswith("vodpass")
    assert asked.headers["host"] == server.host
    assert b"secret-b" not in asked.raw


def test_fields_that_are_text_with_any_character_arrive(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    sent(settings, role, "CreateUploadVideo", title="a&b=é +?", file_name="a.mp4", cate_id=5)
    given = parse_qs(server.asked[0].target.partition("?")[2])
    assert given == {"Title": ["a&b=é +?"], "FileName": ["a.mp4"], "CateId": ["5"]}


def test_without_an_endpoint_the_service_is_called_in_its_region_by_tls(
    role: FunctionRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def exchange(*given: Any, **options: Any) -> Any:
        called.append((given[1:3], given[5:], options))
        raise ConnectionLost("no connection", sent=False)

    monkeypatch.setattr(Transport, "exchange", exchange)
    client = Client(VOD_SERVICE, Settings(region="cn-beijing"), role)
    with pytest.raises(Unavailable):
        client.send("GetVideoInfo", {"video_id": VIDEO_ID}, 1.2345, [])
    [(target, rest, options)] = called
    assert target == ("POST", "vod.cn-beijing.aliyuncs.com")
    assert rest == (b"",)
    assert options == {"tls": True, "timeout": 1.234}


def test_a_connection_is_kept_for_the_next_call_of_the_client(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    client = Client(VOD_SERVICE, settings, role)
    for _ in range(3):
        client.send("GetVideoInfo", {"video_id": VIDEO_ID}, 5.0, [])
    assert server.accepted == 1
    [transport] = client._idle
    server.say(b"")
    with pytest.raises(UpstreamError):
        client.send("GetVideoInfo", {"video_id": VIDEO_ID}, 5.0, [])
    assert client._idle == [transport], "it serves the next call, with a new connection"


def test_calls_at_once_have_connections_of_their_own_and_one_tls_context(
    settings: Settings, role: FunctionRole
) -> None:
    client = Client(VOD_SERVICE, settings, role)
    first, second = client._borrow(), client._borrow()
    assert first is not second
    assert first._tls is second._tls


def test_two_clients_keep_their_own_way_of_sending(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    """The SDK has one function for all of a process."""
    from darabonba.core import DaraCore

    before = DaraCore.do_action
    server.say(reply({"Video": {}}))
    assert isinstance(sent(settings, role)[0], tuple)
    assert DaraCore.do_action is before


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ("0B3A-5C", ["0B3A-5C"]),
        ("a" * 64, ["a" * 64]),
        ("a" * 65, []),
        ("", []),
        ("a b", []),
        ("a\n", []),
        ('"},{"', []),
        (None, []),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_only_the_id_of_a_request_reaches_the_log(
    server: ScriptedServer,
    settings: Settings,
    role: FunctionRole,
    given: Any,
    noted: list[str],
    status: int,
) -> None:
    server.say(reply({"RequestId": given, "Code": "A.B", "Message": "m"}, status))
    assert sent(settings, role)[1] == noted


def code(server: ScriptedServer, name: str, status: int = 400, **more: Any) -> None:
    """From now on, the service answers with this code."""
    server.say(reply({"RequestId": "A-1", "Code": name, "Message": "a secret", **more}, status))


CONTINUED = OPERATOR_FAULTS.keys() - {"MissingSecurityToken"}  # VOD has codes that begin like it
OF_VOD: list[tuple[str, int, type[Exception]]] = [
    ("InvalidVideo.NotFound", 404, NotFoundAtVod),
    ("InvalidImage.NotFound", 404, NotFoundAtVod),
    ("InvalidMedia.NotFound", 404, NotFoundAtVod),
    ("InvalidVideo.Damaged", 400, Unusable),
    ("InvalidVideo.NoneStream", 403, Unusable),
    ("Forbidden.AliyunVoDEncryption", 403, Unusable),
    ("Forbidden.IllegalStatus", 403, IllegalStatus),
    *((name, 403, Misconfigured) for name in ACCOUNT_FAULTS),
    *((name, 400, InvalidRequest) for name in FIELD_FAULTS),
    ("InvalidParameter.Tags", 400, InvalidRequest),
    ("MissingFileName", 400, InvalidRequest),
    ("MissingSecurityToken", 400, Misconfigured),
    *((name, 403, Misconfigured) for name in OPERATOR_FAULTS),
    *((f"{name}.More", 403, Misconfigured) for name in sorted(CONTINUED)),
    ("InvalidSecurityToken.Expired", 400, Unavailable),
    ("Throttling", 400, Throttled),
    ("Throttling.User", 503, Throttled),
    ("Some.Code", 429, Throttled),
    ("SignatureNonceUsed", 400, Unavailable),
    ("Some.Code", 400, Rejected),
    ("ForbiddenMore", 400, Rejected),
    ("Some.Code", 404, Rejected),
    ("Some.Code", 499, Rejected),
    ("Some.Code", 500, UpstreamError),
    ("Some.Code", 502, UpstreamError),
    ("Some.Code", 503, Unavailable),
    ("InternalError", 500, UpstreamError),
    ("ServiceUnavailable", 503, Unavailable),
]
OF_STS: list[tuple[str, int, type[Exception]]] = [
    *((name, 400, Misconfigured) for name in FAULTS),
    *((f"{name}.More", 400, Misconfigured) for name in FAULTS),
    ("InvalidVideo.NotFound", 404, Rejected),
    ("Throttling", 400, Throttled),
    ("InvalidSecurityToken.Expired", 400, Unavailable),
    ("InternalError", 500, UpstreamError),
]
EFFECT_UNKNOWN = {"SignatureNonceUsed", "InternalError", "ServiceUnavailable"}


@pytest.mark.parametrize(
    ("operation", "name", "status", "kind"),
    [("GetVideoInfo", *row) for row in OF_VOD] + [("AssumeRole", *row) for row in OF_STS],
)
def test_a_code_decides_what_the_caller_is_told(
    server: ScriptedServer,
    settings: Settings,
    role: FunctionRole,
    operation: str,
    name: str,
    status: int,
    kind: type[Exception],
) -> None:
    code(server, name, status)
    fields = {"role_arn": "a", "role_session_name": "b"} if operation == "AssumeRole" else {}
    fault, ids = sent(settings, role, operation, **fields)
    assert type(fault) is kind
    assert ids == ["A-1"]
    assert "secret" not in f"{fault!r} {fault} {fault.__dict__}"
    assert fault.__suppress_context__
    if isinstance(fault, Upstream):
        unknown = name in EFFECT_UNKNOWN or (name == "Some.Code" and status >= 500)
        assert fault.effect == ("unknown" if unknown else "none")
    if isinstance(fault, Rejected):
        assert fault.code == name
    assert role.credential_expired == (name == "InvalidSecurityToken.Expired")


@pytest.mark.parametrize(
    ("name", "detail"), [*OPERATOR_FAULTS.items(), *ACCOUNT_FAULTS.items()], ids=str
)
def test_the_operator_is_told_the_reason_of_the_code(
    server: ScriptedServer, settings: Settings, role: FunctionRole, name: str, detail: str
) -> None:
    known = {**OPERATOR_FAULTS, **ACCOUNT_FAULTS}[name]
    code(server, name, 403)
    assert sent(settings, role)[0].detail == known
    if name in CONTINUED:
        code(server, f"{name}.More", 403)
        assert sent(settings, role)[0].detail == OPERATOR_FAULTS[name]


@pytest.mark.parametrize(("name", "detail"), FAULTS.items())
def test_the_operator_is_told_the_reason_of_the_code_of_sts(
    server: ScriptedServer, settings: Settings, role: FunctionRole, name: str, detail: str
) -> None:
    code(server, name, 403)
    fault, _ = sent(settings, role, "AssumeRole", role_arn="a", role_session_name="b")
    assert fault.detail == detail


@pytest.mark.parametrize(("beginning", "row"), CHOICE_FAULTS.items())
def test_a_choice_that_vod_lacks_is_blamed_on_the_setting_that_sent_it(
    server: ScriptedServer,
    settings: Settings,
    role: FunctionRole,
    beginning: str,
    row: tuple[str, str, str],
) -> None:
    parameter, variable, otherwise = row
    code(server, f"{beginning}.NotFound", 404)
    fault, _ = sent(settings, role, "CreateUploadVideo", title="a", **{parameter: 5})
    assert type(fault) is WrongChoice
    assert fault.variable == variable
    assert variable in fault.detail
    fault, _ = sent(settings, role, "CreateUploadVideo", title="a")
    assert type(fault) is Misconfigured
    assert fault.detail == otherwise


@pytest.mark.parametrize(
    ("name", "pointers"),
    [
        ("InvalidFileName.Extension", ["/FileName"]),
        ("TagsExceededMax", ["/Tags"]),
        ("IllegalCharacters", []),
        ("InvalidParameter", []),
        ("InvalidParameter.Tags", []),
        ("MissingTitle", []),
    ],
)
def test_a_field_that_vod_refuses_is_named_if_the_code_names_it(
    server: ScriptedServer,
    settings: Settings,
    role: FunctionRole,
    name: str,
    pointers: list[str],
) -> None:
    code(server, name)
    fault, _ = sent(settings, role)
    assert [error.pointer for error in fault.errors] == pointers
    assert {error.reason for error in fault.errors} <= {"is not accepted by VOD"}
    assert fault.detail == "VOD does not accept one of the fields as it is."


@pytest.mark.parametrize("row", rows("GetVideoInfo", "AssumeRole"), ids=str)
def test_each_code_gives_the_documented_answer(
    server: ScriptedServer, settings: Settings, role: FunctionRole, row: Row
) -> None:
    """As `docs/error-codes.md` says, but for what the functions make of it."""
    code(server, row.code, row.status)
    fields = {"role_arn": "a", "role_session_name": "b"} if row.operation == "AssumeRole" else {}
    fault, _ = sent(settings, role, row.operation, **fields)
    if isinstance(fault, Refusal):
        assert (fault.code, fault.detail) == (row.answer, row.text or fault.detail)
    else:
        assert isinstance(fault, (NotFoundAtVod, IllegalStatus, Rejected))


def test_codes_that_are_no_text_are_no_codes(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    several: list[Any] = [5, [], {}, None]
    for odd in several:
        server.say(reply({"Code": odd, "Message": "m"}, 400))
        assert isinstance(sent(settings, role)[0], (Rejected, UpstreamError))


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"<html>", 200, UpstreamError),
        (b"[]", 200, UpstreamError),
        (b"", 200, UpstreamError),
        (b"\xff", 400, UpstreamError),
        (b"[" * 50_000, 404, UpstreamError),
        (b'{"a":' * 32 + b"{}" + b"}" * 32, 200, UpstreamError),
        *[
            (b'{"VideoMeta":{"Duration":%s}}' % odd, 200, UpstreamError)
            for odd in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1.0e+400")
        ],
        (b"<html>", 500, UpstreamError),
        (b"<html>", 502, UpstreamError),
        (b"<html>", 503, Unavailable),
    ],
)
def test_an_answer_that_is_no_object_may_have_had_an_effect(
    server: ScriptedServer,
    settings: Settings,
    role: FunctionRole,
    body: bytes,
    status: int,
    kind: type[Upstream],
) -> None:
    server.say(reply(body, status))
    fault, ids = sent(settings, role)
    assert type(fault) is kind
    assert fault.effect == "unknown"
    assert ids == []
    told = {503: "The cloud is not available.", 500: "The cloud failed.", 502: "The cloud failed."}
    assert fault.detail == told.get(status, "The cloud's answer cannot be read.")


def test_an_answer_that_closes_the_connection_may_have_had_an_effect(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    server.say(b"")
    fault, _ = sent(settings, role)
    assert type(fault) is UpstreamError
    assert fault.effect == "unknown"


def test_an_answer_that_the_sdk_cannot_hold_is_not_quoted(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    server.say(reply({"Video": ["a secret"], "RequestId": "A"}))
    fault, _ = sent(settings, role)
    assert type(fault) is UpstreamError
    assert fault.effect == "unknown"
    assert fault.detail == "The cloud's answer cannot be read."
    assert fault.__suppress_context__


@pytest.mark.parametrize("sent_out", [True, False])
@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (DeadlinePassed, UpstreamTimeout),
        (BrokenAnswer, UpstreamError),
        (ConnectionLost, Unavailable),
    ],
)
def test_a_request_that_was_not_sent_had_no_effect(
    cause: Any, kind: type[Upstream], sent_out: bool
) -> None:
    texts = {
        DeadlinePassed: "No answer came within the deadline.",
        BrokenAnswer: "The cloud's answer was cut short.",
        ConnectionLost: "The cloud could not be reached, or broke off.",
    }
    fault = no_answer(cause("a", sent=sent_out))
    assert type(fault) is kind
    assert isinstance(fault, Upstream)
    assert fault.effect == ("unknown" if sent_out else "none")
    assert fault.detail == texts[cause]


def test_a_fault_of_our_own_is_not_a_fault_of_the_cloud() -> None:
    own = Misconfigured("The function has no role to act in.")
    assert no_answer(own) is own
    other = no_answer(OSError("secret"))
    assert type(other) is UpstreamError
    assert other.effect == "unknown"
    assert other.detail == "The cloud's answer cannot be read."


def test_without_a_role_nothing_is_sent(server: ScriptedServer, settings: Settings) -> None:
    assert type(sent(settings, FunctionRole({}))[0]) is Misconfigured
    assert server.asked == []


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (59_000, "59")]
)
def test_a_rate_limit_says_when_to_come_back(retry_after: int, seconds: str) -> None:
    """The SDK has it in milliseconds."""
    fault = SimpleNamespace(code="Some.Code", status_code=400, retry_after=retry_after)
    client = Client(VOD_SERVICE, Settings(), FunctionRole({}))
    refused = client._refused(fault, {})
    assert type(refused) is Throttled
    assert refused.headers == {"Retry-After": seconds}


@pytest.mark.parametrize(
    ("code", "status", "kind", "effect"),
    [
        ("ServiceUnavailable", 503, Unavailable, "unknown"),
        ("InternalError", 500, UpstreamError, "unknown"),
        ("Throttling.User", 503, Throttled, "none"),
        ("Some.Code", 429, Throttled, "none"),
    ],
)
def test_a_server_error_that_says_when_to_come_back_may_have_had_an_effect(
    code: str, status: int, kind: type[Upstream], effect: str
) -> None:
    fault = SimpleNamespace(code=code, status_code=status, retry_after=2500)
    refused = Client(VOD_SERVICE, Settings(), FunctionRole({}))._refused(fault, {})
    assert isinstance(refused, Upstream)
    assert (type(refused), refused.effect) == (kind, effect)
    if kind is Throttled:
        assert refused.headers == {"Retry-After": "3"}


def test_the_operation_of_a_service_is_that_of_the_sdk(
    settings: Settings, role: FunctionRole
) -> None:
    """Whatever the case of its name: URLs, AI and digits too."""
    called = []

    class Sdk:
        def do_request(self) -> None:
            """Replaced by the client."""

        def get_ai_thing2_list_with_options(self, request: Any, options: Any) -> Any:
            called.append((request, options.read_timeout))
            body = SimpleNamespace(to_map=lambda: {"RequestId": "A"})
            return SimpleNamespace(body=body, headers={"a": "b"})

    models = SimpleNamespace(GetAiThing2ListRequest=lambda **fields: fields)
    service = Service(lambda: models, lambda _: Sdk(), lambda _: "host", lambda *_: None)
    client = Client(service, settings, role)
    assert client.send("GetAiThing2List", {"a": 1}, 0.0001, []) == ({"RequestId": "A"}, {"a": "b"})
    assert called == [({"a": 1}, 1)], "a millisecond at least: 0 would mean no limit"


def assumed(settings: Settings, role: FunctionRole) -> Any:
    session = Session(Client(STS_SERVICE, settings, role), time.monotonic() + 5, retries=0)
    return Sts(session).assume_role("acs:ram::1:role/a", "alice-b", '{"Version":"1"}', 900)


def test_an_sts_token_is_asked_for_by_role_name_policy_and_duration(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    server.say(reply({"RequestId": "A", "Credentials": CREDENTIALS}, headers=DATE))
    token = assumed(settings, role)
    [asked] = server.asked
    given = parse_qs(asked.target.partition("?")[2]) | parse_qs(asked.body.decode())
    assert given == {
        "RoleArn": ["acs:ram::1:role/a"],
        "RoleSessionName": ["alice-b"],
        "Policy": ['{"Version":"1"}'],
        "DurationSeconds": ["900"],
    }
    assert asked.headers["x-acs-action"] == "AssumeRole"
    assert (token.access_key_id, token.access_key_secret) == ("STS.other", "other-secret")
    assert (token.security_token, token.expiration) == ("other-token", CREDENTIALS["Expiration"])
    assert token.expires_in == 900
    assert "other-secret" not in repr(token)
    assert "other-token" not in repr(token)


def test_a_token_that_has_expired_by_the_clock_of_sts_lives_no_second(
    server: ScriptedServer, settings: Settings, role: FunctionRole
) -> None:
    late = {"Date": "Fri, 15 Jan 2027 09:00:00 GMT"}
    server.say(reply({"Credentials": CREDENTIALS}, headers=late))
    assert parsedate_to_datetime(late["Date"])
    assert assumed(settings, role).expires_in == 0


@pytest.mark.parametrize(
    "credentials",
    [
        None,
        {},
        *({**CREDENTIALS, name: odd} for name in CREDENTIALS for odd in ("", None)),
        {**CREDENTIALS, "Expiration": "soon"},
    ],
)
def test_an_incomplete_token_is_no_token(
    server: ScriptedServer, settings: Settings, role: FunctionRole, credentials: Any
) -> None:
    server.say(reply({"Credentials": credentials}, headers=DATE))
    with pytest.raises(UpstreamError) as raised:
        assumed(settings, role)
    names = ("Credentials", "an Expiration")
    texts = {f"STS's answer lacks {name}." for name in names}
    texts |= {f"The cloud's answer lacks {name}." for name in CREDENTIALS}
    assert raised.value.detail in texts

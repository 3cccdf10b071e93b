"""The gateway answers any request with an error of its own and never fails."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import JsonReply, Vod, post_control, rpc_parameters, send

CASES = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ODD = st.sampled_from(
    ["", " ", "0", "-1", "1e9", "true", "null", "[]", "{}", "\x00", "\n", "a,b", ",", "Normal"]
)
NAMES = st.sampled_from(
    """Title FileName FileSize Description Tags CoverURL CateId TemplateGroupId WorkflowId
    StorageLocation AppId UserData ReferenceId VideoId VideoIds ReferenceIds AuthInfoTimeout
    ApiVersion AuthInfo AuthTimeout Formats Definition StreamType OutputType ResultType PlayConfig
    ReAuthInfo PageNo PageSize SortBy StartTime EndTime Status Match Fields SearchType ScrollToken
    AdditionType EnableFirstFrameCover RoleArn RoleSessionName Policy DurationSeconds""".split()
)
ACTIONS = st.sampled_from(
    """CreateUploadVideo RefreshUploadVideo GetVideoInfo GetVideoInfos GetMezzanineInfo
    GetVideoPlayAuth GetPlayInfo GetVideoList SearchMedia DeleteVideo""".split()
)
PROTOCOL = st.sampled_from(
    """Action Version Format AccessKeyId SignatureMethod SignatureVersion SignatureNonce
    SignatureType Timestamp Signature SecurityToken RegionId""".split()
)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
HEADERS = st.sampled_from(
    """Authorization x-acs-action x-acs-version x-acs-date x-acs-signature-nonce
    x-acs-content-sha256 x-acs-security-token x-acs-accesskey-id Content-Type Accept""".split()
)


def check(reply: JsonReply) -> None:
    assert reply.status < 500
    assert reply.headers["x-acs-request-id"]
    if reply.headers["Content-Type"].startswith("application/json"):
        assert isinstance(json.loads(reply.body), dict)


def test_signed(cloud: FakeCloud, vod: Vod) -> None:
    vod.normal(reference_id="mark-0001")

    @CASES
    @given(
        ACTIONS, st.dictionaries(NAMES, ODD | TEXT, max_size=6), st.sampled_from(["JSON", "XML"])
    )
    def run(action: str, fields: dict[str, str], form: str) -> None:
        changes: dict[str, Any] = {**fields, "Format": form}
        query = urlencode(rpc_parameters(cloud.admin, action, **changes))
        reply = send(cloud, "GET", "/?" + query)
        check(reply)
        assert b"SignatureDoesNotMatch" not in reply.body

    run()


def test_unsigned(cloud: FakeCloud) -> None:
    @CASES
    @given(
        st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
        st.lists(st.tuples(PROTOCOL | NAMES, ODD | TEXT), max_size=8),
        st.dictionaries(HEADERS, PRINTABLE, max_size=4),
        st.none() | st.binary(max_size=60),
    )
    def run(
        method: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes | None
    ) -> None:
        if headers.get("Authorization", "").startswith("OSS"):
            del headers["Authorization"]
        headers = {"Host": f"vod.localhost:{cloud.port}", **headers}
        reply = send(cloud, method, "/?" + urlencode(query, quote_via=quote), headers, body)
        if method == "HEAD":
            assert 400 <= reply.status < 500
        else:
            check(reply)

    run()
    assert cloud.vod.library.all() == []


def test_control(cloud: FakeCloud) -> None:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=5,
    )
    keys = st.sampled_from(["advance", "service", "action", "kind", "count", "clear", "status"])

    @CASES
    @given(st.sampled_from(["clock", "faults", "reset"]), st.dictionaries(keys | TEXT, values))
    def run(route: str, body: dict[str, Any]) -> None:
        reply = post_control(cloud, route, body)
        assert reply.status in (200, 400)
        assert isinstance(json.loads(reply.body), dict)
        cloud.faults.clear()
        cloud.clock.reset()

    run()

"""OSS answers every request in its own form and never fails."""

from __future__ import annotations

import http.client
from urllib.parse import quote
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser_headers, sdk, send

PIECES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(
    """uploads uploadId partNumber append position acl objectMeta max-parts prefix marker
    encoding-type max-keys list-type continuation-token delimiter part-number-marker key-marker
    response-content-type OSSAccessKeyId Expires Signature security-token x-oss-signature
    x-oss-credential x-oss-date x-oss-expires x-oss-signature-version x-oss-process""".split()
)
HEADERS = st.sampled_from(
    """range if-match if-none-match if-modified-since content-md5 content-type x-oss-date date
    x-oss-forbid-overwrite x-oss-meta-a x-oss-security-token authorization x-oss-content-sha256
    origin access-control-request-method access-control-request-headers cache-control
    x-oss-range-behavior content-encoding""".split()
)
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
METHODS = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
CASES = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def check(
    cloud: FakeCloud,
    method: str,
    target: str,
    headers: dict[str, str],
    body: bytes | None,
) -> None:
    try:
        reply = send(cloud, method, target, headers, body)
    except http.client.HTTPException as error:
        raise AssertionError(f"no answer to {method}") from error
    assert reply.status != 500
    assert "x-oss-request-id" in reply.headers
    if reply.status >= 400 and method != "HEAD":
        root = ElementTree.fromstring(reply.body)  # noqa: S314 - our own server's answer
        assert root.tag == "Error"
        assert root.findtext("Code")
        assert root.findtext("Message")


def test_unsigned(cloud: FakeCloud) -> None:
    @CASES
    @given(
        METHODS,
        PIECES,
        st.dictionaries(NAMES, PIECES, max_size=4),
        st.dictionaries(HEADERS, ASCII, max_size=4),
        st.binary(max_size=50),
    )
    def run(
        method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        text = "&".join(f"{n}={quote(v, safe='')}" for n, v in query.items())
        check(cloud, method, f"/{BUCKET}/{quote(key)}?{text}", headers, body)

    run()
    assert cloud.storage.objects(BUCKET) == []


def test_signed(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("known", b"content")

    @CASES
    @given(
        METHODS,
        st.one_of(st.just("known"), PIECES),
        st.dictionaries(NAMES, PIECES, max_size=3),
        st.dictionaries(HEADERS, ASCII, max_size=3),
        st.binary(max_size=50),
    )
    def run(
        method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> None:
        text = "&".join(f"{n}={quote(v, safe='')}" for n, v in query.items())
        extra = {n: v for n, v in headers.items() if n not in ("authorization", "x-oss-date")}
        signed = browser_headers(owner, method, key, query=query, headers=extra)
        check(cloud, method, f"/{BUCKET}/{quote(key)}?{text}", signed, body)

    run()

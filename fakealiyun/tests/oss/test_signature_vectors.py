"""Examples of every signature form, and comparison with the official signers."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import oss2
import pytest
from alibabacloud_oss_v2 import signer, types
from alibabacloud_oss_v2.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from fakealiyun.oss import signature_v1, signature_v4
from fakealiyun.oss.incoming_file import crc64

SECRET = "exampleSecret"
DATE = "Tue, 24 Nov 2026 08:00:00 GMT"
PART = (("partNumber", "1"), ("uploadId", "UP1"))
TYPE = ("content-type", "video/mp4")
TOKEN = ("x-oss-security-token", "exampleToken")
POLICY = base64.b64encode(
    b'{"expiration":"2026-11-24T09:00:00.000Z",'
    b'"conditions":[{"bucket":"examplebucket"},["starts-with","$key","u/42/"]]}'
)


def v1(*headers: tuple[str, str], date: str = DATE) -> str:
    message = signature_v1.string_to_sign(
        "PUT", "examplebucket", "dir/a b.mp4", date=date, headers=headers, query=PART
    )
    return signature_v1.signature(SECRET, message)


def test_v1_header_with_date() -> None:
    message = signature_v1.string_to_sign(
        "PUT", "examplebucket", "dir/a b.mp4", date=DATE, headers=(TYPE, TOKEN), query=PART
    )
    assert message.decode() == (
        f"PUT\n\nvideo/mp4\n{DATE}\nx-oss-security-token:exampleToken\n"
        "/examplebucket/dir/a b.mp4?partNumber=1&uploadId=UP1"
    )
    assert v1(TYPE, TOKEN) == "rWSaHRWeMs8pN+4Bo8jm/oOirtY="


def test_v1_header_with_x_oss_date() -> None:
    assert v1(TYPE, TOKEN, ("x-oss-date", DATE)) == "4gu4irbSEndprkgOWZW6YjBfCNA="


def test_v1_signed_url() -> None:
    message = signature_v1.string_to_sign(
        "PUT",
        "examplebucket",
        "a.mp4",
        date="1795507800",
        headers=(),
        query=[("Expires", "1795507800"), ("security-token", "exampleToken")],
    )
    assert signature_v1.signature(SECRET, message) == "r66+l6mtWu/jlL+JeYbf6LqvF3E="


def test_v4_header() -> None:
    canonical = signature_v4.canonical_request(
        "PUT",
        "examplebucket",
        "dir/a b.mp4",
        headers=(
            TYPE,
            TOKEN,
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", "20261124T080000Z"),
            ("host", "examplebucket.oss-cn-shanghai.aliyuncs.com"),
        ),
        query=reversed(PART),
    )
    assert canonical.decode() == (
        "PUT\n/examplebucket/dir/a%20b.mp4\npartNumber=1&uploadId=UP1\n"
        "content-type:video/mp4\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n"
        "x-oss-date:20261124T080000Z\nx-oss-security-token:exampleToken\n\n\nUNSIGNED-PAYLOAD"
    )
    digest = "c48a2fe02431faa9033efc0554be0dd769860e66899545f5fdfb2612fb478b59"
    assert hashlib.sha256(canonical).hexdigest() == digest
    key = signature_v4.signing_key(SECRET, "20261124", "cn-shanghai")
    assert key.hex() == "ce20d07fc444ab79f141a5d40312d9973a9ec4aa07239659d9b119ef7a6cc2ad"
    message = signature_v4.string_to_sign("20261124T080000Z", "cn-shanghai", canonical)
    assert signature_v4.signature(SECRET, "20261124", "cn-shanghai", message) == (
        "4431857d23b07ee9ce6b97732c72a148e9249886bc98b96347721b41b2f61e6b"
    )


def test_v4_signed_url() -> None:
    canonical = signature_v4.canonical_request(
        "PUT",
        "examplebucket",
        "a.mp4",
        headers=(),
        query=(
            ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
            ("x-oss-credential", "STS.exampleAK/20261124/cn-shanghai/oss/aliyun_v4_request"),
            ("x-oss-date", "20261124T080000Z"),
            ("x-oss-expires", "600"),
            ("x-oss-security-token", "exampleToken"),
        ),
    )
    message = signature_v4.string_to_sign("20261124T080000Z", "cn-shanghai", canonical)
    assert signature_v4.signature(SECRET, "20261124", "cn-shanghai", message) == (
        "a9a5f338d7518196bfdea4df4b3c545a0c0ce9feb56739fd8ade08818f378c58"
    )


def test_post_policy() -> None:
    assert signature_v1.signature(SECRET, POLICY) == "kKg7eUwbq9pIsvwqwnfpi5N7Y+s="
    assert signature_v4.signature(SECRET, "20261124", "cn-shanghai", POLICY) == (
        "03e2f6a780ab9b9688b592a5424ea4039e5d0039968d665a0e8ba5c88e62f80b"
    )


def test_crc64_check_value() -> None:
    assert crc64(b"123456789") == 11051210869376104954
    assert crc64(b"6789", crc64(b"12345")) == crc64(b"123456789")
    assert crc64(b"") == 0


KEYS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)


@given(
    key=KEYS,
    upload=VALUES,
    marker=VALUES,
    content_type=VALUES,
    note=VALUES,
    version=st.sampled_from(["v1", "v4"]),
)
def test_oss2_signs_the_same(
    key: str, upload: str, marker: str, content_type: str, note: str, version: str
) -> None:
    params = {"uploadId": upload, "part-number-marker": marker, "tagging": ""}
    request = oss2.http.Request(
        "PUT",
        "http://unused.example",
        params=params,
        headers={"content-type": content_type, "x-oss-meta-note": note},
    )
    request.region, request.product, request.cloudbox_id = "cn-shanghai", "oss", None
    oss2.StsAuth("AK", SECRET, "token+/=", auth_version=version)._sign_request(request, "bkt", key)
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    theirs = request.headers["authorization"]
    if version == "v1":
        message = signature_v1.string_to_sign(
            "PUT",
            "bkt",
            key,
            date=request.headers["date"],
            headers=headers,
            query=params.items(),
        )
        assert theirs == f"OSS AK:{signature_v1.signature(SECRET, message)}"
        return
    date_time = request.headers["x-oss-date"]
    canonical = signature_v4.canonical_request(
        "PUT", "bkt", key, headers=headers, query=params.items()
    )
    message = signature_v4.string_to_sign(date_time, "cn-shanghai", canonical)
    ours = signature_v4.signature(SECRET, date_time[:8], "cn-shanghai", message)
    assert f"Signature={ours}" in theirs


@given(key=KEYS, prefix=VALUES)
@pytest.mark.parametrize("by_query", [False, True])
def test_oss_v2_signs_the_same(by_query: bool, key: str, prefix: str) -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=timezone.utc)
    request = types.HttpRequest(
        "GET",
        f"http://h/{quote(key, safe='/~')}?prefix={quote(prefix, safe='')}",
        headers={"X-Oss-Meta-Note": "n", "Range": "bytes=0-1"},
    )
    context = types.SigningContext(
        product="oss",
        region="cn-shanghai",
        bucket="bkt",
        key=key,
        request=request,
        credentials=Credentials("AK", SECRET, "token+/="),
        signing_time=at,
        additional_headers={"range"},
    )
    context.auth_method_query = by_query
    context.expiration_time = at + timedelta(seconds=600)
    signer.SignerV4().sign(context)
    query = [("prefix", prefix)]
    if by_query:
        query += [
            ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
            ("x-oss-date", "20261124T080000Z"),
            ("x-oss-expires", "600"),
            ("x-oss-credential", "AK/20261124/cn-shanghai/oss/aliyun_v4_request"),
            ("x-oss-security-token", "token+/="),
            ("x-oss-additional-headers", "range"),
        ]
    canonical = signature_v4.canonical_request(
        "GET",
        "bkt",
        key,
        headers=[(name.lower(), value) for name, value in request.headers.items()],
        query=query,
        additional=("range",),
    )
    ours = signature_v4.signature(
        SECRET,
        "20261124",
        "cn-shanghai",
        signature_v4.string_to_sign("20261124T080000Z", "cn-shanghai", canonical),
    )
    theirs = request.url if by_query else request.headers["Authorization"]
    assert theirs.endswith(f"ignature={ours}")

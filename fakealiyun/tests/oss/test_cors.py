"""Cross-origin rules: the headers for a browser, on success and on every error."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import CorsRule
from fakealiyun.oss.cors import first_match
from fakealiyun.testing.oss import ASKED, BUCKET, PAGE, browser, browser_headers, preflight, send
from tests.oss.conftest import Issue


@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE", "HEAD"])
def test_a_preflight_of_vods_bucket(cloud: FakeCloud, method: str) -> None:
    port = cloud.endpoint.partition(":")[2]
    replies = [
        preflight(cloud, f"/{cloud.vod.bucket}/sv/a.mp4", method),
        preflight(cloud, f"/{BUCKET}/sv/a.mp4", method),
        preflight(cloud, "/sv/a.mp4?partNumber=1&uploadId=U", method),
        preflight(cloud, "/a.mp4", method, host=f"{BUCKET}.oss.localhost:{port}"),
    ]
    for reply in replies:
        assert (reply.status, reply.body) == (200, b"")
        allowed = reply.headers
        assert allowed["access-control-allow-origin"] == "*"
        assert method in allowed["access-control-allow-methods"].split(", ")
        assert allowed["access-control-allow-headers"].split(", ") == ASKED.split(",")
        assert int(allowed["access-control-max-age"]) >= 600
        assert allowed["access-control-expose-headers"] == "ETag, x-oss-request-id"


def test_every_answer_can_be_read_by_the_page(
    cloud: FakeCloud, owner: Credential, issue: Issue
) -> None:
    from_page = {"Origin": PAGE}
    expiring = issue(lifetime=900)
    put = browser(cloud, owner, "PUT", "a.mp4", b"x", headers=from_page)
    got = browser(cloud, owner, "GET", "a.mp4", headers=from_page)
    part = browser(cloud, owner, "GET", "a.mp4", headers={**from_page, "range": "bytes=0-0"})
    missing = browser(cloud, owner, "GET", "none.mp4", headers=from_page)
    no_upload = browser(
        cloud,
        owner,
        "PUT",
        "a.mp4",
        b"x",
        headers=from_page,
        query={"partNumber": "1", "uploadId": "none"},
    )
    wrong = browser(cloud, owner, "PUT", "a.mp4", b"x", headers=from_page, signed_key="b")
    denied = browser(cloud, issue(f"{BUCKET}/b"), "PUT", "a.mp4", b"x", headers=from_page)
    anonymous = send(cloud, "GET", "/a.mp4", from_page)
    malformed = send(cloud, "GET", "/a.mp4", {**from_page, "authorization": "nonsense"})
    skewed = send(
        cloud, "GET", "/a.mp4", {**browser_headers(owner, "GET", "a.mp4", at=0), **from_page}
    )
    unsupported = browser(cloud, owner, "GET", "a.mp4", headers=from_page, query={"symlink": ""})
    deleted = browser(cloud, owner, "DELETE", "a.mp4", headers=from_page)
    cloud.clock.advance(901)
    expired = browser(cloud, expiring, "PUT", "a.mp4", b"x", headers=from_page)
    replies = {
        200: [put, got],
        204: [deleted],
        206: [part],
        400: [malformed],
        403: [wrong, denied, anonymous, skewed, expired],
        404: [missing, no_upload],
        501: [unsupported],
    }
    for status, group in replies.items():
        for reply in group:
            assert reply.status == status, reply.body
            assert reply.headers["access-control-allow-origin"] == "*"
            exposed = reply.headers["access-control-expose-headers"].split(", ")
            assert {"ETag", "x-oss-request-id"} <= set(exposed)
            if status >= 400:
                assert reply.element("Message")


def test_without_an_origin_nothing_is_said(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4", b"x")
    assert not [name for name in reply.headers if name.startswith("access-control")]


class TestCustomersBucket:
    """A bucket outside VOD has only the rules that its owner set."""

    RULES = (
        CorsRule(("https://first.example",), ("GET",), ("*",), ("ETag",), 60),
        CorsRule(("https://*.example",), ("GET", "PUT"), ("authorization", "x-oss-*")),
    )

    def test_no_rules(self, cloud: FakeCloud, owner: Credential) -> None:
        cloud.storage.create_bucket("customers", "cn-shanghai")
        reply = preflight(cloud, "/customers/a.mp4")
        assert (reply.status, reply.code) == (403, "AccessForbidden")
        simple = browser(
            cloud, owner, "PUT", "a", b"x", bucket="customers", headers={"Origin": PAGE}
        )
        assert simple.status == 200
        assert "access-control-allow-origin" not in simple.headers

    @pytest.mark.parametrize(
        ("origin", "method", "asked", "allowed"),
        [
            ("https://first.example", "GET", "anything", "https://first.example"),
            ("https://first.example", "PUT", "authorization", "https://first.example"),
            ("https://first.example", "PUT", "anything", None),
            (
                "https://second.example",
                "PUT",
                "Authorization, X-OSS-Date",
                "https://second.example",
            ),
            ("https://second.example", "DELETE", "", None),
            ("https://example", "GET", "", None),
            ("http://second.example", "GET", "", None),
            ("https://second.example.evil", "GET", "", None),
            ("null", "GET", "", None),
        ],
    )
    def test_the_first_rule_that_matches_decides(
        self, cloud: FakeCloud, origin: str, method: str, asked: str, allowed: str | None
    ) -> None:
        cloud.storage.create_bucket("customers", "cn-shanghai", cors=self.RULES)
        reply = preflight(cloud, "/customers/a", method, origin=origin, asked=asked)
        assert reply.status == (403 if allowed is None else 200)
        assert reply.headers.get("access-control-allow-origin") == allowed
        if allowed is not None:
            assert reply.headers["vary"] == "Origin"

    def test_which_rule_is_first(self) -> None:
        rule = first_match(self.RULES, "https://first.example", "GET")
        assert rule is self.RULES[0]
        assert first_match(self.RULES, "https://first.example", "PUT") is self.RULES[1]
        assert first_match(self.RULES, "https://first.example", "DELETE") is None

    @pytest.mark.parametrize(
        ("origin", "allowed"), [("ab", False), ("abb", True), ("ab.b", True), ("ab.", False)]
    )
    def test_both_ends_of_a_pattern_count(self, origin: str, allowed: bool) -> None:
        rules = (CorsRule(("ab*b",), ("GET",)),)
        assert (first_match(rules, origin, "GET") is not None) is allowed


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": PAGE}, {"Access-Control-Request-Method": "PUT"}]
)
def test_a_preflight_that_asks_nothing(cloud: FakeCloud, headers: Mapping[str, str]) -> None:
    reply = send(cloud, "OPTIONS", f"/{BUCKET}/a.mp4", headers)
    assert (reply.status, reply.code) == (403, "AccessForbidden")


def test_a_preflight_of_an_unknown_bucket(cloud: FakeCloud) -> None:
    port = cloud.endpoint.partition(":")[2]
    reply = preflight(cloud, "/a.mp4", host=f"nobodys.oss.localhost:{port}")
    assert (reply.status, reply.code) == (404, "NoSuchBucket")


def test_a_bucketless_preflight_is_for_the_bucket_that_holds_the_key(
    cloud: FakeCloud, owner: Credential
) -> None:
    strict = (CorsRule(("https://only.example",), ("PUT",), ("*",)),)
    cloud.storage.create_bucket("customers", "cn-shanghai", cors=strict)
    browser(cloud, owner, "PUT", "held.mp4", b"x", bucket="customers")
    reply = preflight(cloud, "/held.mp4", origin="https://only.example")
    assert reply.headers["access-control-allow-origin"] == "https://only.example"
    assert preflight(cloud, "/held.mp4", origin=PAGE).code == "AccessForbidden"

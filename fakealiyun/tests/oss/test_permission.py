"""Permissions: role policy and session policy, by object and by operation."""

from __future__ import annotations

import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role
from fakealiyun.testing.oss import BUCKET, browser, sdk
from tests.oss.conftest import Issue

KEY = "sv/1-2/1-2.mp4"
SESSION_POLICY_REFUSED = "0003-00000301"


def test_an_upload_credential_is_for_one_object(
    cloud: FakeCloud, issue: Issue, version: str
) -> None:
    bucket = sdk(cloud, issue(f"{BUCKET}/{KEY}"), version)
    assert bucket.put_object(KEY, b"mine").status == 200
    for other in ("sv/1-2/1-2.mp", KEY + "x", "other.mp4", "sv/1-2/../1-2/1-2.mp4", KEY.upper()):
        with pytest.raises(oss2.exceptions.AccessDenied) as caught:
            bucket.put_object(other, b"theirs")
        assert caught.value.details["EC"] == SESSION_POLICY_REFUSED
        assert cloud.storage.get(BUCKET, other) is None


def test_an_upload_credential_cannot_take_up_anothers_upload(
    cloud: FakeCloud, owner: Credential, issue: Issue
) -> None:
    theirs = sdk(cloud, owner).init_multipart_upload("theirs.mp4").upload_id
    mine = sdk(cloud, issue(f"{BUCKET}/{KEY}"))
    with pytest.raises(oss2.exceptions.AccessDenied):
        mine.upload_part("theirs.mp4", theirs, 1, b"x")
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        mine.upload_part(KEY, theirs, 1, b"x")
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        mine.abort_multipart_upload(KEY, theirs)
    assert sdk(cloud, owner).list_parts("theirs.mp4", theirs).parts == []


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("HEAD", {"objectMeta": ""}),
        ("DELETE", {}),
    ],
)
def test_an_upload_credential_does_nothing_else(
    cloud: FakeCloud, issue: Issue, method: str, query: dict[str, str]
) -> None:
    credential = issue(f"{BUCKET}/{KEY}")
    sdk(cloud, credential).put_object(KEY, b"mine")
    reply = browser(cloud, credential, method, KEY, query=query)
    assert reply.status == 403
    assert reply.headers["x-oss-ec"] == SESSION_POLICY_REFUSED
    assert cloud.storage.get(BUCKET, KEY) is not None


@pytest.mark.parametrize(
    ("action", "method", "query", "status"),
    [
        ("oss:PutObject", "PUT", {}, 200),
        ("oss:PutObject", "POST", {"uploads": ""}, 200),
        ("oss:PutObject", "POST", {"append": "", "position": "0"}, 409),
        ("oss:PutObject", "PUT", {"partNumber": "1", "uploadId": "none"}, 404),
        ("oss:PutObject", "POST", {"uploadId": "none"}, 404),
        ("oss:ListParts", "GET", {"uploadId": "none"}, 404),
        ("oss:AbortMultipartUpload", "DELETE", {"uploadId": "none"}, 404),
        ("oss:GetObject", "GET", {}, 200),
        ("oss:GetObject", "HEAD", {}, 200),
        ("oss:HeadObject", "HEAD", {}, 200),
        ("oss:GetObject", "HEAD", {"objectMeta": ""}, 200),
        ("oss:GetObjectMeta", "HEAD", {"objectMeta": ""}, 200),
        ("oss:DeleteObject", "DELETE", {}, 204),
    ],
)
def test_each_operation_needs_its_own_action(
    cloud: FakeCloud,
    owner: Credential,
    issue: Issue,
    action: str,
    method: str,
    query: dict[str, str],
    status: int,
) -> None:
    sdk(cloud, owner).put_object(KEY, b"content")
    body = b"x" if method in ("PUT", "POST") else None
    others = {
        "oss:PutObject",
        "oss:ListParts",
        "oss:AbortMultipartUpload",
        "oss:GetObject",
        "oss:DeleteObject",
        "oss:ListObjects",
    } - {action}
    if method == "HEAD":
        others.discard("oss:GetObject")
    without = issue(f"{BUCKET}/{KEY}", actions=tuple(sorted(others)))
    assert browser(cloud, without, method, KEY, body, query=query).status == 403
    just = issue(f"{BUCKET}/{KEY}", actions=(action,))
    assert browser(cloud, just, method, KEY, body, query=query).status == status


def test_listing_needs_the_bucket(cloud: FakeCloud, issue: Issue) -> None:
    wanted = ("oss:ListObjects", "oss:ListMultipartUploads")
    with pytest.raises(oss2.exceptions.AccessDenied):
        sdk(cloud, issue(f"{BUCKET}/*", actions=wanted)).list_objects()
    bucket = sdk(cloud, issue(BUCKET, actions=wanted))
    assert bucket.list_objects().object_list == []
    assert bucket.list_multipart_uploads().upload_list == []


def test_a_policy_may_ask_for_a_prefix(cloud: FakeCloud, issue: Issue) -> None:
    condition = {"StringLike": {"oss:Prefix": "u/42/*"}}
    bucket = sdk(cloud, issue(BUCKET, actions=("oss:ListObjects",), condition=condition))
    assert bucket.list_objects(prefix="u/42/").object_list == []
    for prefix in ("", "u/43/"):
        with pytest.raises(oss2.exceptions.AccessDenied):
            bucket.list_objects(prefix=prefix)


def test_a_policy_may_ask_for_tls(cloud: FakeCloud, issue: Issue) -> None:
    for secure, allowed in (("true", False), ("false", True)):
        condition = {"Bool": {"acs:SecureTransport": secure}}
        credential = issue(f"{BUCKET}/{KEY}", condition=condition)
        assert (browser(cloud, credential, "PUT", KEY, b"x").status == 200) is allowed


def test_a_role_without_policies_may_do_nothing(cloud: FakeCloud) -> None:
    role = assumed_role(cloud.account_id, "nobody", "300000000000000002", "s")
    bucket = sdk(cloud, cloud.identities.issue(role, (), 900))
    with pytest.raises(oss2.exceptions.AccessDenied) as caught:
        bucket.put_object(KEY, b"x")
    assert caught.value.details["EC"] == "0003-00000001"


def test_a_denial_outweighs_the_other_action_of_an_operation(cloud: FakeCloud) -> None:
    policy = Policy.parse(
        {
            "Version": "1",
            "Statement": [
                {"Effect": "Allow", "Action": "oss:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "oss:GetObject", "Resource": "*"},
            ],
        }
    )
    role = assumed_role(cloud.account_id, "writer", "300000000000000003", "s")
    credential = cloud.identities.issue(role, (policy,), 900)
    assert browser(cloud, credential, "PUT", KEY, b"x").status == 200
    assert browser(cloud, credential, "HEAD", KEY).status == 403


def test_a_key_cannot_pose_as_a_pattern(cloud: FakeCloud, issue: Issue) -> None:
    credential = issue(f"{BUCKET}/u/42/a.mp4")
    for key in ("u/42/*", "u/*/a.mp4", "?/42/a.mp4", "*"):
        assert browser(cloud, credential, "PUT", key, b"x").code == "AccessDenied"


def test_the_bucket_of_a_policy_is_the_one_addressed(cloud: FakeCloud, issue: Issue) -> None:
    cloud.storage.create_bucket("second-bucket", "cn-shanghai")
    credential = issue(f"{BUCKET}/{KEY}")
    reply = browser(cloud, credential, "PUT", KEY, b"x", bucket="second-bucket")
    assert (reply.status, reply.code) == (403, "AccessDenied")

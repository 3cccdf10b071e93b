"""A cloud with one bucket for each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss.cors import VOD_BUCKET_RULES
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role
from fakealiyun.testing.oss import BUCKET

UPLOAD_ACTIONS = ("oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The signer of oss2 calls a function that is deprecated in Python 3.12."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
            )


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[FakeCloud]:
    with FakeCloud(data_dir=tmp_path / "cloud", mapped_hosts=("*.aliyuncs.com",)) as running:
        running.storage.create_bucket(BUCKET, "cn-shanghai", cors=VOD_BUCKET_RULES)
        yield running


Issue = Callable[..., Credential]


@pytest.fixture
def issue(cloud: FakeCloud) -> Issue:
    """Issue a role session. The default allows everything for an hour."""

    def make(
        *resources: str,
        actions: tuple[str, ...] = UPLOAD_ACTIONS,
        lifetime: float = 3600,
        condition: Mapping[str, Any] | None = None,
    ) -> Credential:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": [f"acs:oss:*:*:{resource}" for resource in resources],
        }
        if condition:
            statement["Condition"] = condition
        session = Policy.parse({"Version": "1", "Statement": [statement]}) if resources else None
        return cloud.identities.issue(
            assumed_role(cloud.account_id, "uploader", "300000000000000001", "test"),
            (ALL,),
            lifetime,
            session_policy=session,
        )

    return make


ALL = Policy.parse(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


PassTime = Callable[[float], None]


@pytest.fixture
def pass_time(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """Move the wall clock of the cloud forward by seconds. Cloud time stays."""

    def later(seconds: float) -> None:
        monkeypatch.setattr(cloud.clock, "wall", lambda: time.time() + seconds)

    return later


@pytest.fixture
def owner(issue: Issue) -> Credential:
    """A session without a session policy: everything is allowed."""
    return issue()


def newer_sdk(cloud: FakeCloud, credential: Credential, *, once: bool = False) -> oss_v2.Client:
    """A client of alibabacloud-oss-v2, which signs with V4. `once`: it does not retry."""
    config = oss_v2.config.load_default()
    config.credentials_provider = oss_v2.credentials.StaticCredentialsProvider(
        credential.access_key_id, credential.access_key_secret, credential.security_token
    )
    config.region, config.endpoint = "cn-shanghai", cloud.url
    config.retry_max_attempts = 1 if once else None
    return oss_v2.Client(config)


@pytest.fixture(params=["v1", "v4"])
def version(request: pytest.FixtureRequest) -> str:
    """Both signature versions."""
    return str(request.param)

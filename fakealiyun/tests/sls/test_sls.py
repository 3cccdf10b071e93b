"""Simple Log Service through its official client: projects, stores, indexes and lines."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from darabonba.runtime import RuntimeOptions

from fakealiyun import FakeCloud
from fakealiyun.sls.state import Line

from .conftest import client, code_of

WORDS = {"token": [",", " "], "caseSensitive": False}


def make_project(sls: Client, name: str = "shop-logs", description: str = "of the shop") -> None:
    sls.create_project(models.CreateProjectRequest(project_name=name, description=description))


def make_store(sls: Client, name: str = "vodpass", **more: Any) -> None:
    given = {"ttl": 30, "shard_count": 2, **more}
    sls.create_log_store("shop-logs", models.CreateLogStoreRequest(logstore_name=name, **given))


def make_index(sls: Client) -> None:
    sls.create_index("shop-logs", "vodpass", models.CreateIndexRequest(body=index()))


def index() -> models.Index:
    return models.Index().from_map({"line": WORDS})


def group(*lines: tuple[int, str], topic: str = "") -> models.PutLogsRequest:
    items = [
        {"Time": time, "Contents": [{"Key": "message", "Value": text}]} for time, text in lines
    ]
    tags = [{"Key": "host", "Value": "a"}]
    body = {"Topic": topic, "Source": "here", "LogTags": tags, "LogItems": items}
    return models.PutLogsRequest(body=models.LogGroup().from_map(body))


def search(sls: Client, query: str = "*", begin: int = 0, end: int = 2_000_000_000) -> Any:
    request = models.GetLogsRequest(from_=begin, to=end, query=query)
    return [one["message"] for one in sls.get_logs("shop-logs", "vodpass", request).body.data]


def test_a_project_is_created_read_changed_and_deleted(cloud: FakeCloud, sls: Client) -> None:
    make_project(sls)
    found = sls.get_project("shop-logs", models.GetProjectRequest()).body.to_map()
    assert (found["projectName"], found["description"]) == ("shop-logs", "of the shop")
    assert (found["owner"], found["region"]) == (cloud.account_id, cloud.region)
    sls.update_project("shop-logs", models.UpdateProjectRequest(description="another"))
    listed = sls.list_project(models.ListProjectRequest(project_name="shop")).body
    assert [one.description for one in listed.projects] == ["another"]
    assert code_of(make_project, sls) == "ProjectAlreadyExist"
    sls.delete_project("shop-logs", models.DeleteProjectRequest())
    for call in (sls.get_project, sls.delete_project):
        request = getattr(models, f"{'Get' if call == sls.get_project else 'Delete'}ProjectRequest")
        assert code_of(call, "shop-logs", request()) == "ProjectNotExist"


@pytest.mark.parametrize("name", ["ab", "-shop", "Shop", "a" * 64, "a_b"])
def test_names_of_projects(sls: Client, name: str) -> None:
    assert code_of(make_project, sls, name) == "ParameterInvalid"


def test_a_store_is_created_read_changed_and_deleted(sls: Client) -> None:
    assert code_of(make_store, sls) == "ProjectNotExist"
    make_project(sls)
    make_store(sls)
    assert code_of(make_store, sls) == "LogStoreAlreadyExist"
    found = sls.get_log_store("shop-logs", "vodpass").body.to_map()
    assert (found["ttl"], found["shardCount"], found["mode"]) == (30, 2, "standard")
    change = models.UpdateLogStoreRequest(logstore_name="vodpass", ttl=90)
    sls.update_log_store("shop-logs", "vodpass", change)
    assert sls.get_log_store("shop-logs", "vodpass").body.ttl == 90
    listed = sls.list_log_stores("shop-logs", models.ListLogStoresRequest()).body.to_map()
    assert listed == {"count": 1, "total": 1, "logstores": ["vodpass"]}
    sls.delete_log_store("shop-logs", "vodpass")
    assert code_of(sls.get_log_store, "shop-logs", "vodpass") == "LogStoreNotExist"


@pytest.mark.parametrize(
    "given", [{"ttl": 0}, {"ttl": 3651}, {"shard_count": 0}, {"ttl": None}, {"name": "A"}]
)
def test_what_a_store_may_be(sls: Client, given: dict[str, Any]) -> None:
    make_project(sls)
    with pytest.raises(Exception, match="ParameterInvalid"):
        make_store(sls, **given)


def test_an_index(sls: Client) -> None:
    make_project(sls)
    make_store(sls)
    assert code_of(sls.get_index, "shop-logs", "vodpass") == "IndexConfigNotExist"
    make_index(sls)
    assert code_of(make_index, sls) == "IndexAlreadyExist"
    assert sls.get_index("shop-logs", "vodpass").body.to_map()["line"]["token"] == [",", " "]
    sls.delete_index("shop-logs", "vodpass")
    assert code_of(sls.get_index, "shop-logs", "vodpass") == "IndexConfigNotExist"
    empty = models.CreateIndexRequest(body=models.Index())
    assert code_of(sls.create_index, "shop-logs", "vodpass", empty) == "ParameterInvalid"


@pytest.mark.parametrize("compression", ["", "deflate", "lz4", "zstd"])
def test_lines_are_kept_and_read_back(cloud: FakeCloud, sls: Client, compression: str) -> None:
    make_project(sls)
    make_store(sls)
    headers = models.PutLogsHeaders(x_log_compresstype=compression or None)
    lines = group((100, "first 你好"), (300, "third"), (200, "second"), topic="t")
    sls.put_logs_with_options("shop-logs", "vodpass", lines, headers, RuntimeOptions())
    kept = cloud.logs.projects["shop-logs"].stores["vodpass"].lines
    assert kept[0] == Line(100, {"message": "first 你好"}, "t", "here", {"host": "a"})
    request = models.GetLogsRequest(from_=0, to=1)
    assert code_of(sls.get_logs, "shop-logs", "vodpass", request) == "IndexConfigNotExist"
    make_index(sls)
    assert search(sls) == ["first 你好", "second", "third"]
    assert search(sls, begin=200, end=300) == ["second"]
    assert search(sls, "THIRD") == ["third"]
    assert search(sls, "third second") == []


def test_a_line_of_a_function(cloud: FakeCloud, sls: Client) -> None:
    make_project(sls)
    make_store(sls)
    make_index(sls)
    contents = {"message": "decided"}
    assert cloud.logs.write("shop-logs", "vodpass", contents, topic="vodpass-play")
    assert not cloud.logs.write("shop-logs", "absent", contents)
    assert search(sls) == ["decided"]


def test_another_query_language_is_refused(sls: Client) -> None:
    make_project(sls)
    make_store(sls)
    make_index(sls)
    with pytest.raises(Exception, match="NotSupported"):
        search(sls, "* | SELECT count(*)")


def test_permission_is_for_a_project_and_a_store(cloud: FakeCloud, sls: Client) -> None:
    make_project(sls)
    make_store(sls)
    own = f"acs:log:{cloud.region}:{cloud.account_id}:project/shop-logs/logstore/vodpass"
    statement = {"Effect": "Allow", "Action": "log:PostLogStoreLogs", "Resource": own}
    key = cloud.ram.add_user("writer", {"Version": "1", "Statement": [statement]})
    writer = client(cloud, key)
    writer.put_logs("shop-logs", "vodpass", group((1, "a")))
    assert code_of(writer.get_log_store, "shop-logs", "vodpass") == "Unauthorized"
    make_store(sls, "other")
    assert code_of(writer.put_logs, "shop-logs", "other", group((1, "a"))) == "Unauthorized"


def test_a_bad_signature_and_another_region(cloud: FakeCloud, sls: Client) -> None:
    make_project(sls)
    wrong = cloud.ram.add_user("wrong", allow_all())
    bad = client(cloud, type(wrong)(wrong.access_key_id, "x" * 30, wrong.principal, ()))
    request = models.GetProjectRequest()
    assert code_of(bad.get_project, "shop-logs", request) == "SignatureNotMatch"
    elsewhere = client(cloud, cloud.admin, "cn-beijing")
    assert code_of(elsewhere.get_project, "shop-logs", request) == "ProjectNotExist"


def allow_all() -> dict[str, Any]:
    return {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": "*"}],
    }


def test_a_reset_forgets_projects(cloud: FakeCloud, sls: Client) -> None:
    make_project(sls)
    cloud.reset()
    assert cloud.logs.projects == {}

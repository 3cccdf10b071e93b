"""It deletes what it created and nothing else, asks before it costs, and shows no secret."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from fakealiyun import FakeCloud
from fakealiyun.fact import Fact
from fakealiyun.facts import all_facts
from fakealiyun.openapi.types import ApiError
from fakealiyun.testing.vod import Vod, post_control
from fakealiyun.verify import command
from fakealiyun.verify.answers import ProbeError
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.redaction import Redaction
from fakealiyun.verify.run import Check
from fakealiyun.vod.settings import VodSettings
from tests.verify.conftest import Verify, environment, nothing_left, stand_in

FACT = Fact("vod.of_a_test", "A statement.", "guessed", "a test", "2026", probe="vod.of_a_test")


def check(*errors: Exception, cents: float = 0.0) -> tuple[Check, ...]:
    """A probe that creates a video, a queue and a bucket, and then may raise an error."""

    def run(bench: Bench) -> Observation:
        bench.video()
        bench.queue()
        bench.oss("PUT", bench.bucket(), "a.txt", content=b"a")
        for error in errors:
            raise error
        return {"fine": True}

    return (Check(FACT, Probe(run, creates="a video, a queue and a bucket", cents=cents)),)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ProbeError("no status"), "real: no status"),
        (ConnectionResetError("secret"), "real: ConnectionResetError"),
        (KeyError("secret"), "real: unexpected answer (KeyError)"),
    ],
)
def test_a_probe_that_fails_leaves_nothing(
    verify: Verify, cloud: FakeCloud, error: Exception, reason: str
) -> None:
    done = verify(cloud, "--run", checks=check(error))
    assert done.status == 3
    assert done.verdicts == {"vod.of_a_test": "not run"}
    assert reason in done.printed
    assert "secret" not in done.printed + done.json
    assert cloud.calls.of("vod", "DeleteVideo") == 1
    assert nothing_left(cloud)


def test_an_interrupted_probe_leaves_nothing(cloud: FakeCloud) -> None:
    def run(bench: Bench) -> Observation:
        bench.video()
        bench.queue()
        raise KeyboardInterrupt

    words = ["--run", "--against", cloud.endpoint]
    with pytest.raises(KeyboardInterrupt):
        command.main(words, environment(cloud), (Check(FACT, Probe(run)),))
    assert nothing_left(cloud)


def test_a_video_that_was_created_although_the_answer_was_lost(
    verify: Verify, cloud: FakeCloud
) -> None:
    fault = {"service": "vod", "action": "CreateUploadVideo", "kind": "reset_after", "count": 1}
    post_control(cloud, "faults", fault)
    assert verify(cloud, "--run", checks=check()).status == 3
    assert len(cloud.vod.library.all()) == 1
    assert verify(cloud, "clean", "--run").status == 0
    assert nothing_left(cloud)


def test_left_overs_are_found_and_deleted_and_nothing_else(
    verify: Verify, cloud: FakeCloud, vod: Vod
) -> None:
    titles = ["Mine", "fakealiyun-verify-mine", "About fakealiyun-verify-0123456789abcdef"]
    mine = [vod.create(title=title).video_id for title in titles]
    fault = {"service": "vod", "action": "DeleteVideo", "kind": "error", "count": 2}
    post_control(cloud, "faults", {**fault, "status": 500, "code": "InternalError"})
    done = verify(cloud, "--run", checks=check())
    assert done.status == 3
    assert "not deleted: a video" in done.printed
    assert "1 not deleted: run `fakealiyun verify clean`" in done.printed

    found = verify(cloud, "clean")
    assert (found.status, found.printed.count("found video ")) == (0, 1)
    assert found.printed.endswith("1 left over. --run deletes them.\n")
    assert len(cloud.vod.library.all()) == 4

    assert verify(cloud, "clean", "--run").printed.endswith("1 left over.\n")
    assert sorted(one.video_id for one in cloud.vod.library.all()) == sorted(mine)


def test_left_over_queues(verify: Verify, cloud: FakeCloud) -> None:
    fault = {"service": "mns", "action": "DeleteQueue", "kind": "error", "count": 2}
    post_control(cloud, "faults", {**fault, "status": 500, "code": "InternalError"})
    assert verify(cloud, "--run", checks=check()).status == 3
    post_control(cloud, "queues/fakealiyun-verify-mine/messages", {"body": "a"})
    done = verify(cloud, "clean", "--run")
    assert done.printed.count("deleted queue ") == 1
    assert [queue.name for queue in cloud.queues.all()] == ["fakealiyun-verify-mine"]


def test_left_over_buckets(verify: Verify, cloud: FakeCloud) -> None:
    fault = {"service": "oss", "action": "DeleteBucket", "kind": "error", "count": 2}
    post_control(cloud, "faults", {**fault, "status": 500, "code": "InternalError"})
    assert verify(cloud, "--run", checks=check()).status == 3
    mine = "fakealiyun-verify-0123456789abcdef-mine"
    cloud.storage.add_bucket(mine, cloud.region)
    done = verify(cloud, "clean", "--run")
    assert done.printed.count("deleted bucket ") == 1
    assert cloud.storage.bucket(mine) is not None
    cloud.storage.remove_bucket(mine)
    assert nothing_left(cloud)


def test_it_asks_before_it_can_cost_more_than_a_few_cents(
    verify: Verify, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    costly = check(cents=6)
    done = verify(cloud, "--run", checks=costly)
    assert done.status == 2
    assert "up to 6 US cents: --yes is needed" in done.errors
    assert cloud.calls.snapshot() == {}
    assert verify(cloud, "--run", "--yes", checks=costly).status == 0
    assert verify(cloud, "--run", checks=check(cents=5)).status == 0
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, status in (("no", 2), ("", 2), ("yes", 0)):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        assert verify(cloud, "--run", checks=costly).status == status


def test_the_report_has_no_secret_and_no_id(verify: Verify) -> None:
    secret, key_id, account = "planted-secret-0123456789", "LTAIplantedkey0123", "9876543210987654"

    def telling() -> ApiError:
        bucket = cloud.vod.bucket
        text = f"{secret} {key_id} {account} http://{bucket}.example.com/a?b {bucket}"
        return ApiError(400, "Telling", f"{text} acs:ram::{account}:user/admin")

    with stand_in(
        account_id=account,
        admin_access_key_id=key_id,
        admin_access_key_secret=secret,
        vod_settings=VodSettings(duplicate_reference_id=telling),
    ) as cloud:
        issued: list[str] = []
        create = cloud.identities.issue

        def issue(*words: object, **more: object) -> object:
            key = create(*words, **more)  # type: ignore[arg-type]
            issued.extend([key.access_key_id, key.access_key_secret, key.security_token or ""])
            return key

        cloud.identities.issue = issue  # type: ignore[assignment, method-assign]
        videos: list[str] = []
        cloud.vod.events.subscribe(
            lambda event: videos.append(event.body.get("VideoId") or event.body["MediaId"])
        )
        done = verify(cloud, "--run", "--only", "vod", "--only", "openapi", "--only", "sts")
        hidden = [secret, key_id, account, cloud.vod.bucket, cloud.endpoint, *issued, *videos]
    assert issued
    assert videos
    assert [at for at, _real, _fake in done.differences["vod.reference_id_taken"]] == [
        "code",
        "message",
    ]
    message = done.differences["vod.reference_id_taken"][1][1]
    assert message == "<credential> <credential> <account> <url> <bucket> <arn>"
    for text in (done.json, done.printed, done.errors):
        assert [value for value in hidden if value in text] == []
    assert "fakealiyun-verify-" not in done.json.replace("fakealiyun verify", "")


def test_statements_stay_readable_in_the_report(verify: Verify, cloud: FakeCloud) -> None:
    hidden = Redaction()
    assert [fact.id for fact in all_facts() if hidden.text(fact.id) != fact.id] == []
    report = json.loads(verify(cloud, "--run", checks=check()).json)
    assert {*report} == {"format", "fakealiyun", "date", "region", "results"}
    assert report["region"] == "cn-shanghai"
    assert report["results"][0]["statement"] == "A statement."


@pytest.mark.parametrize(
    "text",
    [
        "https://outin-1.oss-cn-shanghai.aliyuncs.com/sv/a.mp4?Signature=b",
        "vod.cn-shanghai.aliyuncs.com",
        "127.0.0.1:9001",
        "acs:ram::1234567890123456:role/a/b",
        "LTAI5tAbcdefghij",
        "STS.NTabcdefghij",
        "9F2E1D0C-1111-2222-3333-444455556666",
        "0123456789abcdef0123456789abcdef",
        "1234567890123456",
        "CAISabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ==",
        "2026-11-29T07:03:35Z",
    ],
)
def test_what_has_the_form_of_an_id_is_replaced(text: str) -> None:
    replaced = Redaction().text(f"before {text} after")
    assert replaced.startswith("before <")
    assert replaced.endswith("> after")
    assert text[:8] not in replaced


@pytest.mark.parametrize(
    "address",
    [
        "example.com:80",
        "10.0.0.1:9001",
        "http://127.0.0.1:9001",
        "127.0.0.1",
        "127.0.0.1:70000",
        "127.0.0.1:9001@example.com",
        "localhost.example.com:80",
        "127.0.0.1:9001\n",
        "",
    ],
)
def test_plain_http_is_only_for_this_machine(
    address: str, cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--run", "--against", address]
    assert command.main(words, environment(cloud)) == 2
    assert "plain http is only for this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIlocaladmin"},
        {
            "FAKEALIYUN_ACCESS_KEY_ID": "LTAIlocaladmin",
            "FAKEALIYUN_ACCESS_KEY_SECRET": "local-admin-secret",
        },
    ],
)
def test_keys_come_from_the_variables_of_the_sdks(
    variables: dict[str, str], cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--run", "--against", cloud.endpoint], variables) == 2
    assert "set ALIBABA_CLOUD_ACCESS_KEY_ID" in capsys.readouterr().err
    assert cloud.calls.snapshot() == {}


def test_a_key_that_is_not_accepted(cloud: FakeCloud, capsys: pytest.CaptureFixture[str]) -> None:
    variables = {**environment(cloud), "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "planted-secret"}
    assert command.main(["--run", "--against", cloud.endpoint], variables) == 2
    shown = capsys.readouterr()
    assert "GetCallerIdentity answered 400 SignatureDoesNotMatch" in shown.err
    assert "planted-secret" not in shown.out + shown.err


def test_a_temporary_key(cloud: FakeCloud, verify: Verify) -> None:
    key = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)
    variables = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token or "",
    }
    words = ["--run", "--against", cloud.endpoint]
    assert command.main(words, variables, check()) == 0
    assert nothing_left(cloud)


def test_a_cloud_that_cannot_be_reached(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:  # bound and never listening
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        for words in (["--run"], ["clean"]):
            assert command.main([*words, "--against", address], environment(cloud)) == 2
            assert "STS cannot be reached: ConnectionRefusedError" in capsys.readouterr().err


def test_a_report_that_cannot_be_written(
    cloud: FakeCloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--run", "--against", cloud.endpoint, "--json", str(tmp_path / "none" / "a.json")]
    assert command.main(words, environment(cloud)) == 2
    assert "there is no folder for" in capsys.readouterr().err
    assert cloud.calls.snapshot() == {}

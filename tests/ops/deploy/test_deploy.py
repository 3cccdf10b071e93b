"""A deployment from the check to the summary, and back to the one before."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.testing.fc import send
from ops import dot_env
from ops.deploy import afterwards, bundles
from ops.deploy.addresses import is_not_known, moved
from ops.deploy.afterwards import Examined
from ops.deploy.routes import corrected, wanted
from ops.domains import METHODS
from ops.setup.command import main as setup
from tests.ops.deploy.conftest import ANSWERS, FUNCTIONS, Deployer
from tests.ops.prose import english
from tests.ops.setup.conftest import PROJECT
from tests.support.processes import alive
from tests.support.waiting import wait_for

DOMAIN = {"kind": "domain", "domain": "vod.example.localhost", "certificate_id": "1234567"}


def test_in_chinese(deployer: Deployer) -> None:
    deployer.setup()
    done = deployer.run(environ={"LANG": "zh_CN.UTF-8"})
    assert done.exit_code == 0, done.printed
    prose = re.sub(r"\(.*?\)|https?://\S+|`.*?`|s\.yaml|VODPASS_\w+|python -m .*", "", done.out)
    prose = re.sub(r"\b[0-9a-f]{12}\b|--no-smoke", "", prose)
    assert set(re.findall(r"[A-Za-z]{3,}", prose)) <= {"vodpass", "env", *FUNCTIONS}
    assert "没有发现问题" in done.out
    assert english(done.printed) == []


def test_what_the_setup_writes_in_chinese_is_explained_in_chinese(
    deployer: Deployer, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--answers", str(deployer.folder / "answers.json"), "--language", "zh"]
    (deployer.folder / "answers.json").write_text(json.dumps(ANSWERS))
    assert setup(arguments, {}, project=deployer.folder) == 0
    said = capfd.readouterr()
    assert english(said.out + said.err) == []
    written = (deployer.folder / ".env").read_text("utf-8")
    comments = re.findall(r"^# .*", written, re.M)
    assert len(comments) > 100
    assert not [line for line in comments if english(line)]
    deployer.setup()
    assert dot_env.parse(written).keys() == deployer.env.keys()


# --- before anything is sent ------------------------------------------------------------------


def test_every_fault_is_named_at_once_and_nothing_is_sent(deployer: Deployer) -> None:
    deployer.setup()
    with (deployer.folder / ".env").open("a") as file:
        file.write("VODPASS_OWNER_KEYS=k1:c2hvcnQ=\nVODPASS_CLEANUP=always\nVODPASS_WIDNOW=1\n")
    done = deployer.run(environ={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""})
    assert done.exit_code == 1
    for text in (
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET: not set",
        "VODPASS_OWNER_KEYS: must be id:base64 pairs",
        "VODPASS_CLEANUP: must be off, dry-run (the default) or delete",
        "VODPASS_WIDNOW: is not a setting of vodpass",
        "python -m ops.setup --set VODPASS_CLEANUP",
        "Nothing was sent. Correct this first.",
    ):
        assert text in done.err
    assert "c2hvcnQ=" not in done.printed
    assert deployer.calls == []
    assert deployer.fc.names() == []


@pytest.mark.parametrize(
    ("answers", "env"),
    [({"address": DOMAIN}, "prod"), ({"address": DOMAIN, "callbacks": "http"}, "prod-no-queue")],
)
def test_a_missing_value_of_a_file_is_named(
    deployer: Deployer, answers: dict[str, Any], env: str
) -> None:
    deployer.setup(answers)
    path = deployer.folder / ".env"
    path.write_text(re.sub(r"^VODPASS_CERTIFICATE_ID=.*$", "", path.read_text(), flags=re.M))
    done = deployer.run("--env", env)
    assert done.exit_code == 1
    assert f"VODPASS_CERTIFICATE_ID: is not set: s.{env}.yaml needs it" in done.err


def test_missing_tools_are_named_with_what_gets_them(
    deployer: Deployer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deployer.setup({"address": DOMAIN})
    empty = str(tmp_path / "empty")
    monkeypatch.setenv("PATH", empty)
    monkeypatch.setattr("ops.deploy.tools.find_interpreter", lambda _python: None)
    deployer.capture.readouterr()
    from ops.deploy.command import main

    environ = {**deployer.environ(), "PATH": empty, "HOME": empty}
    code = main(["--env", "prod"], environ, project=deployer.folder)
    said = deployer.capture.readouterr().err
    assert code == 1
    for text in (
        "Node is not installed",
        "`s` (Serverless Devs) is not installed",
        "make setup",
        "there is no Python 3.10",
        "uv python install 3.10",
    ):
        assert text in said


def test_the_real_s_without_its_component_is_explained(deployer: Deployer) -> None:
    """The real command has no component here, and cannot fetch it from a host that is not there."""
    deployer.setup()
    done = deployer.run(
        real=True, environ={"HOME": str(deployer.folder), "HTTPS_PROXY": "http://127.0.0.1:9"}
    )
    assert done.exit_code not in (0, 130)
    assert "the component fc3 is not in the cache yet" in done.err
    assert re.search(r"! E[A-Z_]+\n    fix: a host cannot be reached", done.err), done.err
    assert f"`s deploy` failed with exit code {done.exit_code}." in done.err
    assert deployer.fc.names() == []


def test_a_file_that_is_not_there_is_named(deployer: Deployer) -> None:
    done = deployer.run("--env", "staging")
    assert (done.exit_code, done.err) == (1, "There is no file s.staging.yaml.\n")


# --- settings ---------------------------------------------------------------------------------


def test_an_environment_of_its_own_gets_nothing_of_the_other(deployer: Deployer) -> None:
    deployer.setup({"name": "other", "region": "cn-shanghai"})
    with (deployer.folder / ".env").open("a") as file:
        file.write("VODPASS_TITLE_UNIT=characters\nVODPASS_UPLOAD_WINDOW=7200\n")
    own = {"callbacks": "http"}
    deployer.setup(own, "--env-file", str(deployer.folder / ".env.no-queue"))
    done = deployer.run("--env", "no-queue", "--callback", "none")
    assert done.exit_code == 0, done.printed
    found = deployer.variables("upload")
    assert not found.get("VODPASS_TITLE_UNIT")
    assert not found.get("VODPASS_UPLOAD_WINDOW")
    assert ".env.no-queue to verify events" in done.out


def test_the_environment_counts_before_the_file(deployer: Deployer) -> None:
    deployer.setup()
    deployer.more = {"VODPASS_UPLOAD_WINDOW": "9000"}
    assert deployer.run().exit_code == 0
    found = deployer.variables("upload")
    assert found["VODPASS_UPLOAD_WINDOW"] == "9000"


# --- a failure of s ---------------------------------------------------------------------------


def test_its_exit_code_and_a_known_reason_are_passed_on(deployer: Deployer) -> None:
    deployer.setup()
    secret = deployer.env["VODPASS_OWNER_KEYS"].partition(":")[2]
    deployer.stand_in |= {
        "fails": "play",
        "exit": 107,
        "reasons": [f"AccessDenied: {secret} may not", "DomainNameNotResolved", secret],
    }
    done = deployer.run()
    assert done.exit_code == 107
    assert "deploy    FAILED: play (0.42 s)" in done.out
    assert "! AccessDenied\n    fix: the key may not do this" in done.err
    assert "! DomainNameNotResolved\n    fix: the domain does not lead" in done.err
    assert "`s deploy` failed with exit code 107." in done.err
    assert secret not in done.printed
    assert "Deployed" not in done.out


def test_an_unknown_reason_is_not_shown(deployer: Deployer) -> None:
    deployer.setup()
    deployer.stand_in |= {"fails": "upload", "reasons": ["SomethingNew happened at midnight"]}
    done = deployer.run()
    assert done.exit_code == 101
    assert "gave a reason that is not in our list" in done.out
    assert "midnight" not in done.printed


def test_a_function_that_failed_counts_even_if_s_says_0(deployer: Deployer) -> None:
    deployer.setup()
    deployer.stand_in |= {"fails": "watch", "exit": 0}
    assert deployer.run().exit_code == 1


# --- the address of events --------------------------------------------------------------------


def test_the_callback_gets_the_address_that_is_known_only_afterwards(
    deployer: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployer.setup({"callbacks": "http"})
    before = deployer.env["VODPASS_CALLBACK_URL"]
    assert is_not_known(before)
    host = "https://vodpass-events-abc.cn-shanghai.fcapp.run"
    monkeypatch.setattr(
        "ops.deploy.addresses.of_triggers",
        lambda _account, _props: {"events": host} if deployer.calls else {},
    )
    done = deployer.run("--env", "no-queue", "--callback", "none")
    assert [call["arguments"][:2] for call in deployer.calls] == [
        ["deploy", "-y"],
        ["events", "deploy"],
    ]
    after = deployer.env["VODPASS_CALLBACK_URL"]
    assert after == f"{host}/{before.rpartition('/')[2]}" == moved(before, host)
    assert oct((deployer.folder / ".env").stat().st_mode)[-3:] == "600"
    assert deployer.variables("events")["VODPASS_CALLBACK_URL"] == after
    assert f"events gets VOD's callbacks at {host}" in done.out
    # Where the file cannot be changed, the next deployment finds the address by itself.
    deployer.more = {"VODPASS_CALLBACK_URL": before}
    deployer.run("--env", "no-queue", "--callback", "none")
    assert len(deployer.calls) == 3
    assert deployer.variables("events")["VODPASS_CALLBACK_URL"] == after


# --- VOD's callback ---------------------------------------------------------------------------


def test_the_callback_of_another_system_stays(deployer: Deployer) -> None:
    deployer.setup()
    deployer.stack.cloud.call_back("https://other.example.com/events/" + "x" * 22, "aA1" + "b" * 20)
    deployer.stack.cloud.callback = None
    done = deployer.run()
    assert done.exit_code == 1
    assert "VOD calls another system. --replace-callback overwrites that" in done.out
    assert "Deployed, but not sound:" in done.out
    replaced = deployer.run("--replace-callback")
    assert replaced.exit_code == 0, replaced.printed


def test_the_callback_is_left_if_the_deployment_is_not_sound(
    deployer: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployer.setup()
    finding = {
        "severity": "error",
        "code": "role-absent",
        "subject": "play",
        "what": "",
        "mend": "",
    }
    deployer.run()
    broken = Examined([finding], [])
    deployer.patch.undo()
    monkeypatch.setattr(deployer.patch, "setattr", lambda *_: None)
    monkeypatch.setattr(afterwards, "doctor", lambda *_, **__: broken)
    done = deployer.run()
    assert done.exit_code == 1
    assert "role-absent: play" in done.out
    assert done.step("callback") == "left as it is, because something above is not right"


def test_a_dev_deployment_leaves_the_callback(deployer: Deployer) -> None:
    deployer.setup()
    done = deployer.run(
        "--env",
        "dev",
    )
    assert done.step("callback") == "left as it is"


def test_a_token_that_is_asked_for_must_be_there(deployer: Deployer) -> None:
    deployer.setup()
    done = deployer.run("--token-env", "TOKEN")
    assert (done.exit_code, "--token-env: the variable TOKEN is empty" in done.err) == (1, True)


# --- back -------------------------------------------------------------------------------------


def change(deployer: Deployer, text: str) -> None:
    """Another version of the code, in the bundle that is built next."""
    deployer.code = f"def handler(event, context): pass\n\n\n# {text}\n"


def test_the_bundle_of_before_is_deployed_again(deployer: Deployer) -> None:
    deployer.setup()
    built = deployer.folder / "build" / "play" / "index.py"
    change(deployer, "one")
    first = deployer.run()
    code = built.read_text()
    change(deployer, "two")
    second = deployer.run()
    assert first.step("bundle") != second.step("bundle")
    assert built.read_text() != code
    back = deployer.run("--rollback")
    assert back.exit_code == 0, back.printed
    digest = first.step("bundle").removeprefix("built ")
    assert back.step("bundle") == f"took {digest} of the deployment before"
    assert built.read_text() == code
    assert len(deployer.calls) == 3
    forth = deployer.run("--rollback")
    assert forth.step("bundle").split()[1] == second.step("bundle").removeprefix("built ")
    # What is kept is code. No setting is in it.
    kept = deployer.folder / ".deployed"
    secret = deployer.env["VODPASS_OWNER_KEYS"].encode()
    assert not any(secret in path.read_bytes() for path in kept.rglob("*") if path.is_file())


def test_without_an_earlier_bundle_it_says_what_to_do(deployer: Deployer) -> None:
    deployer.setup()
    done = deployer.run("--rollback")
    assert done.exit_code == 1
    assert "No earlier bundle of this deployment is kept on this machine" in done.err
    assert deployer.calls == []


def test_two_deployments_of_one_folder_do_not_mix(deployer: Deployer) -> None:
    deployer.setup()
    deployer.run()
    change(deployer, "two")
    deployer.run()
    other = deployer.run("--env", "dev", "--rollback")
    assert "No earlier bundle of this deployment" in other.err


def test_only_one_deployment_at_a_time(deployer: Deployer) -> None:
    deployer.setup()
    with bundles.alone(deployer.folder):
        done = deployer.run()
    assert (done.exit_code, done.err) == (1, "Another deployment of this folder is running.\n")


# --- routes -----------------------------------------------------------------------------------


def test_a_route_that_s_leaves_is_corrected(deployer: Deployer) -> None:
    deployer.setup({"address": DOMAIN})
    run = ("--env", "prod", "--callback", "none")
    deployer.stand_in["fc"] = deployer.stack.cloud.endpoint
    first = deployer.run(*run)
    assert "routes" not in first.out, "a new domain has the right routes"
    account = deployer.fc
    domain = f"/custom-domains/{DOMAIN['domain']}"
    there = account.send("GET", domain)["routeConfig"]["routes"]
    for route in there:
        if route["path"] in ("/events/*", "/upload"):
            route["methods"] = ["GET"]
    foreign = {"path": "/other", "functionName": "vodpass-play", "methods": ["GET"]}
    account.send("PUT", domain, {"routeConfig": {"routes": [*there, foreign]}})

    def ask(method: str) -> int:
        at = deployer.stack.url.removeprefix("http://")
        return send(at, method, "/events/x", {"Host": DOMAIN["domain"]}).status

    assert (ask("GET"), ask("POST")) == (200, 403)
    second = deployer.run(*run)
    # The component itself gives all methods to a route for which `s.yaml` names none.
    assert second.step("routes") == "corrected, because `s` leaves them: /events/*"
    assert (ask("GET"), ask("POST")) == (403, 200)
    found = {route["path"]: route for route in account.send("GET", domain)["routeConfig"]["routes"]}
    assert not found["/upload"].get("methods") or len(found["/upload"]["methods"]) == len(METHODS)
    assert found["/other"]["methods"] == ["GET"]
    assert found["/events/*"]["methods"] == ["POST"]


def test_a_route_keeps_its_alias_and_a_missing_one_is_added() -> None:
    props: dict[str, dict[str, Any]] = {
        "play": {"functionName": "p", "customDomain": {"route": {"path": "/play"}}},
        "events": {
            "functionName": "e",
            "customDomain": {"route": {"path": "/events/*", "methods": ["POST"]}},
        },
        "watch": {"functionName": "w"},
    }
    there = [{"path": "/play", "functionName": "p", "methods": ["GET"], "qualifier": "live"}]
    found, wrong = corrected(there, wanted(props))
    assert wrong == ["/play", "/events/*"]
    assert [(one["path"], one["qualifier"]) for one in found] == [
        ("/play", "live"),
        ("/events/*", "LATEST"),
    ]
    assert corrected(found, wanted(props)) == (found, [])
    moved_away = [{**found[0], "functionName": "x"}]
    assert corrected(moved_away, wanted(props))[0][0]["qualifier"] == "LATEST"


# --- interruptions ----------------------------------------------------------------------------


def test_an_interruption_ends_s_and_removes_its_home(deployer: Deployer, tmp_path: Path) -> None:
    deployer.setup()
    deployer.build()
    script = deployer.folder / "waits"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *preview*) exec {deployer.folder}/s "$@" ;; esac\n'
        f'echo "$$ $serverless_devs_config_home" > {tmp_path}/started\n'
        "exec sleep 600\n"
    )
    script.chmod(0o755)
    at = deployer.stack.cloud.endpoint
    driver = (
        "import sys; from pathlib import Path; from ops.deploy.command import main; "
        "sys.exit(main(sys.argv[2:], project=Path(sys.argv[1]), build=lambda *_: (0, [])))"
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", driver, str(deployer.folder)),
            *("--s", str(script), "--endpoint", at, "--fc-endpoint", at),
        ],
        cwd=PROJECT,
        env=deployer.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            file = tmp_path / "started"
            wait_for(lambda: process.poll() is not None or file.exists(), "`s` starts")
            assert process.poll() is None, process.stdout.read()
            started = wait_for(lambda: file.read_text().split(), "`s` says who it is")
            process.send_signal(signal.SIGTERM)
            said = process.stdout.read()
        finally:
            if process.poll() is None:
                process.kill()
    assert process.returncode == 130, said
    assert "Interrupted." in said
    assert not Path(started[1]).exists()
    assert not alive(int(started[0])), "`s` has ended too"

"""Versions and aliases: the routes of a domain lead to one version of the code or to the other.

Everything is deployed to the fake Function Compute, and asked over HTTP at the domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.testing.fc import send
from ops import serverless_devs
from ops.account import Account, Key
from ops.deploy import versions
from ops.deploy.command import main
from ops.deploy.run_s import Deployer as Deploy
from ops.deploy.run_s import Job, Outcome
from ops.rehearse.with_sdk import WithSdk
from tests.ops.deploy.conftest import Deployer, Run
from tests.ops.deploy.test_deploy import DOMAIN
from tests.support.serverless import S, render_once
from tests.support.waiting import wait_for

FUNCTIONS = [f"vodpass-{name}" for name in ("upload", "refresh", "play", "sts", "events")]
HOST = DOMAIN["domain"]
QUEUE = "film-events"
CODE = """\
def handler(event, context):
    print("this is", {word!r})
    body = {word!r}
    return {{"statusCode": 200, "headers": {{}}, "isBase64Encoded": False, "body": body}}
"""


@dataclass
class Site:
    """A domain with the functions, and the command that deploys them."""

    deployer: Deployer
    deployed: int = 0
    """How often functions were deployed."""
    calls: dict[str, int] = field(default_factory=dict)
    """The last run's calls to Function Compute besides the deployment itself."""

    def run(self, *arguments: str, word: str = "") -> Run:
        """Run the command; with a word, the bundle answers with it."""
        at = self.deployer.stack.cloud.endpoint
        folder = self.deployer.folder
        before: dict[str, int] = self.counted()

        def make(_command: Path | None, key: Key, account_id: str) -> Deploy:
            account = Account(key, "cn-shanghai", endpoint=at, fc_endpoint=at)
            sdk = WithSdk(account, account_id, folder, self.rendered)

            def deploy(job: Job, tell: Any) -> Outcome:
                nonlocal before
                outcome = sdk(job, tell)
                self.deployed += 1
                before = self.counted()
                return outcome

            return deploy

        if word:
            self.deployer.code = CODE.format(word=word)
        self.deployer.capture.readouterr()
        code = main(
            [
                *("--env", "prod", "--callback", "none", "--no-smoke", "--s", str(S)),
                *("--endpoint", at, "--fc-endpoint", at, *arguments),
            ],
            self.deployer.environ(),
            project=folder,
            deployer=make,
            build=self.deployer.build,
        )
        now = self.counted()
        self.calls = {name: now[name] - before.get(name, 0) for name in now}
        self.calls = {name: count for name, count in self.calls.items() if count}
        said = self.deployer.capture.readouterr()
        return Run(code, said.out, said.err)

    def rendered(self, job: Job) -> Mapping[str, Any]:
        folder, environ = self.deployer.folder, self.deployer.environ()
        return serverless_devs.preview(S, folder, job.template, job.settings, environ)

    def counted(self) -> dict[str, int]:
        return dict(self.deployer.stack.cloud.calls.snapshot().get("fc", {}))

    def ask(self, path: str, method: str = "GET") -> str:
        """What a client of the domain gets."""
        address = self.deployer.stack.url.removeprefix("http://")
        return send(address, method, path, {"Host": HOST}).body.decode()

    @property
    def qualifiers(self) -> dict[str, str]:
        found = self.deployer.fc.send("GET", f"/custom-domains/{HOST}")
        return {route["path"]: route["qualifier"] for route in found["routeConfig"]["routes"]}

    def aliases(self, name: str) -> set[str]:
        """The versions that all functions' aliases of a name lead to."""
        fc = self.deployer.fc
        return {
            fc.send("GET", f"/functions/{one}/aliases/{name}")["versionId"] for one in FUNCTIONS
        }


@pytest.fixture
def site(deployer: Deployer) -> Site:
    """Nothing is deployed yet."""
    from ops.deploy import afterwards
    from ops.deploy.afterwards import Examined

    render_once(deployer.patch)
    deployer.setup({"address": DOMAIN})
    deployer.more = {"VODPASS_EVENT_QUEUE": QUEUE}  # the functions of s.yaml read the usual one
    deployer.patch.setattr(afterwards, "doctor", lambda *_, **__: Examined([], []))
    return Site(deployer)


def test_routes_move_together_and_back_without_a_deployment(site: Site) -> None:
    first = site.run(word="one")
    assert first.exit_code == 0, first.printed
    assert set(site.qualifiers.values()) == {"LATEST"}, "not switched on"
    assert "alias" not in first.out
    site.deployer.fc.create("other", CODE.format(word="other"))
    there = site.deployer.fc.send("GET", f"/custom-domains/{HOST}")["routeConfig"]["routes"]
    routes = {"routes": [*there, {"path": "/other", "functionName": "other"}]}
    site.deployer.fc.send("PUT", f"/custom-domains/{HOST}", {"routeConfig": routes})

    # Switched on: nothing has changed since, and one call moves all routes.
    on = site.run("--versions")
    assert on.exit_code == 0, on.printed
    assert site.calls["UpdateCustomDomain"] == 1
    assert site.calls["PublishFunctionVersion"] == site.calls["CreateAlias"] == len(FUNCTIONS)
    assert site.aliases("blue") == {"1"}
    found = site.qualifiers
    assert found.pop("/other") == "LATEST", "another system's route stays"
    assert set(found.values()) == {"blue"}
    assert site.ask("/play") == "one"

    # From now on every deployment is published, also without the option.
    second = site.run(word="two")
    assert second.exit_code == 0, second.printed
    assert "all routes lead to the new version, by the alias green" in second.out
    assert site.calls["UpdateCustomDomain"] == 1
    assert (site.aliases("blue"), site.aliases("green")) == ({"1"}, {"2"})
    assert [site.ask("/play"), site.ask("/events/x", "POST")] == ["two", "two"]
    assert "The routes lead to the alias green." in second.out

    # Back: one call, no deployment.
    deployed = site.deployed
    back = site.run("--rollback")
    assert back.exit_code == 0, back.printed
    assert site.calls.pop("UpdateCustomDomain") == 1
    assert set(site.calls) == {"GetCustomDomain", "GetAlias"}, "besides, it only reads"
    assert site.deployed == deployed, "nothing was deployed"
    assert [site.ask("/play"), site.ask("/events/x", "POST")] == ["one", "one"]
    assert site.ask("/other") == "other"
    assert (
        "The routes lead to the alias blue. Queue and timer triggers stay on LATEST, the code that "
        "was deployed last." in back.out
    )
    fc = site.deployer.fc
    for name in ("events", "watch"):
        triggers = fc.send("GET", f"/functions/vodpass-{name}/triggers")["triggers"]
        assert {trigger["qualifier"] for trigger in triggers} == {"LATEST"}
    lines = site.deployer.stack.logs.lines
    before = len(lines("vodpass-events"))
    site.deployer.stack.cloud.queues.queue(QUEUE).send("{}")
    wait_for(
        lambda: [one for one in lines("vodpass-events")[before:] if "this is two" in one.text],
        "the new version has run",
    )

    # And forth.
    forth = site.run("--rollback")
    assert forth.exit_code == 0, forth.printed
    assert site.ask("/play") == "two"


def test_a_function_that_did_not_change_keeps_its_version(site: Site) -> None:
    """Function Compute refuses to publish what is published already."""
    site.run("--versions", word="one")
    again = site.run()
    assert again.exit_code == 0, again.printed
    assert site.calls["PublishFunctionVersion"] == site.calls["ListFunctionVersions"] == 5
    assert site.aliases("blue") == site.aliases("green") == {"1"}
    assert set(site.qualifiers.values()) == {"green"}
    assert site.ask("/play") == "one"


def test_without_a_version_before_it_says_so(site: Site) -> None:
    site.run("--versions", word="one")
    done = site.run("--rollback")
    assert (done.exit_code, "There is no version before" in done.err) == (1, True)
    assert set(site.qualifiers.values()) == {"blue"}
    # A deployment that ended half-way has moved the alias of some functions.
    fc = site.deployer.fc
    for number, name in enumerate(FUNCTIONS):
        alias = {"aliasName": "green", "versionId": "1", "description": f"part {number % 2}"}
        fc.send("POST", f"/functions/{name}/aliases", alias)
    mixed = site.run("--rollback")
    assert (mixed.exit_code, "green leads to different versions" in mixed.err) == (1, True)
    assert set(site.qualifiers.values()) == {"blue"}


def test_an_alias_of_the_users_own_stays(site: Site) -> None:
    site.run(word="one")
    fc = site.deployer.fc
    for name in FUNCTIONS:
        fc.send("POST", f"/functions/{name}/versions", {})
        fc.send("POST", f"/functions/{name}/aliases", {"aliasName": "live", "versionId": "1"})
    routes = fc.send("GET", f"/custom-domains/{HOST}")["routeConfig"]["routes"]
    moved = {"routes": [{**route, "qualifier": "live"} for route in routes]}
    fc.send("PUT", f"/custom-domains/{HOST}", {"routeConfig": moved})
    done = site.run("--versions", word="two")
    assert done.exit_code == 0, done.printed
    assert "the routes lead to live, which is not ours" in done.out
    assert set(site.qualifiers.values()) == {"live"}
    assert "PublishFunctionVersion" not in site.calls
    assert site.ask("/play") == "one"


def test_a_failure_on_the_way_leaves_the_routes(site: Site) -> None:
    site.run(word="one")
    cloud = site.deployer.stack.cloud
    cloud.faults.set("fc", "CreateAlias", "error", status=403, code="AccessDenied")
    done = site.run("--versions")
    assert done.exit_code == 1
    assert "The routes could not be corrected: AccessDenied" in done.err
    assert set(site.qualifiers.values()) == {"LATEST"}
    assert "Deployed" not in done.out


def test_the_idle_alias() -> None:
    assert versions.idle({"LATEST"}) == "blue"
    assert versions.idle({"blue"}) == "green"
    assert versions.idle({"green"}) == "blue"

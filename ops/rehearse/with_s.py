"""Rehearses with the command `s` and its component fc3, both as users have them.

The files for trying things and for production are deployed, examined, deployed again and removed.
Whatever `s` calls is led to the fake cloud (routing.py) or refused, and it has no key but the
fake account's.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakealiyun.vod.settings import DEFAULT_APP
from ops import serverless_devs
from ops.account import Key
from ops.account.identities import EVENT_BRIDGE
from ops.deploy.run_s import Deployer, WithS
from ops.rehearse import certificates, inventory
from ops.rehearse.deployment import Deployment, NotRight, Rehearsed
from ops.rehearse.fake import KEY, REGION
from ops.rehearse.inventory import Inventory
from ops.rehearse.routing import BELOW, Called, Routing, hosts, routing
from ops.rehearse.streams import right, title
from ops.voice import tell

MISSING = 2
"""The exit code if the component is not in the cache."""

MAPPED = f"*.{BELOW}"
"""The names that the fake cloud must answer to."""

_DOMAIN, _CERTIFICATE = "vod.example.com", 1234567
_COMMON: Mapping[str, Any] = {
    "region": REGION,
    "issuer": {"kind": "own-shared-key"},
    "webhook_url": "https://app.example.com/webhooks/vod",
}
_TRY: Mapping[str, Any] = {**_COMMON, "name": "with-s"}
_PROD: Mapping[str, Any] = {
    **_COMMON,
    "name": "with-s-prod",
    "address": {
        "kind": "domain",
        "domain": _DOMAIN,
        "certificate_id": str(_CERTIFICATE),
        "log_project": "with-s-prod-logs",
    },
}

_ALLOWED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "serverless_devs_config_home")
"""What `s` gets of this process' environment: no key, no proxy, no option of Node."""


def missing(project: Path, environ: Mapping[str, str]) -> list[str]:
    """Lines that say which components are not in the cache, and how to get them; else none."""
    cache = serverless_devs.users_home(environ) / "components" / "devsapp.cn" / "v3"
    # `s` takes a component from the cache only if this file is there.
    absent = [one for one in components(project) if not (cache / one / ".s.lock").is_file()]
    if not absent:
        return []
    return [
        f"cannot rehearse: not in the cache of `s`: {', '.join(absent)}",
        f"The cache is {cache}.",
        "`s` fills it from api.devsapp.cn. On a machine that reaches that host:",
        *(f"  node_modules/.bin/s cli {one} --help" for one in absent),
        "If this machine does not reach it, do that on another, and copy ~/.s/components.",
    ]


def components(project: Path) -> list[str]:
    """The components that `s deploy` loads: what `s.yaml` names, and what that loads itself."""
    text = (project / "s.yaml").read_text("utf-8")
    named = sorted(set(re.findall(r"^ +component: (\S+)$", text, re.MULTILINE)))
    return [*named, serverless_devs.DOMAIN_COMPONENT]


def runner(
    command: Path,
    project: Path,
    key: Key,
    account_id: str,
    environ: Mapping[str, str],
    routes: Routing,
) -> WithS:
    """Runs `s` with nothing of `environ` but what it needs, and with all calls led by `routes`."""
    kept = {name: text for name, text in environ.items() if name in _ALLOWED}
    return WithS(command, project, key, account_id, {**kept, **routes.environment})


def rehearse(at: Rehearsed) -> None:
    """Deploy both files, one after the other. Raises NotRight."""
    account_id = str(at.account.sts("GetCallerIdentity").body["AccountId"])
    port = int(at.fake.endpoint.rpartition(":")[2])
    with routing(hosts(REGION, account_id), port) as routes:
        at = replace(at, environ={**at.environ, **routes.environment})
        empty = inventory.read(at.account)
        try:
            _live(at, _TRY, routes, builds=True)
            _put_certificate(at.fake.endpoint)
            _live(at, _PROD, routes, builds=False)
        finally:
            called = routes.called()
            _tell(called)
        if called.unknown:
            raise NotRight(f"`s` called {', '.join(called.unknown)}")
        _check_empty(empty, inventory.read(at.account))


def _live(at: Rehearsed, answers: Mapping[str, Any], routes: Routing, *, builds: bool) -> None:
    """A deployment's whole life. Without `builds`, with the bundle of the one before."""
    file = at.project / f"{answers['name']}.json"
    file.write_text(json.dumps(answers))
    one = _Deployed(at, file, f".env.{answers['name']}", routes)
    one.setup()
    one.apply()
    one.deploy(builds=builds)
    one.try_it()
    one.deploy_again()
    one.examine()
    one.remove_functions()
    one.destroy()
    title("# VOD's console: no callback")
    at.account.vod("DeleteMessageCallback", app_id=DEFAULT_APP)


class _Deployed(Deployment):
    """A deployment with `s`."""

    how = "with `s`"

    def __init__(self, at: Rehearsed, answers: Path, env_file: str, routes: Routing) -> None:
        super().__init__(at, answers, env_file)
        self._routes = routes

    def deploy_again(self) -> None:
        """Deploy once more, which must change nothing but times."""
        title(f"s deploy -y -t {self._job.template}   # once more")
        before = inventory.deployed(self._at.account)
        outcome = self._with_s()(self._job, lambda _step: None)
        if outcome.exit_code:
            raise NotRight("a second `s deploy` failed", outcome.exit_code)
        changed = before.differs(inventory.deployed(self._at.account))
        if changed:
            raise NotRight(f"a second `s deploy` changed something: {', '.join(changed)}")
        right("a second `s deploy` changes nothing")

    def remove_functions(self) -> None:
        """Remove the functions with `s remove`."""
        title(f"s remove -y -t {self._job.template}")
        outcome = self._with_s().remove(self._job)
        if outcome.exit_code:
            raise NotRight("`s remove` failed", outcome.exit_code)
        left = sorted(inventory.deployed(self._at.account).things)
        if left:
            raise NotRight(f"`s remove` left {', '.join(left)}")
        right(f"`s remove` left nothing of {self.name}")

    def _deployer(self, command: Path | None, key: Key, account_id: str) -> Deployer:
        return self._made(command or self._at.s, key, account_id)

    def _with_s(self) -> WithS:
        account_id = str(self._at.account.sts("GetCallerIdentity").body["AccountId"])
        return self._made(self._at.s, KEY, account_id)

    def _made(self, command: Path, key: Key, account_id: str) -> WithS:
        project, environ = self._at.project, self._at.environ
        return runner(command, project, key, account_id, environ, self._routes)


def _put_certificate(endpoint: str) -> None:
    title("# Certificate Management's console: a certificate for the domain")
    pair = certificates.of_domain(_DOMAIN)
    given = {
        "number": _CERTIFICATE,
        "certificate": pair.certificate,
        "private_key": pair.private_key,
    }
    request = urllib.request.Request(
        f"http://{endpoint}/_local/certificates",
        json.dumps(given).encode(),
        {"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30):
        pass


def _tell(called: Called) -> None:
    title("# what `s` and its component called")
    for host in called.routed:
        tell(f"fake     {host}")
    for host, why in called.done_without.items():
        tell(f"refused  {host}: {why}")
    for host in called.unknown:
        tell(f"refused  {host}: not a host of the fake cloud")


def _check_empty(before: Inventory, after: Inventory) -> None:
    """Nothing is left, except for what stays on purpose."""
    # `s` makes a log project for `logConfig: auto`, and leaves it with the log in it.
    left = [
        one
        for one in before.new_in(after)
        if one not in {f"role {name}" for name in EVENT_BRIDGE}
        and not one.startswith(
            (f"log project serverless-{REGION}-", f"log store serverless-{REGION}-")
        )
    ]
    wrong = [*left, *before.changed_in(after)]
    if wrong:
        raise NotRight(f"the account is not empty: {', '.join(wrong)}")
    right("the account is empty, but for the log that `s` has made")

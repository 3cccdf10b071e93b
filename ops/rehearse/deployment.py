"""One deployment of a rehearsal: the commands of an operator, from the settings to the removal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import dot_env, readiness, serverless_devs
from ops.account import Account, Key
from ops.account import command as account_command
from ops.deploy import addresses, afterwards, bundles
from ops.deploy import command as deploy_command
from ops.deploy.afterwards import Place
from ops.deploy.run_s import Deployer, Job
from ops.deploy.smoke_token import token_of
from ops.rehearse import removal
from ops.rehearse.fake import KEY, REGION, Fake
from ops.rehearse.receiver import Receiver
from ops.rehearse.streams import Copied, right, spoken, standard_input, title
from ops.rehearse.with_sdk import WithSdk
from ops.serverless_devs import NotRendered
from ops.setup import command as setup_command
from ops.voice import told

SECONDS = 120.0
"""How long an event may take from VOD's callback to the receiver."""


class NotRight(Exception):
    """The rehearsal ends: a step was not as it should be. `exit_code` is the command's own."""

    def __init__(self, what: str, exit_code: int = 1) -> None:
        super().__init__(what)
        self.exit_code = exit_code or 1


@dataclass(frozen=True)
class Rehearsed:
    """Where all deployments of a rehearsal happen: the folder, the fake cloud, the command `s`."""

    project: Path
    fake: Fake
    s: Path
    receiver: Receiver
    environ: Mapping[str, str] = field(repr=False)

    @property
    def account(self) -> Account:
        """The account, called with its administrator's key."""
        return self.fake.account()


class Deployment:
    """A deployment with a file of settings of its own. Each step raises NotRight."""

    how = "without `s`"
    """How functions are deployed, for the title."""

    def __init__(self, at: Rehearsed, answers: Path, env_file: str) -> None:
        self._at = at
        self._answers = answers
        self._env_file = at.project / env_file
        self._env = ""
        self._job = Job("", {}, ())
        self._document: Mapping[str, Any] = {}

    @property
    def values(self) -> Mapping[str, str]:
        """The settings."""
        return dot_env.read(self._env_file)

    @property
    def name(self) -> str:
        """What its functions, roles and queues begin with."""
        return str(self._props["events"]["functionName"]).removesuffix("-events")

    @property
    def _props(self) -> dict[str, Any]:
        return {name: one["props"] for name, one in self._document["resources"].items()}

    @property
    def _own_file(self) -> list[str]:
        return [] if self._env_file.name == ".env" else [f"--env-file {self._env_file.name}"]

    def setup(self) -> None:
        """Fill the file of settings, and render what is to be deployed."""
        title("python -m ops.setup --answers FILE", *self._own_file)
        arguments = ["--answers", str(self._answers), "--env-file", str(self._env_file), *spoken()]
        code = setup_command.main(arguments, self._at.environ, project=self._at.project)
        _require(code, "the setup failed")
        values = self.values
        if values["VODPASS_REGION"] != REGION:
            raise NotRight(f"the fake cloud is in {REGION}")
        self._env = "prod" if values.get("VODPASS_DOMAIN") else ""
        template = f"s.{self._env}.yaml" if self._env else "s.yaml"
        needed = serverless_devs.read_by(self._at.project, template)
        chosen = readiness.chosen(values, needed)
        try:
            self._document = serverless_devs.preview(
                self._at.s, self._at.project, template, chosen, self._at.environ
            )
        except NotRendered:
            raise NotRight("`s preview` printed no document") from None
        self._job = Job(template, chosen, tuple(self._props))

    def apply(self, *, again: bool = False) -> None:
        """Make what it needs in the account; `again`: there must be nothing left to do."""
        title("python -m ops.account apply", *self._own_file, "   # once more" if again else "")
        code, said = self._of_account("apply")
        _require(code, "the account was not made")
        if again and not said.splitlines()[-1].startswith(("nothing to do", "无需操作")):
            raise NotRight("a second apply had something to do")

    def deploy(self, *, builds: bool) -> None:
        """Deploy, examine and try it, and set VOD's callback.

        Without `builds`, the bundle that is in the folder is deployed: it has no settings.
        """
        env = f"--env {self._env}" if self._env else ""
        title("python -m ops.deploy", env, *self._own_file, f"   # {self.how}")
        at = self._at.fake.endpoint
        options = ["--env", self._env, "--env-file", str(self._env_file), "--s", str(self._at.s)]
        code = deploy_command.main(
            [*options, *spoken(), "--endpoint", at, "--ram-endpoint", at, "--fc-endpoint", at],
            self._at.environ,
            project=self._at.project,
            deployer=self._deployer,
            build=bundles.build if builds else _as_it_is,
        )
        _require(code, "the deployment is not sound")

    def examine(self) -> None:
        """The doctor finds nothing."""
        title("python -m ops.doctor", f"   # {self.name}")
        at = [word for name, url in self._urls().items() for word in ("--at", f"{name}={url}")]
        found = afterwards.doctor(self._place(), self._document, at, token_of(self.values) or "")
        if found is None or not found.sound:
            codes = (
                []
                if found is None
                else [f"{one['code']} {one['subject']}" for one in found.findings]
            )
            raise NotRight(f"the doctor found something: {', '.join(codes)}")
        right(f"the doctor finds nothing in {self.name}")

    def try_it(self) -> None:
        """Smoke passes, and VOD's callbacks about its video arrive as events."""
        self._at.receiver.forget()
        title("python -m ops.smoke", f"   # {self.name}")
        at = [
            word
            for name, url in self._urls().items()
            if name in ("upload", "refresh", "play")
            for word in ("--at", f"{name}={url}")
        ]
        passed, lines = afterwards.smoke(self._place(), at, token_of(self.values) or "")
        if not passed:
            raise NotRight("smoke failed\n" + "\n".join(lines))
        right(f"smoke passes for {self.name}")
        kind = self._at.receiver.wait_for(self.values["VODPASS_WEBHOOK_SECRETS"], SECONDS)
        if not kind:
            raise NotRight(f"no event of {self.name} came")
        right(f"VOD's callback arrives as {kind}, signed by {self.name}")

    def refuses_to_go(self) -> None:
        """`destroy` names the functions that use the roles, and removes nothing."""
        title("python -m ops.account destroy", *self._own_file)
        code, said = self._of_account("destroy", "--yes")
        uses = [
            told(f"{REGION}: the function {one['functionName']} has the role {one['role']}")
            for one in self._props.values()
        ]
        if code != account_command.NOT_DONE or not all(use in said for use in uses):
            raise NotRight("destroy must name the functions that still use the roles")
        right(f"destroy names the functions that use the roles of {self.name}, and refuses")

    def remove_functions(self) -> None:
        """Remove the functions."""
        title(f"# remove the functions of {self.name}, as `s remove` does")
        names = [str(one["functionName"]) for one in self._props.values()]
        removal.remove(self._at.account, names)

    def destroy(self) -> None:
        """Remove what it has in the account."""
        title("python -m ops.account destroy", *self._own_file)
        code, _ = self._of_account("destroy", "--yes")
        _require(code, "destroy failed")

    # --- inside -------------------------------------------------------------------------------

    def _of_account(self, command: str, *more: str) -> tuple[int, str]:
        """Run a command of `ops.account`. Returns its exit code, and what it printed."""
        said = Copied()
        # The document has secrets, so it goes through memory, not through a file.
        with standard_input(json.dumps(self._document)), contextlib.redirect_stdout(said):
            code = account_command.main(
                [
                    command,
                    "--settings",
                    "-",
                    "--endpoint",
                    self._at.fake.endpoint,
                    *spoken(),
                    *more,
                ],
                self._at.environ,
            )
        return code, said.getvalue()

    def _deployer(self, command: Path | None, key: Key, account_id: str) -> Deployer:
        at = self._at.fake.endpoint
        account = Account(key, REGION, endpoint=at, fc_endpoint=at)

        def of_job(job: Job) -> Mapping[str, Any]:
            return serverless_devs.preview(
                command or self._at.s,
                self._at.project,
                job.template,
                job.settings,
                self._at.environ,
            )

        return WithSdk(account, account_id, self._at.project, of_job)

    def _place(self) -> Place:
        at = self._at.fake.endpoint
        return Place(self._at.project, REGION, KEY, at, at, at, self._at.environ)

    def _urls(self) -> dict[str, str]:
        return addresses.of_triggers(self._at.account, self._props)


def _as_it_is(*_: object) -> tuple[int, list[str]]:
    return 0, []


def _require(code: int, otherwise: str) -> None:
    if code:
        raise NotRight(otherwise, code)

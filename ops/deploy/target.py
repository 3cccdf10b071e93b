"""What is deployed, and to which account: what the check has found out, for all steps after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.account import Account, Key
from ops.deploy import addresses
from ops.deploy.run_s import Job


@dataclass
class Target:
    """One deployment. The steps change its addresses, and the settings that depend on them."""

    project: Path
    env: str
    template: str
    env_path: Path
    """The file of settings."""
    values: dict[str, str] = field(repr=False)
    """Every setting, from the environment and the file."""
    settings: dict[str, str] = field(repr=False)
    """Those that the template reads."""
    rendered: dict[str, Any] = field(repr=False)
    """What `s preview` renders."""
    command: Path
    """The command `s`."""
    key: Key = field(repr=False)
    account: Account
    account_id: str
    at: dict[str, str] = field(default_factory=dict)
    """The address of each HTTP trigger, by the name in `s.yaml`. Empty if a domain answers."""
    digest: str = ""
    """What names the code that is deployed: the digest of the bundle, or an alias."""
    alias: str = ""
    """The alias that all routes lead to, if it is ours."""

    @property
    def props(self) -> dict[str, Any]:
        """The `props` of each function, by its name in `s.yaml`."""
        return {name: resource["props"] for name, resource in self.rendered["resources"].items()}

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions, by their names in `s.yaml`."""
        return tuple(self.props)

    @property
    def region(self) -> str:
        """The region of the functions."""
        return str(self.props["events"]["region"])

    @property
    def name(self) -> str:
        """VODPASS_NAME: how the functions' names in the account begin."""
        return str(self.props["events"]["functionName"]).removesuffix("-events")

    @property
    def base(self) -> str:
        """The address of the custom domain; empty if there is none."""
        return addresses.of_domain(self.props)

    @property
    def domain(self) -> str:
        """The custom domain; empty if there is none."""
        return self.base.removeprefix("https://")

    @property
    def answers_at_domain(self) -> bool:
        """Whether the functions answer at the domain. A fake cloud has no TLS and no DNS for it."""
        return bool(self.base) and not self.account.rehearsal

    def job(self, only: str = "") -> Job:
        """The work of `s`: all functions, or one."""
        return Job(self.template, self.settings, self.functions, only)

    def addresses(self) -> dict[str, str]:
        """Where each function that is called answers."""
        return {
            name: f"{self.base}/{name}" if self.base else self.at.get(name, "")
            for name in addresses.called(self.props)
        }

    def queue(self) -> str:
        """The queue that `events` reads; empty if there is none."""
        for trigger in self.props["events"]["triggers"]:
            if trigger["triggerType"] == "eventbridge":
                source = trigger["triggerConfig"]["eventSourceConfig"]["eventSourceParameters"]
                return str(source["sourceMNSParameters"]["QueueName"])
        return ""

"""Leads what Node programs call to a fake cloud on this machine, through TLS; see routing.cjs."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.rehearse.certificates import server_context
from ops.rehearse.tls_front import TlsFront

BELOW = "aliyuncs.com"
"""All hosts of the fake cloud are below this name, and the authority may sign for no other."""

_PRELOAD = Path(__file__).with_name("routing.cjs")

_QUIET = (
    "registry.npmjs.org",
    "registry.serverless-devs.com",
    "serverless-devs3-metrics.cn-hangzhou.log.aliyuncs.com",
    ".devsapp.cn",
    ".devsapp.net",
    ".serverlessfans.cn",
)
"""Where `s` reports to its makers, and looks for newer versions of itself, components, templates.

A name that begins with a dot stands for everything below it.
"""

_DONE_WITHOUT: Mapping[str, str] = {
    "sls": "it would mark the log store as Function Compute's; the component goes on without",
}
"""First labels of hosts that the fake cloud does not have, and what is left out for it."""


def hosts(region: str, account_id: str) -> list[str]:
    """The hosts that `s` calls to deploy to a region, and that the fake cloud answers for.

    From the component fc3 0.1.22, whose calls were recorded. `*.` stands for one label.
    """
    return [
        f"fcv3.{region}.{BELOW}",
        f"{account_id}.{region}.fc.{BELOW}",
        f"*.oss-accelerate.{BELOW}",
        f"{region}.log.{BELOW}",
        f"*.{region}.log.{BELOW}",
        f"ram.{BELOW}",
        f"resourcemanager.{BELOW}",
        f"sts.{BELOW}",
        f"cas.{BELOW}",
    ]


@dataclass(frozen=True)
class Called:
    """The hosts that were called, by name."""

    routed: Sequence[str] = ()
    quiet: Sequence[str] = ()
    done_without: Mapping[str, str] = field(default_factory=dict)
    """Those that the fake cloud does not have, each with what is left out."""
    unknown: Sequence[str] = ()
    """Refused, and nobody knows why they were called."""


@dataclass(frozen=True)
class Routing:
    """What a Node program needs in its environment, and what such programs have called."""

    environment: Mapping[str, str]
    _report: Path

    def called(self) -> Called:
        """The hosts that were called until now."""
        said = set(self._report.read_text("utf-8").splitlines())
        refused = sorted(line.removeprefix("refused ") for line in said if line[:8] == "refused ")
        left_out = {
            host: _DONE_WITHOUT[host.partition(".")[0]]
            for host in refused
            if host.endswith(f".{BELOW}") and host.partition(".")[0] in _DONE_WITHOUT
        }
        quiet = [host for host in refused if _is_quiet(host)]
        return Called(
            sorted(line.removeprefix("routed ") for line in said if line[:7] == "routed "),
            quiet,
            left_out,
            [host for host in refused if host not in left_out and host not in quiet],
        )


@contextlib.contextmanager
def routing(names: Sequence[str], port: int) -> Iterator[Routing]:
    """Lead `names` to `port` of this machine. Everything else is refused.

    The folder with the authority's certificate has mode 0700 and is removed afterwards.
    """
    folder = Path(tempfile.mkdtemp(prefix="vodpass-routing-"))
    try:
        context, trusted = server_context(folder, names, BELOW)
        report = folder / "called"
        report.touch()
        with TlsFront(context, port) as front:
            given = {"hosts": names, "ports": {"443": front.port}, "report": str(report)}
            environment = {
                # In quotation marks: the path may have blanks.
                "NODE_OPTIONS": f'--require "{_escaped(_PRELOAD)}"',
                "NODE_EXTRA_CA_CERTS": str(trusted),
                "REHEARSAL_ROUTES": json.dumps(given),
            }
            yield Routing(environment, report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _is_quiet(host: str) -> bool:
    return any(host.endswith(one) if one.startswith(".") else host == one for one in _QUIET)

"""The subcommand `fakealiyun verify`."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from fakealiyun.facts import all_facts
from fakealiyun.fake_cloud import FakeCloud
from fakealiyun.verify import report
from fakealiyun.verify.answers import ProbeError
from fakealiyun.verify.clean import left_overs
from fakealiyun.verify.endpoints import EndpointError, Endpoints
from fakealiyun.verify.probe import Probe, all_probes
from fakealiyun.verify.run import Check, Side, connect, run
from fakealiyun.verify.signing import Key

DESCRIPTION = """\
Check what the fake knows against a real account, side by side with a fake of its own.

Without --run it sends nothing: it lists what it would do and what that costs.
`verify clean` lists what interrupted runs left in the account; with --run it deletes that.

The AccessKey comes from the environment only:
  ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET
  ALIBABA_CLOUD_SECURITY_TOKEN   for a temporary AccessKey

Exit status: 0 the sides agree, 1 they differ, 2 it could not start, 3 a probe could not run or
something could not be deleted.
"""
ASK_ABOVE = 5.0
"""US cents. A run that can cost more asks first, or needs --yes."""

_KEY_ID, _KEY_SECRET, _TOKEN = (
    f"ALIBABA_CLOUD_{name}" for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")
)
AGREE, DIFFER, NOT_STARTED, INCOMPLETE = 0, 1, 2, 3


class _NotStarted(Exception):
    """The command cannot start. The text says why."""


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments after `verify`. Ends the process with status 2 if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="fakealiyun verify",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", nargs="?", choices=("clean",), help="look for left-overs")
    parser.add_argument("--run", action="store_true", help="send the requests")
    parser.add_argument(
        "--yes", action="store_true", help="do not ask, even if it can cost more than a few cents"
    )
    parser.add_argument("--region", default="cn-shanghai", help="the region (%(default)s)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="FACT",
        help="check this fact, or all facts of a service such as vod; may be repeated",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the results, without secrets and ids"
    )
    parser.add_argument(
        "--against",
        metavar="HOST:PORT",
        help="a fake on this machine in the place of the real cloud",
    )
    return parser.parse_args(arguments)


def all_checks(probes: Mapping[str, Probe] | None = None) -> tuple[Check, ...]:
    """Every fact that has a probe, with it."""
    found = all_probes() if probes is None else probes
    return tuple(Check(fact, found[fact.probe]) for fact in all_facts() if fact.probe in found)


def main(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    checks: tuple[Check, ...] | None = None,
) -> int:
    """Run the subcommand. Returns its exit status."""
    asked = parse_arguments(arguments)
    environment = os.environ if environment is None else environment
    try:
        if asked.task == "clean":
            return _clean(asked, environment)
        chosen = _choose(all_checks() if checks is None else checks, asked.only)
        if not asked.run:
            print(report.plan(chosen))
            return AGREE
        if asked.json is not None and not asked.json.absolute().parent.is_dir():
            raise _NotStarted(f"there is no folder for {asked.json}")
        _ask(report.total_cents(chosen), yes=asked.yes)
        return _compare(asked, environment, chosen)
    except (_NotStarted, EndpointError, ProbeError) as error:
        print(f"fakealiyun verify: {error}", file=sys.stderr)
        return NOT_STARTED


def _choose(checks: tuple[Check, ...], only: Sequence[str]) -> tuple[Check, ...]:
    if not only:
        return checks
    known = {check.fact.id for check in checks} | {check.fact.service for check in checks}
    for name in only:
        if name not in known:
            raise _NotStarted(f"no fact with a probe is named {name}")
    return tuple(check for check in checks if {check.fact.id, check.fact.service} & set(only))


def _ask(cents: float, *, yes: bool) -> None:
    """Ask before a run that can cost more than a few cents. Raises _NotStarted without consent."""
    if yes or cents <= ASK_ABOVE:
        return
    question = f"This can cost up to {cents:g} US cents. Go on? [yes/no] "
    if not sys.stdin.isatty():
        raise _NotStarted(f"this can cost up to {cents:g} US cents: --yes is needed")
    if input(question).strip().lower() != "yes":
        raise _NotStarted("stopped: nothing was sent")


def _real(asked: argparse.Namespace, environment: Mapping[str, str]) -> Side:
    endpoints = Endpoints(asked.region, asked.against)
    key_id, secret = environment.get(_KEY_ID), environment.get(_KEY_SECRET)
    if not key_id or not secret:
        raise _NotStarted(f"set {_KEY_ID} and {_KEY_SECRET} in the environment")
    key = Key(key_id, secret, environment.get(_TOKEN) or None)
    return connect("real", endpoints, key)


def _compare(
    asked: argparse.Namespace, environment: Mapping[str, str], checks: tuple[Check, ...]
) -> int:
    real = _real(asked, environment)
    results = []
    with FakeCloud(region=asked.region, allow_deploy=True) as cloud:
        admin = Key(cloud.admin.access_key_id, cloud.admin.access_key_secret)
        fake = connect("fake", Endpoints(asked.region, cloud.endpoint), admin)
        for result in run(checks, real, fake):
            results.append(result)
            print("\n".join(report.lines(result)), flush=True)
        if asked.json is not None:
            text = report.document(results, asked.region, (real, fake))
            asked.json.write_text(text, encoding="utf-8")
    print(report.summary(results))
    if any(result.differences for result in results):
        return DIFFER
    return INCOMPLETE if any(r.problems or r.left for r in results) else AGREE


def _clean(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    bench = _real(asked, environment).bench()
    failed = 0
    try:
        found = list(left_overs(bench))
        for one in found:
            deleted = asked.run and one.delete().status < 300
            failed += asked.run and not deleted
            print(f"{'deleted' if deleted else 'found'} {one.what}")
    except (OSError, http.client.HTTPException) as error:
        raise ProbeError(f"the cloud cannot be reached: {type(error).__name__}") from None
    print(f"{len(found)} left over." + ("" if asked.run or not found else " --run deletes them."))
    return INCOMPLETE if failed else AGREE

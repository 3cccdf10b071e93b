"""What `fakealiyun verify` prints, and the JSON that can be attached to a report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import version

from fakealiyun.verify.probe import Seen
from fakealiyun.verify.run import Check, Result, Side

FORMAT = 1


def plan(checks: Iterable[Check]) -> str:
    """What a run would do and what it costs."""
    lines = []
    checks = tuple(checks)
    for check in checks:
        lines.append(f"{check.fact.id} ({check.fact.provenance})")
        lines.append(f"    {check.fact.statement}")
        if check.probe.creates:
            lines.append(f"    creates and deletes: {check.probe.creates}")
        if check.probe.cents:
            lines.append(f"    costs at most {check.probe.cents:g} US cents")
    creating = sum(bool(check.probe.creates) for check in checks)
    lines += [
        "",
        f"{len(checks)} probes. {creating} create something and delete it again.",
        f"Cost: requests at list price, and at most {total_cents(checks):g} US cents.",
        "If the account has VOD callbacks, its receiver gets those of the created videos.",
        "Nothing was sent. --run runs the probes.",
    ]
    return "\n".join(lines)


def total_cents(checks: Iterable[Check]) -> float:
    """What a run can cost at most, in US cents."""
    return sum(check.probe.cents for check in checks)


def lines(result: Result) -> list[str]:
    """One result for the terminal."""
    found = [f"{result.verdict:>9}  {result.check.fact.id}"]
    found += [f"           {problem}" for problem in result.problems]
    for one in result.differences:
        found.append(f"           {one.at}: real {_show(one.real)}, fake {_show(one.fake)}")
    found += [f"           not deleted: {what}" for what in result.left]
    return found


def summary(results: Iterable[Result]) -> str:
    """The last line for the terminal."""
    results = tuple(results)
    count = dict.fromkeys(("equal", "different", "not run"), 0)
    for result in results:
        count[result.verdict] += 1
    text = ", ".join(f"{number} {verdict}" for verdict, number in count.items())
    left = sum(len(result.left) for result in results)
    return text + (f", {left} not deleted: run `fakealiyun verify clean`" if left else "")


def document(results: Iterable[Result], region: str, sides: Iterable[Side]) -> str:
    """All results as JSON, without secrets, account, buckets, ids and URLs."""
    entries: list[Seen] = [_entry(result) for result in results]
    whole: Seen = {
        "format": FORMAT,
        "fakealiyun": version("fakealiyun"),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "region": region,
        "results": entries,
    }
    # Everything was replaced when it was observed. This is a second line of defence.
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    for side in sides:
        text = side.hidden.known(text)
    return text


def _entry(result: Result) -> dict[str, Seen]:
    fact = result.check.fact
    seen: dict[str, Seen] = dict(result.seen)
    found: list[Seen] = [
        {"at": one.at, "real": one.real, "fake": one.fake} for one in result.differences
    ]
    return {
        "fact": fact.id,
        "statement": fact.statement,
        "provenance": fact.provenance,
        "verdict": result.verdict,
        "seen": seen,
        "differences": found,
        "problems": list(result.problems),
        "not_deleted": list(result.left),
    }


def _show(value: Seen) -> str:
    return json.dumps(value, ensure_ascii=False)

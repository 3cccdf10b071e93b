"""Runs probes on two sides and finds where they differ."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fakealiyun.fact import Fact
from fakealiyun.verify.answers import ProbeError, accepted, body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.endpoints import Endpoints
from fakealiyun.verify.probe import Observation, Probe, Seen
from fakealiyun.verify.redaction import Redaction
from fakealiyun.verify.signing import Key


@dataclass(frozen=True)
class Side:
    """The real cloud or a fake, with the AccessKey to call it."""

    name: str
    """`real` or `fake`."""
    endpoints: Endpoints
    key: Key
    account_id: str = ""
    hidden: Redaction = field(default_factory=Redaction, repr=False)

    def bench(self) -> Bench:
        """A new bench for one probe."""
        return Bench(self.endpoints, self.key, self.account_id, self.hidden)


@dataclass(frozen=True)
class Difference:
    """One observation in which the sides differ. `at` names it, such as `code`."""

    at: str
    real: Seen
    fake: Seen


@dataclass(frozen=True)
class Check:
    """One fact and the probe that checks it."""

    fact: Fact
    probe: Probe


@dataclass(frozen=True)
class Result:
    """What one probe showed."""

    check: Check
    seen: Mapping[str, Observation]
    """The observation of each side that answered."""
    problems: tuple[str, ...] = ()
    """Why the probe could not run on a side."""
    left: tuple[str, ...] = ()
    """What could not be deleted on the real side."""
    differences: tuple[Difference, ...] = ()

    @property
    def verdict(self) -> str:
        """`equal`, `different`, or `not run`."""
        if self.problems:
            return "not run"
        return "different" if self.differences else "equal"


def connect(name: str, endpoints: Endpoints, key: Key) -> Side:
    """The side with the id of its account. Raises ProbeError if the AccessKey is not accepted."""
    hidden = Redaction()
    for value in (key.access_key_id, key.secret, key.token):
        hidden.learn("credential", value)
    side = Side(name, endpoints, key, hidden=hidden)
    try:
        answer = side.bench().sts("GetCallerIdentity")
    except (OSError, http.client.HTTPException) as error:
        raise ProbeError(f"STS cannot be reached: {type(error).__name__}") from None
    identity = body(accepted("GetCallerIdentity", answer))
    account_id = str(identity["AccountId"])
    for value in (account_id, identity.get("Arn"), identity.get("PrincipalId")):
        hidden.learn("account", value)
    return Side(name, endpoints, key, account_id, hidden)


def run(checks: tuple[Check, ...], real: Side, fake: Side) -> Iterator[Result]:
    """Run each probe on the real side, then on the fake. Yields each result at once."""
    for check in checks:
        seen: dict[str, Observation] = {}
        problems: list[str] = []
        left: list[str] = []
        for side in (real, fake):
            bench = side.bench()
            try:
                with bench:
                    seen[side.name] = _hide(side, check.probe.run(bench))
            except (ProbeError, OSError, http.client.HTTPException) as error:
                # The text of other errors may quote a request, so only their kind is reported.
                known = isinstance(error, ProbeError)
                reason = side.hidden.text(str(error)) if known else type(error).__name__
                problems.append(f"{side.name}: {reason}")
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                problems.append(f"{side.name}: unexpected answer ({type(error).__name__})")
            if side is real:
                left += map(side.hidden.text, bench.left)
        found = () if problems else differences(seen["real"], seen["fake"])
        yield Result(check, seen, tuple(problems), tuple(left), found)


def _hide(side: Side, observation: Observation) -> Observation:
    return {name: side.hidden.seen(value) for name, value in observation.items()}


def differences(real: Seen, fake: Seen, at: str = "") -> tuple[Difference, ...]:
    """Where two observations differ. Mappings are compared name by name, lists as a whole."""
    if isinstance(real, dict) and isinstance(fake, dict):
        names = [*real, *(name for name in fake if name not in real)]
        return tuple(
            difference
            for name in names
            for difference in differences(
                real.get(name), fake.get(name), f"{at}.{name}" if at else name
            )
        )
    return () if real == fake else (Difference(at, real, fake),)

"""Fuzzes every parser for a bounded time, and keeps what it learns in `tests/fuzz/corpus/`.

python -m tests.fuzz [--seconds 120] [TARGET ...]

With atheris the search is guided by coverage; without it, hypothesis changes the corpus at random.
`--seconds` is for all targets together. A fault is kept in the corpus of its target, so that
`make test` finds it from then on, and ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
MOST_SECONDS = 3600.0
LONGEST = 4096  # bytes of an input
MOST_KEPT = 40  # inputs of a target's corpus that a run may add


def main() -> int:
    """Fuzz, report each target, and return 1 if one has a fault."""
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    options.add_argument("--seconds", type=float, default=120.0, help="(default %(default)s)")
    asked = options.parse_args()
    names = asked.targets or list(TARGETS)
    each = min(asked.seconds, MOST_SECONDS) / len(names)
    guided = importlib.util.find_spec("atheris") is not None
    print(f"fuzz: {'atheris, guided by coverage' if guided else 'hypothesis, at random'}")
    faults = [name for name in names if not (_guided if guided else _at_random)(name, each)]
    print(f"fuzz: {'faults in ' + ', '.join(faults) if faults else 'no fault'}")
    return 1 if faults else 0


def _guided(name: str, seconds: float) -> bool:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        learnt, crashes = Path(temporary) / "learnt", Path(temporary) / "crashes"
        learnt.mkdir()
        crashes.mkdir()
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(learnt), str(folder)]
        command += [f"-max_total_time={max(1, int(seconds))}", f"-max_len={LONGEST}"]
        command += ["-timeout=20", "-rss_limit_mb=2048", f"-artifact_prefix={crashes}/"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        runs = [line for line in done.stderr.splitlines() if line.startswith(("#", "Done "))]
        print(f"  {name:<8} {runs[-1][:90] if runs else 'did not run'}", flush=True)
        for path in sorted(learnt.iterdir())[:MOST_KEPT]:
            _keep(folder, path.read_bytes())
        if done.returncode == 0:
            return True
        for path in crashes.iterdir():
            print(f"  {name}: fault, kept as {_keep(folder, path.read_bytes()).name}")
        print(done.stderr[-3000:], file=sys.stderr)
        return False


def _at_random(name: str, seconds: float) -> bool:
    known = [path.read_bytes() for path in inputs(name)] or [b"{}"]
    count, tried = 0, b""

    @settings(max_examples=500, database=None, deadline=None, print_blob=False)
    @given(st.randoms(use_true_random=True), st.sampled_from(known))
    def once(chance: random.Random, data: bytes) -> None:
        nonlocal count, tried
        count, tried = count + 1, changed(chance, data, known)
        TARGETS[name](tried)

    ends = time.monotonic() + seconds
    try:
        while time.monotonic() < ends:
            once()
    except Exception:  # noqa: BLE001  any exception is a fault
        print(f"  {name}: fault, kept as {_keep(CORPUS / name, tried).name}")
        traceback.print_exc()
        return False
    print(f"  {name:<8} {count} runs", flush=True)
    return True


def changed(chance: random.Random, data: bytes, known: list[bytes]) -> bytes:
    """A few changes of an input: bytes, pieces of other inputs, and what breaks parsers."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(made))
        kind = chance.randrange(5)
        if kind == 0:
            made[at:at] = bytes([chance.randrange(256)])
        elif kind == 1:
            del made[at : at + chance.randint(1, 8)]
        elif kind == 2:
            other = chance.choice(known)
            start = chance.randint(0, len(other))
            made[at : at + 4] = other[start : start + chance.randint(1, 64)]
        elif kind == 3:
            made[at:at] = chance.choice(_PIECES)
        elif at < len(made):
            made[at] ^= 1 << chance.randrange(8)
    return bytes(made[:LONGEST])


_PIECES = [
    b"null",
    b"[]",
    b"{}",
    b"[" * 500,
    b'{"a":' * 300,
    b"-1",
    b"1e999",
    b'"\\ud800"',
    b"\x00",
]
_PIECES += [b"9" * 400, b"\xff\xfe", b"true", b'""', b"NaN", b"\xc2\xa0", b"\r\n", b"=", b"."]


def inputs(name: str) -> Iterator[Path]:
    """The files of a target's corpus."""
    with contextlib.suppress(FileNotFoundError):
        yield from sorted((CORPUS / name).iterdir())


def _keep(folder: Path, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main())

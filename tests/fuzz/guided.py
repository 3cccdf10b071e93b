"""Fuzzes one target with atheris, which is guided by coverage. Started by `python -m tests.fuzz`.

python -m tests.fuzz.guided TARGET [libFuzzer's arguments]
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs until libFuzzer ends: after its time, or with an error at the first fault."""
    import atheris

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["shared"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

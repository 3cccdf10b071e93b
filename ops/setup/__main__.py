"""Run with `python -m ops.setup`."""

import sys

from ops.setup.command import main

if __name__ == "__main__":
    sys.exit(main())

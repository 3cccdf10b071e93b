"""Run with `python -m ops.deploy`."""

import sys

from ops.deploy.command import main

if __name__ == "__main__":
    sys.exit(main())

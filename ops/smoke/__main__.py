"""`python -m ops.smoke`."""

import sys

from ops.smoke.command import main

if __name__ == "__main__":
    sys.exit(main())

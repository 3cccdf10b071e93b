"""`python -m ops.account`."""

import sys

from ops.account.command import main

try:
    sys.exit(main())
except KeyboardInterrupt:
    print("\ninterrupted: run the same command again, and it does the rest", file=sys.stderr)
    sys.exit(130)

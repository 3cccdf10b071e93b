"""`python -m ops.account`."""

import sys

from ops.account.command import main
from ops.voice import say

try:
    sys.exit(main())
except KeyboardInterrupt:
    say("\ninterrupted: run the same command again, and it does the rest")
    sys.exit(130)

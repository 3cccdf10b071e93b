"""`python -m ops.account`."""

import sys

from ops.account.command import main

sys.exit(main())

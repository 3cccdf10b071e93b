"""The operator's account: calls to its services, and what a deployment needs in it.

`python -m ops.account` plans, makes and removes what a deployment needs besides its functions.
"""

from ops.account.answers import NotAnswered, ServiceAnswer, ServiceRefused
from ops.account.calls import LOOPBACK, Account, silence_clients
from ops.account.key import NAMINGS, TOKEN_VARIABLE, Key, NoKey, key_of

__all__ = [
    "LOOPBACK",
    "NAMINGS",
    "TOKEN_VARIABLE",
    "Account",
    "Key",
    "NoKey",
    "NotAnswered",
    "ServiceAnswer",
    "ServiceRefused",
    "key_of",
    "silence_clients",
]

"""The operator's account: calls to its services, and what a deployment needs in it.

`python -m ops.account` plans, makes and removes what a deployment needs besides its functions.
"""

from ops.account.calls import (
    LOOPBACK,
    NAMINGS,
    TOKEN_VARIABLE,
    Account,
    Key,
    NoKey,
    NotAnswered,
    ServiceAnswer,
    ServiceRefused,
    key_of,
    silence_clients,
)

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

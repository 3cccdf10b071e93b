"""How a deployment ends: its exit codes, and the reason where it stops on the way."""

from __future__ import annotations

from ops.account import NotAnswered, ServiceRefused
from ops.text import Text

DONE, NOT_SOUND, INTERRUPTED = 0, 1, 130


class Stop(Exception):
    """The deployment ends here: a text, and the exit code."""

    def __init__(self, text: Text, exit_code: int = NOT_SOUND) -> None:
        super().__init__(text.en)
        self.text = text
        self.exit_code = exit_code


def code_of(refusal: Exception) -> str:
    """What may be shown of a refusal: its code, or what kind of fault it is."""
    return str(refusal) if isinstance(refusal, (ServiceRefused, NotAnswered)) else "AccountId"

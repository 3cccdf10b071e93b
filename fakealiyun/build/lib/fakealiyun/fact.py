"""One fact about the real cloud, and how the fake knows it.

Each service lists its facts in `<service>/facts.py`. The coverage page is written from them, and
`fakealiyun verify` checks them against a real account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Provenance = Literal["recorded", "documented", "guessed"]

RECORDED: Provenance = "recorded"
"""An answer of the real service was seen."""
DOCUMENTED: Provenance = "documented"
"""The vendor's documentation or the source of a vendor's SDK says so."""
GUESSED: Provenance = "guessed"
"""No source says so. The fake does what is most likely, or what is strictest."""

PROVENANCES: tuple[Provenance, ...] = (RECORDED, DOCUMENTED, GUESSED)

# Reasons why a fact has no probe.
SEEN = "A real answer was recorded."
EXPLICIT = "The vendor's text is explicit, and no source contradicts it."
SETTINGS = "A probe would change the account's own settings."
CALLBACKS = "A probe would change the account's callbacks."
WAIT = "A probe would have to wait for an hour or longer."
PAID = "A probe would start paid processing."
ROLE = "A probe would need a RAM role that it must not create."
IDENTITY = "A probe would need a second identity or a second account."
ACCOUNT = "A probe would change the roles and policies of the account."
RACE = "It depends on timing, which a probe does not control."
DOMAIN = "It depends on the CDN domain of the account."
CONSOLE = "It needs something that only the console can create."
DEPLOYMENT = "A probe would have to deploy a function, and wait until it is gone."
PLAYABLE = "A probe would need a video that VOD can play, and processing that may be paid."
STATUS = "A probe would have to bring a video into each status, which includes paid processing."
FC_DOMAIN = "A probe would need a domain with an ICP filing."
FORM = "One answer shows only one case of many."
LEFT = "Its left-overs could not be found again: `verify clean` knows no list of them."
OWN_NAMES = "What a probe creates must have a name that begins with the prefix of probes."
EXPLAINED = "It is a choice between descriptions of the vendor. One answer would not decide it."


@dataclass(frozen=True)
class Fact:
    """One statement about the real service, which the fake follows.

    A fact has a probe or a reason why it has none.
    """

    id: str
    """Unique: the service, a dot and a name, such as `vod.reference_id_taken`."""
    statement: str
    """What is true, or what the fake does if nobody knows."""
    provenance: Provenance
    source: str
    """Where the statement comes from. For a guess: what the guess rests on."""
    date: str
    """When the source was valid: a year, or a year and a month."""
    operations: tuple[str, ...] = ()
    """The operations that rest on it. Empty: the whole service."""
    probe: str = ""
    """The probe that checks it: `vod.reference_id_taken` is `probes/vod/reference_id_taken.py`."""
    no_probe: str = ""
    """Why it has no probe."""

    @property
    def service(self) -> str:
        """The name of the service's package."""
        return self.id.partition(".")[0]

"""Whether a URL that is passed on names a public host: no literal address, and no local name.

Whoever fetches such a URL, VOD or somebody's player, sits in a network of its own. The check reads
the text alone. It looks up no name, so it cannot know that a public name has a private address.
"""

from __future__ import annotations

import re

_WEB = r"https?://([A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?([/?#][^\s\\]*)?"
"""No user information, backslash or escape in the host: programs disagree about these."""

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label has letters first. Else browsers read the host as an IPv4 address, such as
# 127.1, 0x7f.1 or 2130706433.
_NAME = rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])"

# Names for local use (RFC 6761, 6762, 7686, 8375, 9476), those that ICANN never delegates, and the
# services of a Kubernetes cluster.
_LOCAL = frozenset(
    "alt arpa corp domain home internal intranet invalid lan local localdomain localhost mail onion"
    " private svc test".split()
)


def is_public(url: str) -> bool:
    """Whether ``url`` is an http or https URL of a host that may be public."""
    found = re.fullmatch(_WEB, url)
    if found is None or int((found[2] or ":80")[1:]) not in range(1, 65536):
        return False
    name = found[1].lower().removesuffix(".")
    return bool(re.fullmatch(_NAME, name)) and name.rpartition(".")[2] not in _LOCAL

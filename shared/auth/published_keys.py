"""Verification keys from a JWKS URL, kept between requests.

Fetched when first needed and again after ten minutes; at once, though at most once a minute, for
a ``kid`` that is not known, so that a rotation refuses nobody. While the URL does not answer, the
last good set serves for a day at most. Only public keys come this way: a shared secret behind a
URL would be no secret.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from shared.config.jwk import KeySet, VerificationKey, parse_published_keys
from shared.errors import Unavailable
from shared.transport import Transport, TransportError

TIMEOUT = 2.0  # seconds
LIMIT = 64 * 1024  # bytes
FRESH = 600  # seconds a set is used without asking again
PAUSE = 60  # seconds between two fetches for a kid that is not known
PAUSE_AFTER_FAILURE = 5  # seconds
STALE = 24 * 3600  # seconds the last good set serves while the URL does not answer


class PublishedKeys:
    """The keys at one URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.netloc
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._transport = Transport()
        self._keys: KeySet | None = None
        self._fetched = 0.0  # when the set was had
        self._failed = 0.0  # when it was last not to be had
        self._searched = 0.0  # when it was last fetched for an unknown kid

    def find(self, kid: str | None) -> VerificationKey | None:
        """The key of that ``kid``. Raises Unavailable while no set could be had."""
        # Wall time: the monotonic clock may stand still while the instance is frozen.
        now = time.time()
        if self._keys is None or not 0 <= now - self._fetched < FRESH:
            if not 0 <= now - self._failed < PAUSE_AFTER_FAILURE:
                self._fetch(now)
        elif self._keys.find(kid) is None and not 0 <= now - self._searched < PAUSE:
            self._searched = now
            self._fetch(now)
        if self._keys is None or not 0 <= now - self._fetched < STALE:
            raise Unavailable("The keys that verify tokens cannot be had at the moment.")
        return self._keys.find(kid)

    def _fetch(self, now: float) -> None:
        self._failed = now  # until it is known better
        try:
            answer = self._transport.exchange(
                "GET",
                self._host,
                self._path,
                {"Accept": "application/json", "User-Agent": "vodpass"},
                b"",
                tls=self._tls,
                timeout=TIMEOUT,
                limit=LIMIT,
            )
            if answer.status != 200:
                return
            self._keys = parse_published_keys(answer.body)
        except (TransportError, ValueError):
            return  # the last good set serves on; find() knows for how long
        self._fetched, self._failed = now, 0.0

"""Verification keys from a JWKS URL, kept between requests.

The keys are fetched at the first need and again after ten minutes. An unknown ``kid`` also causes
a fetch, at most once a minute, so that a rotation refuses nobody. If the URL does not answer, the
last good keys serve for at most a day. Only public keys are accepted: a shared secret behind a URL
is not secret.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from shared.config.jwk import KeySet, VerificationKey, parse_published_keys
from shared.errors import Unavailable
from shared.transport import Transport, TransportError

TIMEOUT = 2.0  # seconds
LIMIT = 64 * 1024  # bytes
FRESH = 600  # seconds that keys are used without a new fetch
PAUSE = 60  # seconds between two fetches for an unknown kid
PAUSE_AFTER_FAILURE = 5  # seconds
STALE = 24 * 3600  # seconds that the last good keys serve while the URL does not answer


class PublishedKeys:
    """The keys at one URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.netloc
        self._path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._transport = Transport()
        self._keys: KeySet | None = None
        self._fetched = 0.0  # when the keys were fetched
        self._failed = 0.0  # when the last fetch failed
        self._searched = 0.0  # when an unknown kid last caused a fetch

    def find(self, kid: str | None) -> VerificationKey | None:
        """The key with that ``kid``. Raises Unavailable if there are no keys."""
        # Wall time: the monotonic clock may stop while the instance is frozen.
        now = time.time()
        if self._is_fetch_due(kid, now):
            self._fetch(now)
        if self._keys is None or not 0 <= now - self._fetched < STALE:
            raise Unavailable("The keys that verify tokens are not available at the moment.")
        return self._keys.find(kid)

    def _is_fetch_due(self, kid: str | None, now: float) -> bool:
        """Whether to fetch the keys, because they are old or lack ``kid``. Notes a search."""
        if self._keys is None or not 0 <= now - self._fetched < FRESH:
            return not 0 <= now - self._failed < PAUSE_AFTER_FAILURE
        if self._keys.find(kid) is not None or 0 <= now - self._searched < PAUSE:
            return False
        self._searched = now
        return True

    def _fetch(self, now: float) -> None:
        """Fetches the keys. If that fails, the last good ones stay."""
        self._failed = now  # reset below if the fetch succeeds
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
            return  # the last good keys serve on; find() limits for how long
        self._fetched, self._failed = now, 0.0

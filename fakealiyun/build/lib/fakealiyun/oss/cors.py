"""The cross-origin rules (CORS) of a bucket. The first rule that matches decides.

Source: the OSS reference on PutBucketCors and OptionObject.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


@dataclass(frozen=True)
class CorsRule:
    """One rule. Each origin and header may contain one `*`. `max_age` is in seconds."""

    allowed_origins: tuple[str, ...]
    allowed_methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int = 0

    def matches(self, origin: str, method: str, headers: Iterable[str]) -> bool:
        """Whether a page from `origin` may send `method` with these request headers."""
        return (
            any(_like(pattern, origin) for pattern in self.allowed_origins)
            and method in self.allowed_methods
            and all(
                any(_like(pattern.lower(), name.lower()) for pattern in self.allowed_headers)
                for name in headers
            )
        )

    def answer(self, origin: str, *, vary: bool = False) -> dict[str, str]:
        """The CORS headers for the browser. `*` stays `*`, as in real answers.

        With `vary`, the answer has `Vary: Origin` under every rule.
        """
        headers = {
            "Access-Control-Allow-Origin": "*" if "*" in self.allowed_origins else origin,
            "Access-Control-Allow-Methods": ", ".join(self.allowed_methods),
        }
        if self.expose_headers:
            headers["Access-Control-Expose-Headers"] = ", ".join(self.expose_headers)
        if vary or "*" not in self.allowed_origins:
            headers["Vary"] = "Origin"
        return headers

    def preflight_answer(
        self, origin: str, requested: Sequence[str], *, vary: bool = False
    ) -> dict[str, str]:
        """The headers of `answer`, and those that only a preflight answer has."""
        headers = self.answer(origin, vary=vary)
        if requested:
            headers["Access-Control-Allow-Headers"] = ", ".join(requested)
        if self.max_age:
            headers["Access-Control-Max-Age"] = str(self.max_age)
        return headers


def upload_rule(origins: Iterable[str]) -> CorsRule:
    """The rule for uploads from pages of these origins. Multipart uploads need the exposed ETag."""
    return CorsRule(
        allowed_origins=tuple(origins),
        allowed_methods=METHODS,
        allowed_headers=("*",),
        expose_headers=("ETag", "x-oss-request-id"),
        max_age=3600,
    )


#: The buckets of VOD have rules that let browsers upload from any page. This is documented, but
#: not the exact rules.
VOD_BUCKET_RULES = (upload_rule(("*",)),)


def first_match(
    rules: Iterable[CorsRule], origin: str, method: str, headers: Iterable[str] = ()
) -> CorsRule | None:
    """The first rule that allows the request; None if no rule does."""
    wanted = tuple(headers)
    return next((rule for rule in rules if rule.matches(origin, method, wanted)), None)


def _like(pattern: str, value: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == value
    return len(value) >= len(head) + len(tail) and value.startswith(head) and value.endswith(tail)

"""The attacks by name, and the tests that try them. `listing.py` puts them into the page.

A pattern names tests of a file, like `test_a*` or `TestSomething::*`. Every test of this folder
must be among an attack.
"""

from __future__ import annotations

from dataclasses import dataclass

ATTACKS_FOLDER = "tests/attacks"
TOKENS = f"{ATTACKS_FOLDER}/test_tokens.py"
OWNERSHIP = f"{ATTACKS_FOLDER}/test_ownership.py"
CREDENTIALS = f"{ATTACKS_FOLDER}/test_credentials.py"
REQUESTS = f"{ATTACKS_FOLDER}/test_requests.py"
MACHINE = f"{ATTACKS_FOLDER}/test_local_machine.py"
CALLER = "tests/shared/test_caller.py"
HTTP_ROAD = "tests/functions/events/test_http_road.py"
LIMITS = "tests/functions/limits/test_limits.py"


@dataclass(frozen=True)
class Attack:
    """One attack. ``where``: files, each with the patterns of its tests."""

    name: str
    tried: str
    where: dict[str, tuple[str, ...]]


ATTACKS = (
    Attack(
        "forged token",
        "no algorithm, another algorithm, a public key as a secret, a key of its own, a guessed "
        "secret, a changed signature or claim",
        {
            TOKENS: (
                "test_the_three_kinds*",
                "test_no_algorithm",
                "test_a_public_key*",
                "test_a_shared_secret*",
                "test_a_key_of*",
                "test_a_signature*",
                "test_a_header*",
                "test_a_kid*",
                "test_a_token_without*",
                "test_a_guessed*",
                "test_claims_that*",
            ),
            "tests/shared/test_algorithms.py": ("*",),
            CALLER: (
                "test_a_signature_of*",
                "test_the_key_decides*",
                "test_a_public_key*",
                "test_a_token_that_brings*",
                "test_an_unknown_key*",
            ),
        },
    ),
    Attack(
        "genuine token, wrong content",
        "other times, issuers, audiences, subjects and claims, and claims that are null or nested",
        {
            TOKENS: ("test_invalid*", "test_an_expired*"),
            CALLER: (
                "test_each_broken*",
                "test_a_claim_that*",
                "test_a_pointer*",
                "test_audience*",
                "test_any_other_subject*",
            ),
            "tests/functions/test_claims.py": ("test_a_claim*", "test_an_invalid*"),
            "tests/functions/tokens/test_issuers.py": ("*another_tenant*", "*cannot_set*"),
        },
    ),
    Attack(
        "ambiguous request",
        "two tokens, a token in another place, headers that can be read in two ways, forged "
        "headers of Function Compute",
        {
            TOKENS: (
                "test_almost*",
                "test_the_scheme*",
                "test_two*",
                "test_a_token_in*",
                "test_text*",
            ),
            REQUESTS: ("TestHeaders::*",),
        },
    ),
    Attack(
        "published keys",
        "an issuer's keys that are withdrawn, unusable or used as a secret; many unknown kids",
        {"tests/functions/tokens/test_published_keys.py": ("*",)},
    ),
    Attack(
        "another user's video",
        "its id, its Idempotency-Key, a similar name, the same name from another issuer",
        {OWNERSHIP: ("TestAnotherUsersVideo::*",)},
    ),
    Attack(
        "forged ownership",
        "marks that are guessed, copied, changed or made with another key, and forged UserData",
        {
            OWNERSHIP: ("TestAMark::*", "TestForgedUserData::*"),
            "tests/shared/test_ownership.py": ("*",),
            "tests/functions/sts/test_tokens_for_vod.py": (
                "*take_over_the_mark*",
                "*no_chosen_reference*",
                "*copied_mark*",
            ),
        },
    ),
    Attack(
        "credential after the end",
        "a refresh or a repeat once the upload has finished, or while it finishes",
        {OWNERSHIP: ("TestAFinishedVideo::*",)},
    ),
    Attack(
        "credential for another video",
        "VOD answers for another video than the one that was asked for",
        {"tests/shared/test_credential_is_for_the_video.py": ("*",)},
    ),
    Attack(
        "abuse of an upload credential",
        "another object or bucket, reading, deleting, other operations, use after its end",
        {CREDENTIALS: ("TestAnUploadCredential::*",)},
    ),
    Attack(
        "abuse of a PlayAuth",
        "another video, another operation, parts of two, use after its end",
        {CREDENTIALS: ("TestAPlayAuth::*",)},
    ),
    Attack(
        "abuse of an STS token",
        "other operations, objects of others, another role, use after its end",
        {
            "tests/functions/sts/test_tokens_for_vod.py": (
                "*refused",
                "*allows_no*",
                "*stops_working*",
                "*another_role*",
                "*three_parts*",
            ),
            "tests/functions/sts/test_tokens_for_oss.py": (
                "*nothing*",
                "*another_permission*",
                "*only_until*",
                "*two_dots*",
                "*of_others*",
            ),
            "tests/functions/sts/test_names_and_policies.py": ("*no_two_owners*", "*no_text*"),
        },
    ),
    Attack(
        "abuse of a role",
        "what the credential of a function or of a client opens, and who may take it",
        {"tests/functions/roles/test_roles.py": ("TestTheRoles*", "TestWhoMay*")},
    ),
    Attack(
        "theft of the PlayKey",
        "every answer, refusal, fault and defect of `play`, searched for the key",
        {f"{ATTACKS_FOLDER}/test_play_key.py": ("*",)},
    ),
    Attack(
        "forged callback",
        "not signed, signed for another address or long ago, repeated, with another body",
        {
            HTTP_ROAD: ("*did_not_sign*", "test_a_signed*", "*another_path", "*body*"),
            "tests/shared/test_callback_signature.py": ("*",),
            "tests/functions/events/test_two_deployments.py": ("test_a_signature*",),
        },
    ),
    Attack(
        "forged message in a queue",
        "rechecks that are invented, changed, of another deployment or too early",
        {
            "tests/functions/events/test_second_look.py": ("test_a_forged*", "*too_early*"),
            "tests/shared/test_recheck.py": ("test_a_message*",),
        },
    ),
    Attack(
        "replaced file",
        "another file while the credential lives, and by a write that ends after it",
        {
            "tests/functions/events/test_second_look.py": (
                "test_a_file_replaced*",
                "test_a_restored*",
                "test_several*",
            ),
            "tests/functions/events/test_slow_writers.py": ("*",),
        },
    ),
    Attack(
        "deletion by deceit",
        "an upload that changes before its deletion, another deployment's window, too many at once",
        {
            "tests/shared/test_clean_up.py": ("*",),
            "tests/functions/test_upload_windows.py": ("*",),
            "tests/instances/test_abandoned_uploads.py": ("*",),
        },
    ),
    Attack(
        "webhook into the own network",
        "private, mapped and local addresses, also behind a public name",
        {
            f"{ATTACKS_FOLDER}/test_webhook_addresses.py": ("*",),
            "tests/shared/test_transport.py": ("*public*", "*redirect*", "*certificate*"),
        },
    ),
    Attack(
        "text that something else reads",
        "control characters, other directions of writing, code, lines of the log",
        {REQUESTS: ("TestText::*",)},
    ),
    Attack(
        "reading the log",
        "a caller's own log, searched for secrets and for whether a video exists",
        {REQUESTS: ("TestLogTail::*",)},
    ),
    Attack(
        "call without waiting",
        "asynchronous calls, whose answer could be picked up elsewhere",
        {REQUESTS: ("TestAsynchronous::*",)},
    ),
    Attack(
        "exhaustion",
        "large and deeply nested input, huge numbers and tokens, keys that collide, any input",
        {
            REQUESTS: ("TestResources::*",),
            TOKENS: ("test_a_huge_token",),
            f"{ATTACKS_FOLDER}/test_nesting.py": ("*",),
            "tests/functions/test_any_request.py": ("*",),
            "tests/fuzz/test_corpus.py": ("*",),
        },
    ),
    Attack(
        "use of everybody's rate",
        "more than the limits allow, at once, by wider tokens, guessed ids and without the store",
        {LIMITS: ("*",), "tests/reliability/store/test_matrix.py": ("*",)},
    ),
    Attack(
        "hostile page on the developer's machine",
        "other sites, forms without a preflight, rebound host names",
        {MACHINE: ("*",)},
    ),
)
"""In the order of the page."""

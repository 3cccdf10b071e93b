"""Persistent data keeps its form: marks, sealed Extends, rechecks, ids, names and codes.

The vectors under `golden/` were made by the release before the code moved. A test that fails here
means that live videos lose their owner, that repeats are not recognised, or that a deployment's
settings are no longer read. Change the code, not the vectors.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from shared import errors
from shared.alibaba import sts
from shared.alibaba.vod.records import Video
from shared.auth import ownership
from shared.auth.ownership import Owner
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.config.uses import ALWAYS, USES
from shared.config.variables import VARIABLES
from shared.events import event as events
from shared.events import recheck
from shared.events.recheck import FirstLook
from shared.events.webhook import sign
from shared.playback import jwt
from shared.uploads import declaration as declarations
from shared.uploads.declaration import Declaration

GOLDEN = Path(__file__).parent / "golden"


def vectors(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text("ascii"))


def settings(vector: dict[str, Any]) -> Settings:
    pairs = (given.split(":", 1) for given in vector["keys"])
    keys = tuple(OwnerKey(key_id, base64.b64decode(secret)) for key_id, secret in pairs)
    return Settings(issuer_alias=vector["alias"], owner_keys=keys)


def test_marks() -> None:
    for vector in vectors("marks"):
        deployment, owner = settings(vector), Owner(vector["alias"], vector["subject"])
        if "idempotency_key" in vector:
            key = vector["idempotency_key"]
            made = list(ownership.marks_for_idempotency_key(deployment, owner, key))
            assert made == vector["marks"]
        for mark in vector["marks"]:
            assert ownership.owns(deployment, owner, mark)
            assert not ownership.owns(deployment, Owner(vector["alias"], "mallory"), mark)
            assert not ownership.owns(deployment, Owner("other", vector["subject"]), mark)


@pytest.mark.parametrize("name", ["extends", "extends_with_window"])
def test_extends(name: str) -> None:
    for vector in vectors(name):
        deployment = settings(vector)
        names = ("subject", "idempotency_key", "digest", "file_size", "extension", "window")
        extend = Declaration(*(vector.get(member) for member in names))
        sealed = declarations.seal(deployment, vector["mark"], extend)
        assert sealed == json.loads(vector["extend"])
        user_data = json.dumps({"Extend": json.loads(vector["extend"])})
        assert declarations.unseal(deployment, vector["mark"], user_data) == extend
        other = "v1" + vector["mark"][2:4] + vector["mark"][4:][::-1]
        assert declarations.unseal(deployment, other, user_data) is None


def test_request_digests() -> None:
    for vector in vectors("request_digests"):
        assert declarations.request_digest(vector["fields"]) == vector["digest"]


@pytest.mark.parametrize("file", ["rechecks", "rechecks_late"])
def test_messages_of_the_recheck(file: str) -> None:
    names = [field.name for field in dataclasses.fields(FirstLook)]
    for vector in vectors(file):
        first = FirstLook(**{name: vector[name] for name in names if name in vector})
        assert json.loads(recheck.seal(settings(vector), first)) == json.loads(vector["message"])
        assert recheck.unseal(settings(vector), vector["message"]) == first


def deployment() -> Settings:
    return Settings(issuer_alias="app-1", owner_keys=(OwnerKey("a1", bytes(range(32))),))


ADDED = {"SettlesAt", "Title", "Duration", "CoverURL"}
"""Members of ``data`` that are newer than the vectors. Members may be added, but never changed."""


def test_events_of_a_video() -> None:
    for vector in vectors("events"):
        made = events.video_event(deployment(), vector["kind"], Video(**vector["video"]))
        data = {name: value for name, value in made.content["data"].items() if name not in ADDED}
        assert {**made.content, "data": data} == vector["content"]
        assert made.event_id == vector["content"]["id"]


def test_ids_of_events() -> None:
    for vector in vectors("event_ids"):
        facts = tuple(vector["facts"])
        made = events.new_event(
            deployment(), vector["kind"], vector["media_id"], facts, None, now=None
        )
        assert made.event_id == vector["id"]


def test_prefixes_and_policies_of_sts_tokens() -> None:
    found = vectors("sts")
    deployed = Settings(**found["settings"])
    for vector in found["owners"]:
        owner = Owner(deployed.issuer_alias, vector["subject"])
        assert sts.key_prefix(deployed, owner) == vector["key_prefix"]
        assert sts.role_session_name(owner) == vector["role_session_name"]
        policies = {
            name: sts.session_policy(purpose, deployed, owner)
            for name, purpose in sts.PURPOSES.items()
        }
        assert policies == vector["policies"]


def test_signatures_of_webhooks() -> None:
    for vector in vectors("webhooks"):
        secrets = tuple(base64.b64decode(secret) for secret in vector["secrets"])
        body = vector["body"].encode()
        assert sign(secrets, vector["id"], vector["timestamp"], body) == vector["signature"]


def test_locally_signed_play_credentials() -> None:
    """These vectors were signed by OpenSSL, over claims in the order of the vendor's samples."""
    for vector in vectors("jwt_play_auths"):
        deployed = Settings(**vector["settings"])
        made = jwt.sign(deployed, vector["video_id"], vector["now"], vector["timeout"])
        assert made == vector["jwt"]


def plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def test_names_of_settings() -> None:
    found = vectors("settings")
    defaults = {field.name: plain(field.default) for field in dataclasses.fields(Settings)}
    for name, expected in found["variables"].items():
        variable = VARIABLES[name]
        assert {
            "attribute": variable.attribute,
            "required": variable.required,
            "default": defaults[variable.attribute],
        } == expected, name
    for function, names in found["uses"].items():
        assert USES[function] >= set(names)
    assert set(found["always"]) <= ALWAYS


@pytest.mark.parametrize("vector", vectors("codes"), ids=lambda vector: vector["code"])
def test_codes_of_refusals(vector: dict[str, Any]) -> None:
    refusal = getattr(errors, vector["code"])
    assert {name: getattr(refusal, name) for name in ("code", "status", "title")} == vector

"""The memory of a finished upload: believed only as it was written."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.settings import Settings
from shared.settling import FirstLook, NoMemory, seal, unseal
from shared.variables import OwnerKey

FIRST = FirstLook("5b1c7e90d2a84f36ae0d9c41f7b86235", 4448, "0" * 32, "Transcoding", 1_800_000_000)
KEY, NEXT = OwnerKey("k1", b"1" * 32), OwnerKey("k2", b"2" * 32)
SETTINGS = Settings(issuer_alias="example", owner_keys=(KEY,))


def test_comes_back_as_it_was() -> None:
    for first in (FIRST, replace(FIRST, file_md5=None), replace(FIRST, size=0)):
        assert unseal(SETTINGS, seal(SETTINGS, first)) == first


def test_outlives_a_rotation_of_keys() -> None:
    rotated = replace(SETTINGS, owner_keys=(NEXT, KEY))
    assert unseal(rotated, seal(SETTINGS, FIRST)) == FIRST
    with pytest.raises(NoMemory):
        unseal(replace(SETTINGS, owner_keys=(NEXT,)), seal(SETTINGS, FIRST))


def test_is_of_one_deployment() -> None:
    with pytest.raises(NoMemory):
        unseal(replace(SETTINGS, issuer_alias="another"), seal(SETTINGS, FIRST))


@pytest.mark.parametrize(
    "text", ['{"VideoId": "5b1c7e90d2a84f36ae0d9c41f7b86235"}', "no", "[]", "1"]
)
def test_another_message_is_none(text: str) -> None:
    assert unseal(SETTINGS, text) is None


OF_NOBODY: list[dict[str, Any]] = [
    {"VideoId": "e7d93a5520bf4c18a6f4013b8ec97d2a"},
    {"VideoId": None},
    {"Settling": None},
    {"Settling": []},
    {"Settling": {}},
]
OF_NOBODY_WITHIN: list[dict[str, Any]] = [
    {"Size": 4449},
    {"Size": "4448"},
    {"FileMD5": None},
    {"Status": "Normal"},
    {"Due": "2027-01-15T07:59:59Z"},
    {"Due": None},
    {"k": "k9"},
    {"k": None},
    {"m": ""},
    {"m": None},
    {"m": "é"},
    {"more": 1},
]


@pytest.mark.parametrize("changed", OF_NOBODY)
def test_whose_outside_was_changed_is_nobodys(changed: dict[str, Any]) -> None:
    message = json.loads(seal(SETTINGS, FIRST)) | changed
    with pytest.raises(NoMemory):
        unseal(SETTINGS, json.dumps(message))


@pytest.mark.parametrize("changed", OF_NOBODY_WITHIN)
def test_whose_inside_was_changed_is_nobodys(changed: dict[str, Any]) -> None:
    message = json.loads(seal(SETTINGS, FIRST))
    message["Settling"] |= changed
    with pytest.raises(NoMemory):
        unseal(SETTINGS, json.dumps(message))


def test_says_of_the_key_nothing_but_its_name() -> None:
    text = seal(SETTINGS, FIRST)
    assert "k1" in text
    for secret in (KEY.secret.decode(), base64.b64encode(KEY.secret).decode()):
        assert secret not in text

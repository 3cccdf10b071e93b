"""The secrets of a checkout."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from local.checkout_keys import KeysError, load_keys
from shared.config.variables import VARIABLES


def test_are_created_once_and_kept(tmp_path: Path) -> None:
    first = load_keys(tmp_path / "a")
    assert load_keys(tmp_path / "a") == first
    assert load_keys(tmp_path / "b").secret != first.secret


def test_are_readable_only_by_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_keys(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    load_keys(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_repr_shows_them(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert base64.b64encode(keys.secret).decode() not in repr(keys)
    assert keys.owner_keys not in repr(keys)
    assert keys.callback_path not in repr(keys)
    assert keys.callback_key not in repr(keys)
    assert keys.webhook_secret not in repr(keys)
    assert keys.play_key not in repr(keys)


def test_satisfy_the_functions_settings(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    parsed = VARIABLES["VODPASS_JWT_KEYS"].parse(keys.jwks)
    assert [key.kid for key in parsed] == [keys.kid]
    [owner] = VARIABLES["VODPASS_OWNER_KEYS"].parse(keys.owner_keys)
    assert len(owner.secret) >= 32
    url = f"http://127.0.0.1:9000/events/{keys.callback_path}"
    assert VARIABLES["VODPASS_CALLBACK_URL"].parse(url) == url
    assert VARIABLES["VODPASS_CALLBACK_KEYS"].parse(keys.callback_key) == (keys.callback_key,)
    [webhook] = VARIABLES["VODPASS_WEBHOOK_SECRETS"].parse(keys.webhook_secret)
    assert len(webhook) >= 24
    assert VARIABLES["VODPASS_PLAY_KEY"].parse(keys.play_key) == keys.play_key


def test_an_older_file_with_fewer_keys_is_completed(tmp_path: Path) -> None:
    load_keys(tmp_path)
    path = tmp_path / "keys.json"
    document = json.loads(path.read_text())
    older = {name: document[name] for name in ("kid", "secret", "owner")}
    path.write_text(json.dumps(older))
    keys = load_keys(tmp_path)
    assert keys.kid == older["kid"]
    assert base64.b64encode(keys.secret).decode() == older["secret"]
    assert keys.owner_keys.endswith(older["owner"])
    assert load_keys(tmp_path) == keys
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_only_lacks_the_play_key_is_completed(tmp_path: Path) -> None:
    load_keys(tmp_path)
    path = tmp_path / "keys.json"
    document = json.loads(path.read_text())
    del document["play_key"]
    path.write_text(json.dumps(document))
    keys = load_keys(tmp_path)
    assert json.loads(path.read_text()) == {**document, "play_key": keys.play_key}
    assert load_keys(tmp_path) == keys


@pytest.mark.parametrize("content", ["", "{}", "[]", "1", '{"kid": 1}', "not json"])
def test_a_damaged_file_is_not_replaced_silently(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(KeysError, match=r"keys\.json is damaged"):
        load_keys(tmp_path)
    assert (tmp_path / "keys.json").read_text() == content


def test_a_short_secret_is_not_accepted(tmp_path: Path) -> None:
    load_keys(tmp_path)
    path = tmp_path / "keys.json"
    document = json.loads(path.read_text())
    document["secret"] = base64.b64encode(os.urandom(8)).decode()
    path.write_text(json.dumps(document))
    with pytest.raises(KeysError):
        load_keys(tmp_path)
    del document["callback_key"]
    path.write_text(json.dumps(document))
    with pytest.raises(KeysError):
        load_keys(tmp_path)

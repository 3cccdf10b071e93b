"""A deployment whose uploads name their callback address, in an account of others."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from fakealiyun.vod.callbacks.configuration import MessageCallback
from fakealiyun.vod.settings import DEFAULT_APP
from tests.support.doctor_target import DoctorRun, DoctorTarget

THEIRS = "https://hooks.example.com/another-system/0123456789abcdefghijkl"


def configured(target: DoctorTarget, **changes: Any) -> None:
    """VOD's own configuration: another system's address, and the key that all share."""
    given: dict[str, Any] = {
        "event_types": "ALL",
        "url": THEIRS,
        "auth_switch": "on",
        "auth_key": target.stack.keys.callback_key,
        **changes,
    }
    target.stack.cloud.vod.callbacks.configure(MessageCallback(DEFAULT_APP, "HTTP", **given))


def check(target: DoctorTarget, **changes: str) -> DoctorRun:
    return target.check(document=target.rendered(VODPASS_UPLOAD_CALLBACK="1", **changes))


def test_another_systems_address_is_no_fault(target: DoctorTarget) -> None:
    configured(target)
    run = check(target)
    assert run.codes == set()
    assert "VOD callback" in {one["subject"] for one in run.report["sound"]}
    assert "0123456789abcdefghijkl" not in run.printed
    # Without the setting, the same account sends this deployment nothing.
    assert target.check().codes == {"callback-url"}


def test_a_queue(target: DoctorTarget) -> None:
    cloud = target.stack.cloud
    cloud.vod.callbacks.configure(
        MessageCallback(
            DEFAULT_APP,
            "MNS",
            "ALL",
            mns_endpoint=cloud.queues.endpoint,
            mns_queue_name="vodpass-events",
        )
    )
    run = check(target)
    finding = run.found("upload-callback")
    assert finding["subject"] == "upload VODPASS_UPLOAD_CALLBACK"
    assert "not documented" in finding["what"]
    assert "HTTP" in finding["mend"]
    assert run.codes == {"upload-callback"}
    # Without the setting, the queue is right.
    assert target.check().codes == set()


def test_no_callbacks(target: DoctorTarget) -> None:
    target.stack.cloud.vod.callbacks.remove(DEFAULT_APP)
    assert check(target).codes == {"upload-callback"}


@pytest.mark.parametrize("types", ["", "FileUploadComplete"])
def test_types_that_are_not_selected(target: DoctorTarget, types: str) -> None:
    configured(target, event_types=types)
    assert check(target).codes == {"callback-types"}


def test_callbacks_that_are_not_signed(target: DoctorTarget) -> None:
    configured(target, auth_switch="off")
    assert check(target).codes == {"callback-unsigned"}


def test_another_key(target: DoctorTarget) -> None:
    unknown = f"aA1{secrets.token_hex(10)}"
    configured(target, auth_key=unknown)
    run = check(target)
    assert run.codes == {"callback-key"}
    assert unknown not in run.printed


def test_functions_with_different_addresses(target: DoctorTarget) -> None:
    configured(target)
    document = target.rendered(VODPASS_UPLOAD_CALLBACK="1")
    environment = document["resources"]["upload"]["props"]["environmentVariables"]
    environment["VODPASS_CALLBACK_URL"] = THEIRS
    assert "upload-callback-url" in target.check(document=document).codes


def test_a_flag_without_an_address(target: DoctorTarget) -> None:
    document = target.rendered(VODPASS_UPLOAD_CALLBACK="1")
    environment = document["resources"]["upload"]["props"]["environmentVariables"]
    environment["VODPASS_CALLBACK_URL"] = ""
    finding = target.check("--no-account", document=document).found("setting")
    assert finding["subject"] == "VODPASS_CALLBACK_URL of upload"
    assert "VODPASS_UPLOAD_CALLBACK needs it" in finding["what"]

"""What comes after a deployment: the doctor, the smoke test, and last of all VOD's callback."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ops.deploy import afterwards
from ops.deploy.afterwards import OF_CALLBACK, Examined, Place
from ops.deploy.say import Say
from ops.deploy.smoke_token import token_of
from ops.deploy.target import Target
from ops.deploy.texts import T


class Examination:
    """Examines one deployment and tries it. If nothing is broken, it sets VOD's callback."""

    def __init__(
        self,
        target: Target,
        arguments: argparse.Namespace,
        environ: Mapping[str, str],
        say: Say,
    ) -> None:
        self._target = target
        self._arguments = arguments
        self._environ = environ
        self._say = say
        self._place = Place(
            target.project,
            target.region,
            target.key,
            arguments.endpoint or "",
            arguments.ram_endpoint or "",
            arguments.fc_endpoint or "",
            environ,
        )

    def sound(self) -> bool:
        """Examine, try, set the callback. Returns whether nothing was found. Raises Stop."""
        token = self._environ.get(self._arguments.token_env or "", "")
        token = token or token_of(self._target.values) or ""
        sets_callback = callback_target(self._target, self._arguments) is not None
        # It is set last, or is to stay as it is.
        found = self._doctor(token, ignore_callback=True)
        self._report(found)
        passed = self._smoke(token)
        if found is None or not found.safe or not passed:
            if sets_callback:
                self._say.step("callback", T.CALLBACK_NOT_SET)
            return False
        if not sets_callback:
            self._say.step("callback", T.CALLBACK_LEFT)
            return found.sound
        if not self._set_callback():
            return False
        again = self._doctor(token, ignore_callback=False)
        if again is None or not again.sound:
            self._report(again)
        return again is not None and again.sound

    def _doctor(self, token: str, *, ignore_callback: bool) -> Examined | None:
        return afterwards.doctor(
            self._place,
            self._target.rendered,
            self._at(url_is_option=True),
            token,
            ignore=OF_CALLBACK if ignore_callback else (),
        )

    def _at(self, *, url_is_option: bool) -> list[str]:
        base = self._target.base
        if self._target.answers_at_domain:
            return ["--url", base] if url_is_option else [base]
        found = []
        for name, url in self._target.at.items():
            if url_is_option or name in ("upload", "refresh", "play"):
                found += ["--at", f"{name}={url}"]
        return found

    def _report(self, found: Examined | None) -> None:
        if found is None:
            self._say.step("doctor", T.DOCTOR_FAILED)
            return
        self._say.step(
            "doctor", T.DOCTOR_SOUND if found.sound else T.DOCTOR.filled(str(len(found.findings)))
        )
        for finding in found.findings:
            self._say.finding(finding)
        for remark in found.could_not:
            self._say.remark(remark)

    def _smoke(self, token: str) -> bool:
        if self._arguments.no_smoke or not token:
            self._say.step("smoke", T.SMOKE_LEFT if self._arguments.no_smoke else T.SMOKE_TOKEN)
            return True
        passed, lines = afterwards.smoke(self._place, self._at(url_is_option=False), token)
        self._say.step("smoke", T.SMOKE_PASSED if passed else T.SMOKE_FAILED)
        if not passed:
            for line in lines:
                self._say.line(line)
        return passed

    def _set_callback(self) -> bool:
        wanted = callback_target(self._target, self._arguments) or []
        replace = bool(self._arguments.replace_callback)
        done, lines = afterwards.set_callback(
            self._place, self._target.values, wanted, replace=replace
        )
        if done:
            self._say.step("callback", T.CALLBACK_SET)
            return True
        taken = any("--replace" in line for line in lines)
        self._say.step("callback", T.CALLBACK_TAKEN if taken else T.CALLBACK_FAILED)
        for line in lines:
            self._say.line(line)
        return False


def callback_target(target: Target, arguments: argparse.Namespace) -> list[str] | None:
    """The arguments for VOD's callback; None if it is to stay as it is."""
    queue = target.queue()
    how = arguments.callback
    if how == "auto":
        by_file = "queue" if queue else "http"
        how = "none" if target.env == "dev" else by_file
    if how == "none":
        return None
    if how == "http":
        return ["--deployed"]
    host = f"http://{target.account_id}.mns.{target.region}.aliyuncs.com/"
    return ["--queue", host, queue]

"""The command `python -m ops.deploy`: the order of its steps."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ops.account import Key, silence_clients
from ops.command_line import end_on_sigterm
from ops.deploy import bundles, callback_address, traffic
from ops.deploy.arguments import arguments_of
from ops.deploy.bundles import Bundles, Busy, NothingKept
from ops.deploy.check import Check, needs_byte_code
from ops.deploy.ending import DONE, INTERRUPTED, NOT_SOUND, Stop
from ops.deploy.examination import Examination
from ops.deploy.progress import REASONS, Step
from ops.deploy.run_s import Deployer, Job, Outcome, WithS
from ops.deploy.say import Say
from ops.deploy.target import Target
from ops.deploy.texts import T
from ops.text import language_of
from ops.voice import speak, spoken

PROJECT = Path(__file__).resolve().parents[2]

MakeDeployer = Callable[[Path | None, Key, str], Deployer]
"""Makes a deployer from the command `s`, the key and the account's number."""

Build = Callable[[Path, str, bool, Mapping[str, str]], tuple[int, list[str]]]
"""Builds the bundle of a project: version of Python, whether byte code is required, environment.

Returns an exit code, and the lines that say why it failed.
"""


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    project: Path = PROJECT,
    deployer: MakeDeployer | None = None,
    build: Build = bundles.build,
) -> int:
    """Deploy; returns the exit code. The other parameters replace what is used otherwise."""
    silence_clients()
    given = os.environ if environ is None else environ
    arguments = arguments_of().parse_args(argv)
    speak(arguments.language or language_of(given))
    say = Say(spoken())
    end_on_sigterm()
    try:
        with bundles.alone(project):
            check = Check(arguments, given, project, say, needs_component=deployer is None)
            return _Deployment(check.target(), arguments, given, deployer, build, say).run()
    except Stop as stop:
        say.error(stop.text)
        return stop.exit_code
    except Busy:
        say.error(T.BUSY)
        return NOT_SOUND
    except KeyboardInterrupt:
        say.error(T.INTERRUPTED)
        return INTERRUPTED


class _Deployment:
    def __init__(
        self,
        target: Target,
        arguments: argparse.Namespace,
        environ: Mapping[str, str],
        make_deployer: MakeDeployer | None,
        build: Build,
        say: Say,
    ) -> None:
        self._target = target
        self._arguments = arguments
        self._environ = environ
        self._build = build
        self._say = say
        self._deployer = (
            WithS(target.command, target.project, target.key, target.account_id, environ)
            if make_deployer is None
            else make_deployer(target.command, target.key, target.account_id)
        )
        self._bundles = Bundles(target.project, target.region, target.name)

    def run(self) -> int:
        """Go from the bundle to the summary, or only move the routes back."""
        target, say = self._target, self._say
        back = bool(self._arguments.rollback)
        if not (back and traffic.switched_back(target, say)):
            self._bundle(back=back)
            callback_address.find(target, say)
            code = self._deploy(target.job())
            if code:
                return code
            self._note(back=back)
            if callback_address.find(target, say):
                code = self._deploy(target.job("events"))
                if code:
                    raise Stop(T.NOT_TOLD, code)
            traffic.correct(target, say, with_versions=bool(self._arguments.versions))
        sound = Examination(target, self._arguments, self._environ, say).sound()
        say.summary(target, again=self._again(), sound=sound)
        return DONE if sound else NOT_SOUND

    def _bundle(self, *, back: bool) -> None:
        target = self._target
        if back:
            try:
                self._bundles.put_back(target.functions)
            except NothingKept:
                raise Stop(T.NOTHING_KEPT) from None
        else:
            python = str(target.props["events"]["runtime"]).removeprefix("python")
            required = needs_byte_code(target.project, target.template)
            code, lines = self._build(target.project, python, required, self._environ)
            if code:
                for line in lines[-12:]:
                    self._say.line(line)
                raise Stop(T.NO_BUNDLE, code)
        target.digest = bundles.digest(target.project / "build", target.functions)
        self._say.step("bundle", (T.BUNDLE_BACK if back else T.BUNDLE).filled(target.digest))

    def _deploy(self, job: Job) -> int:
        def tell(step: Step) -> None:
            text = T.FUNCTION_DONE if step.done else T.FUNCTION_FAILED
            self._say.step("deploy", text.filled(f"{step.function} ({step.seconds} s)"))

        outcome: Outcome = self._deployer(job, tell)
        if outcome.exit_code:
            for reason in outcome.reasons:
                self._say.fault(reason, REASONS[reason])
            if not outcome.reasons:
                self._say.line(T.UNKNOWN_REASON.of(self._say.language))
            self._say.error(T.S_FAILED.filled(str(outcome.exit_code)))
        return outcome.exit_code

    def _note(self, *, back: bool) -> None:
        if back:
            self._bundles.went_back()
        else:
            self._bundles.keep(self._target.functions)

    def _again(self) -> str:
        env = self._target.env
        return f"python -m ops.deploy{f' --env {env}' if env else ''} --rollback"

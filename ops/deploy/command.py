"""The command line of `python -m ops.deploy`, and the order of its steps."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import dot_env, readiness, serverless_devs
from ops.account import Account, Key, NoKey, NotAnswered, ServiceRefused, key_of, silence_clients
from ops.command_line import Parser, end_on_sigterm, loopback
from ops.deploy import addresses, afterwards, bundles, routes, tools, versions
from ops.deploy.afterwards import OF_CALLBACK, Examined, Place
from ops.deploy.bundles import Bundles, Busy, NothingKept
from ops.deploy.progress import REASONS, Step
from ops.deploy.routes import LATEST, Route
from ops.deploy.run_s import Deployer, Job, Outcome, WithS
from ops.deploy.say import Say
from ops.deploy.smoke_token import token_of
from ops.deploy.texts import T
from ops.serverless_devs import NotRendered
from ops.setup import chinese, env_file
from ops.text import LANGUAGES, Text, language_of
from shared.config.variables import PREFIX

PROJECT = Path(__file__).resolve().parents[2]
DONE, NOT_SOUND, INTERRUPTED = 0, 1, 130


class Stop(Exception):
    """The deployment ends here: a text, and the exit code."""

    def __init__(self, text: Text, exit_code: int = NOT_SOUND) -> None:
        super().__init__(text.en)
        self.text = text
        self.exit_code = exit_code


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
    say = Say(arguments.language or language_of(given))
    end_on_sigterm()
    try:
        with bundles.alone(project):
            return _Deployment(arguments, given, project, deployer, build, say).run()
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
        arguments: argparse.Namespace,
        environ: Mapping[str, str],
        project: Path,
        deployer: MakeDeployer | None,
        build: Build,
        say: Say,
    ) -> None:
        self._build = build
        self._arguments = arguments
        self._environ = environ
        self._project = project
        self._make_deployer = deployer
        self._say = say
        env: str = arguments.env
        self._template = f"s.{env}.yaml" if env else "s.yaml"
        own = project / f".env.{env}"
        self._env_path: Path = arguments.env_file or (
            own if env and own.exists() else project / ".env"
        )

    # --- the steps ----------------------------------------------------------------------------

    def run(self) -> int:
        self._check()
        back = bool(self._arguments.rollback)
        if back and self._switched_back():
            sound = self._examine()
            self._summary(sound=sound)
            return DONE if sound else NOT_SOUND
        self._bundle(back=back)
        self._find_addresses()
        code = self._deploy(self._job())
        if code:
            return code
        self._note(back=back)
        if self._find_addresses():
            code = self._deploy(self._job("events"))
            if code:
                raise Stop(T.NOT_TOLD, code)
        self._routes()
        sound = self._examine()
        self._summary(sound=sound)
        return DONE if sound else NOT_SOUND

    def _check(self) -> None:
        if not (self._project / self._template).is_file():
            raise Stop(T.NO_TEMPLATE.filled(self._template))
        command: Path | None = self._arguments.s or serverless_devs.find(self._project)
        self._values = self._read_values()
        faults = readiness.faults(self._values, self._project, self._template, None)
        python = self._values.get("VODPASS_PYTHON") or "3.10"
        lacking = tools.missing(
            self._project,
            command,
            python,
            byte_code=self._needs_byte_code(),
            environ=self._environ,
        )
        if self._make_deployer is not None:  # it needs no component
            lacking = [one for one in lacking if one.needed]
        key: Key | None = None
        try:
            key = key_of(self._environ)
        except NoKey as missing:
            self._say.fault(str(missing), T.KEY_FIX)
        for one in lacking:
            self._say.missing(one)
        if command is not None and not faults:
            faults = self._render(command)
        for fault in faults:
            text = chinese.of(fault) if self._say.language == "zh" else str(fault)
            self._say.fault(text, Text(fault.fix, fault.fix))
        if faults or key is None or command is None or any(one.needed for one in lacking):
            raise Stop(T.NOT_READY)
        self._command, self._key = command, key
        self._say.step("check", T.CHECKED.filled(self._template))
        self._find_account()

    def _needs_byte_code(self) -> bool:
        """Whether the file refuses a bundle without byte code."""
        text = (self._project / self._template).read_text("utf-8")
        return "--require-byte-code" in text

    def _read_values(self) -> dict[str, str]:
        ours = {name: text for name, text in self._environ.items() if name.startswith(PREFIX)}
        file = {
            name: value
            for name, value in dot_env.read(self._env_path).items()
            if name.startswith(PREFIX)
        }
        return {**file, **ours}

    def _render(self, command: Path) -> list[readiness.Fault]:
        needed = serverless_devs.read_by(self._project, self._template)
        self._settings = readiness.chosen(self._values, needed)
        try:
            self._rendered: dict[str, Any] = serverless_devs.preview(
                command, self._project, self._template, self._settings, self._environ
            )
        except NotRendered:
            return [readiness.Fault(self._template, "`s preview` printed no document")]
        found = readiness.in_document(self._rendered)
        if not found:
            self._props = {
                name: resource["props"] for name, resource in self._rendered["resources"].items()
            }
            self._region = str(self._props["events"]["region"])
        return found

    def _find_account(self) -> None:
        chosen = self._arguments
        self._account = Account(
            self._key,
            self._region,
            endpoint=chosen.endpoint or "",
            ram_endpoint=chosen.ram_endpoint or "",
            fc_endpoint=chosen.fc_endpoint or "",
        )
        try:
            self._account_id = str(self._account.sts("GetCallerIdentity").body["AccountId"])
        except (ServiceRefused, NotAnswered, KeyError) as refusal:
            raise Stop(T.NO_IDENTITY.filled(_code(refusal))) from None
        if not re.fullmatch(r"[0-9]{5,20}", self._account_id):
            raise Stop(T.NO_IDENTITY.filled("AccountId"))
        make = self._make_deployer
        self._deployer = (
            WithS(self._command, self._project, self._key, self._account_id, self._environ)
            if make is None
            else make(self._command, self._key, self._account_id)
        )
        prefix = str(self._props["events"]["functionName"]).removesuffix("-events")
        self._name = prefix
        self._bundles = Bundles(self._project, self._region, prefix)
        self._place = Place(
            self._project,
            self._region,
            self._key,
            chosen.endpoint or "",
            chosen.ram_endpoint or "",
            chosen.fc_endpoint or "",
            self._environ,
        )

    @property
    def _functions(self) -> tuple[str, ...]:
        return tuple(self._props)

    def _bundle(self, *, back: bool) -> None:
        if back:
            try:
                self._bundles.put_back(self._functions)
            except NothingKept:
                raise Stop(T.NOTHING_KEPT) from None
        else:
            python = str(self._props["events"]["runtime"]).removeprefix("python")
            code, lines = self._build(self._project, python, self._needs_byte_code(), self._environ)
            if code:
                for line in lines[-12:]:
                    self._say.line(line)
                raise Stop(T.NO_BUNDLE, code)
        self._digest = bundles.digest(self._project / "build", self._functions)
        self._say.step("bundle", (T.BUNDLE_BACK if back else T.BUNDLE).filled(self._digest))

    def _job(self, only: str = "") -> Job:
        return Job(self._template, self._settings, self._functions, only)

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
            self._bundles.keep(self._functions)

    def _waits_for_address(self) -> bool:
        """Whether VODPASS_CALLBACK_URL is to get the address of `events`."""
        return addresses.is_not_known(self._values.get("VODPASS_CALLBACK_URL", ""))

    def _find_addresses(self) -> bool:
        """Find where the functions answer, and put the address of `events` into its CallbackURL.

        Returns whether the CallbackURL has changed.
        """
        self._base = addresses.of_domain(self._props)
        self._at: dict[str, str] = {}
        if self._base:
            return False
        try:
            self._at = addresses.of_triggers(self._account, self._props)
        except (ServiceRefused, NotAnswered) as refusal:
            raise Stop(T.NO_ADDRESS.filled(_code(refusal))) from None
        own = self._at.get("events", "")
        if not self._waits_for_address() or not own.startswith("https://"):
            return False
        new = addresses.moved(self._values["VODPASS_CALLBACK_URL"], own)
        self._values["VODPASS_CALLBACK_URL"] = new
        self._settings["VODPASS_CALLBACK_URL"] = new
        self._props["events"]["environmentVariables"]["VODPASS_CALLBACK_URL"] = new
        self._write_address(new)
        self._say.step("address", T.ADDRESS.filled(own))
        return True

    def _write_address(self, url: str) -> None:
        if dot_env.read(self._env_path).get("VODPASS_CALLBACK_URL") is None:
            self._say.step("address", T.ADDRESS_ELSEWHERE)
            return
        try:
            file = env_file.load(self._env_path, self._env_path)
            file.put("VODPASS_CALLBACK_URL", url)
            env_file.write(self._env_path, file)
        except (env_file.FileError, env_file.ValueRefused):
            self._say.step("address", T.ADDRESS_ELSEWHERE)

    def _routes(self) -> None:
        """Correct the routes that fc3 leaves as they were."""
        ours = routes.wanted(self._props)
        if not ours or not self._account.offers("fc"):
            return
        domain = self._base.removeprefix("https://")
        try:
            there = routes.present(self._account, domain)
            if there is None:
                raise Stop(T.NO_DOMAIN.filled(domain))
            right, wrong = routes.corrected(there, ours)
            if wrong:
                routes.set_all(self._account, domain, right)
                self._say.step("routes", T.ROUTES.filled(", ".join(sorted(wrong))))
            self._switch(domain, right, ours)
        except (ServiceRefused, NotAnswered) as refusal:
            raise Stop(T.ROUTES_FAILED.filled(_code(refusal))) from None

    # --- versions -----------------------------------------------------------------------------

    def _switch(self, domain: str, there: list[Route], ours: Mapping[str, Route]) -> None:
        """Let the routes lead to a version of the new code, if versions are switched on."""
        used = versions.in_use(there, ours)
        foreign = used - {LATEST, *versions.ALIASES}
        if foreign:
            self._say.step("version", T.FOREIGN_ALIAS.filled(", ".join(sorted(foreign))))
            self._led_to(sorted(foreign)[0])
            return
        if not self._arguments.versions and used <= {LATEST}:
            return
        alias = versions.idle(used)
        versions.publish(self._account, self._routed(ours), alias, self._digest)
        routes.set_all(self._account, domain, versions.led_to(there, ours, alias))
        self._led_to(alias)
        self._say.step("version", T.SWITCHED.filled(alias))

    def _switched_back(self) -> bool:
        """Move the routes to the other alias; false if the routes lead to no alias of ours."""
        ours = routes.wanted(self._props)
        if not ours or not self._account.offers("fc"):
            return False
        self._find_addresses()
        domain = self._base.removeprefix("https://")
        try:
            there = routes.present(self._account, domain) or []
            used = versions.in_use(there, ours)
            if len(used) != 1 or not used <= set(versions.ALIASES):
                return False
            alias = versions.idle(used)
            if not versions.have(self._account, self._routed(ours), alias):
                raise Stop(T.NO_OTHER_VERSION)
            routes.set_all(self._account, domain, versions.led_to(there, ours, alias))
        except (ServiceRefused, NotAnswered) as refusal:
            raise Stop(T.ROUTES_FAILED.filled(_code(refusal))) from None
        self._digest = alias
        self._led_to(alias)
        self._say.step("version", T.SWITCHED_BACK.filled(alias))
        return True

    def _led_to(self, alias: str) -> None:
        """Note for the doctor where the routes are meant to lead."""
        for own in self._props.values():
            if "customDomain" in own:
                own["customDomain"]["route"]["qualifier"] = alias

    @staticmethod
    def _routed(ours: Mapping[str, Route]) -> list[str]:
        return [str(route["functionName"]) for route in ours.values()]

    # --- afterwards ---------------------------------------------------------------------------

    def _at_arguments(self, *, url_is_option: bool) -> list[str]:
        if self._base:
            return ["--url", self._base] if url_is_option else [self._base]
        found = []
        for name, url in self._at.items():
            if url_is_option or name in ("upload", "refresh", "play"):
                found += ["--at", f"{name}={url}"]
        return found

    def _examine(self) -> bool:
        token = self._environ.get(self._arguments.token_env or "", "")
        if self._arguments.token_env and not token:
            raise Stop(T.NO_TOKEN.filled(self._arguments.token_env))
        token = token or token_of(self._values) or ""
        at = self._at_arguments(url_is_option=True)
        sets_callback = self._callback_target() is not None
        # It is set last, or is to stay as it is.
        found = afterwards.doctor(self._place, self._rendered, at, token, ignore=OF_CALLBACK)
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
        again = afterwards.doctor(self._place, self._rendered, at, token)
        if again is None or not again.sound:
            self._report(again)
        return again is not None and again.sound

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
            self._say.line(f"{remark.get('subject')}: {remark.get('text')}")

    def _smoke(self, token: str) -> bool:
        if self._arguments.no_smoke or not token:
            self._say.step("smoke", T.SMOKE_LEFT if self._arguments.no_smoke else T.SMOKE_TOKEN)
            return True
        passed, lines = afterwards.smoke(
            self._place, self._at_arguments(url_is_option=False), token
        )
        self._say.step("smoke", T.SMOKE_PASSED if passed else T.SMOKE_FAILED)
        if not passed:
            for line in lines:
                self._say.line(line)
        return passed

    def _callback_target(self) -> list[str] | None:
        """The arguments for VOD's callback; None if it is to stay as it is."""
        how = self._arguments.callback
        if how == "auto":
            how = "none" if self._arguments.env == "dev" else self._callback_of_template()
        if how == "none":
            return None
        if how == "http":
            return ["--deployed"]
        host = f"http://{self._account_id}.mns.{self._region}.aliyuncs.com/"
        return ["--queue", host, self._queue()]

    def _callback_of_template(self) -> str:
        return "queue" if self._queue() else "http"

    def _queue(self) -> str:
        """The queue that `events` reads; empty if there is none."""
        for trigger in self._props["events"]["triggers"]:
            if trigger["triggerType"] == "eventbridge":
                source = trigger["triggerConfig"]["eventSourceConfig"]["eventSourceParameters"]
                return str(source["sourceMNSParameters"]["QueueName"])
        return ""

    def _set_callback(self) -> bool:
        target = self._callback_target() or []
        replace = bool(self._arguments.replace_callback)
        done, lines = afterwards.set_callback(self._place, self._values, target, replace=replace)
        if done:
            self._say.step("callback", T.CALLBACK_SET)
            return True
        taken = any("--replace overwrites it" in line for line in lines)
        self._say.step("callback", T.CALLBACK_TAKEN if taken else T.CALLBACK_FAILED)
        for line in lines:
            self._say.line(line)
        return False

    def _summary(self, *, sound: bool) -> None:
        self._say.summary(
            name=self._name,
            region=self._region,
            template=self._template,
            digest=self._digest,
            addresses={
                name: f"{self._base}/{name}" if self._base else self._at.get(name, "")
                for name in addresses.called(self._props)
            },
            settings=self._env_path.name,
            again=self._again(),
            sound=sound,
        )

    def _again(self) -> str:
        env: str = self._arguments.env
        return f"python -m ops.deploy{f' --env {env}' if env else ''} --rollback"


def _code(refusal: Exception) -> str:
    """What may be shown of a refusal: its code, or what kind of fault it is."""
    return str(refusal) if isinstance(refusal, (ServiceRefused, NotAnswered)) else "AccountId"


def arguments_of() -> argparse.ArgumentParser:
    """The parser of the arguments."""
    parser = Parser(
        prog="python -m ops.deploy",
        description="Check the settings, build the bundle, deploy it with `s`, examine and try the "
        "deployment, and tell VOD where to call. What `s` prints is never shown or stored: it has "
        "every secret in clear.",
        epilog="The key comes from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET "
        "and, for a temporary key, ALIBABA_CLOUD_SECURITY_TOKEN. Exit codes: 0 done and sound, 1 "
        "something is not right, 130 interrupted; if `s` fails, its own exit code.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--env",
        type=_env,
        default="",
        metavar="NAME",
        help="prod deploys s.prod.yaml, with the settings in .env.prod if there is one",
    )
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="another file of settings")
    parser.add_argument(
        "--rollback", action="store_true", help="deploy the bundle of before once more"
    )
    parser.add_argument(
        "--versions",
        action="store_true",
        help="publish versions, and let the domain's routes lead to them by an alias; from then "
        "on every deployment does",
    )
    parser.add_argument(
        "--callback",
        choices=("auto", "queue", "http", "none"),
        default="auto",
        help="where VOD sends its callbacks afterwards; auto: to the queue if there is one, else "
        "by HTTP, and for --env dev nowhere",
    )
    parser.add_argument(
        "--replace-callback", action="store_true", help="also if VOD calls another system now"
    )
    parser.add_argument(
        "--token-env",
        metavar="VARIABLE",
        help="the variable with a test user's token for the smoke test; with an HS256 key of your "
        "own, a token is made",
    )
    parser.add_argument("--no-smoke", action="store_true", help="do not upload and play a video")
    parser.add_argument("--s", type=Path, metavar="PATH", help="another command `s`")
    parser.add_argument("--language", choices=LANGUAGES, help="default: that of the locale")
    rehearsal = parser.add_argument_group("rehearsal on one machine")
    for option, what in (
        ("--endpoint", "VOD and STS"),
        ("--ram-endpoint", "RAM"),
        ("--fc-endpoint", "Function Compute"),
    ):
        rehearsal.add_argument(
            option,
            type=loopback,
            metavar="HOST:PORT",
            help=f"the fake cloud's address for {what}",
        )
    return parser


def _env(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{0,40}", text):
        raise ValueError
    return text

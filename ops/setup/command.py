"""The command line of `python -m ops.setup`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from ops import readiness, serverless_devs
from ops.command_line import Parser, Refused, end_on_sigterm
from ops.readiness import Fault
from ops.setup import env_file
from ops.setup.answers import AnswerError, missing, question_of, with_defaults
from ops.setup.answers_file import Given, read
from ops.setup.answers_schema import schema
from ops.setup.env_file import EnvFile, FileError, ValueRefused
from ops.setup.next_steps import next_steps, template_of
from ops.setup.questions import QUESTIONS, Question
from ops.setup.shown import SHOWN, shown
from ops.setup.terminal import Terminal
from ops.setup.values import MADE, NEVER_CHANGED, Plan, is_set, plan, refuse_unsettable
from ops.text import Text, language_of
from ops.voice import speak, told
from shared.config.variables import PREFIX

PROJECT = Path(__file__).resolve().parents[2]
DONE, REFUSED, INTERRUPTED = 0, 1, 130

_WELCOME = Text(
    "This fills {}. Press Enter to accept a default; Ctrl-C leaves everything as it is.",
    "本命令填写 {}。按回车接受默认值；按 Ctrl-C 则不做任何修改。",
)
_NO_TERMINAL = Text(
    "standard input is no terminal: give the answers with --answers FILE",
    "标准输入不是终端：请用 --answers FILE 提供答案",
)
_NEVER = Text(
    "{} never changes here: every video's mark holds it. `python -m ops.keys owner rotate` adds an "
    "owner key",
    "{} 在这里不能修改：每个视频的标记都含有它。`python -m ops.keys owner rotate` 可以增加归属密钥",
)
_NOT_A_NAME = Text(
    "--set: takes a variable such as VODPASS_REGION or a question: {}",
    "--set：需要变量名（例如 VODPASS_REGION）或问题名：{}",
)
_NO_VALUE = Text(
    "--set {}: the file of answers has no settings.{}", "--set {}：答案文件中没有 settings.{}"
)
_ENV_NAME = Text(
    "--env-file: its name must be .env or begin with .env., so that git ignores it",
    "--env-file：文件名必须是 .env 或以 .env. 开头，以便 git 忽略它",
)
_UNWRITABLE = Text(
    "{}: may not hold quotes, backslashes, `$` or line breaks: `s` and a shell would read it "
    "differently",
    "{}：不能含有引号、反斜杠、`$` 或换行：`s` 和 Shell 会把它读成不同的值",
)
_CHANGES = Text("Changes of {} (mode 600):", "{} 的修改（权限 600）：")
_NOTHING = Text("{}: nothing to change.", "{}：没有需要修改的内容。")
_MADE = Text("made now", "现已生成")
_STAYS = Text(
    "{} has another value in the file, and it stays; --set {} changes it",
    "文件中 {} 的值与答案不同，保持不变；--set {} 可以修改它",
)
_TWICE = Text("{} is there more than once; the last one counts", "{} 出现了多次，以最后一个为准")
_FROM_ENVIRONMENT = Text(
    "the environment has another {}, which takes precedence over the file",
    "环境变量中的 {} 与文件不同，并且优先于文件",
)
_WRITE = Text("Write these changes?", "写入这些修改？")
_LEFT = Text("Nothing was written.", "没有写入任何内容。")
_WRITTEN = Text("Written: {}", "已写入：{}")
_DRY = Text("Nothing was written (--dry-run).", "没有写入任何内容（--dry-run）。")
_FAULTS = Text("These settings are not right yet:", "以下配置尚不正确：")
_SOUND = Text("All settings are valid.", "全部配置有效。")
_WITHOUT_S = Text(
    "`s` is not installed, so {} was not rendered: run `make setup`",
    "没有安装 `s`，因此没有渲染 {}：请执行 `make setup`",
)
_REFUSED = Text("refused: ", "拒绝：")
_INTERRUPTED = Text("Interrupted. Nothing was written.", "已中断，没有写入任何内容。")
_FIX = Text("fix: ", "修复：")


class _Stop(Exception):
    """The run ends here with a message and nothing written."""


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    project: Path = PROJECT,
    ask: Callable[[str], str] = input,
) -> int:
    """Run the command. `environ`, `project` and `ask` replace the process's own."""
    arguments = _arguments().parse_args(argv)
    if arguments.schema:
        print(json.dumps(schema(), indent=2, ensure_ascii=False))
        return DONE
    setup = _Setup(arguments, os.environ if environ is None else environ, project, ask)
    end_on_sigterm()
    try:
        return setup.run()
    except AnswerError as error:
        return setup.refuse(error.of(setup.language))
    except (_Stop, Refused, FileError) as error:
        return setup.refuse(told(str(error)))
    except (KeyboardInterrupt, EOFError):
        print(f"\n{_INTERRUPTED.of(setup.language)}", file=sys.stderr)
        return INTERRUPTED


class _Setup:
    def __init__(
        self,
        arguments: argparse.Namespace,
        environ: Mapping[str, str],
        project: Path,
        ask: Callable[[str], str],
    ) -> None:
        self.language: str = arguments.language or language_of(environ)
        speak(self.language)
        self._arguments = arguments
        self._environ = environ
        self._project = project
        self._terminal = Terminal(self.language, ask, print)
        self._guided = arguments.answers is None

    def refuse(self, why: str) -> int:
        print(f"{_REFUSED.of(self.language)}{why}", file=sys.stderr)
        return REFUSED

    def _say(self, text: Text, *values: str) -> str:
        said = text.of(self.language)
        for value in values:
            said = said.replace("{}", value, 1)
        return said

    def run(self) -> int:
        if self._guided and not sys.stdin.isatty():
            raise _Stop(self._say(_NO_TERMINAL))
        path = self._path()
        to_set = self._to_set()
        file = env_file.load(path, self._example())
        present = file.values
        given = self._given(path, present, to_set)
        decided = plan(present, given, to_set)
        for name, value in decided.changes.items():
            self._put(file, name, value)
        template = template_of(file.values, given.answers, self._project)
        faults = self._check(file, template)
        self._show(path, present, decided, file, {fault.name for fault in faults})
        own = [fault for fault in faults if fault.name in decided.changes]
        if own:
            self._show_faults(own)
            raise _Stop(self._say(_LEFT))
        if not self._write(path, file, decided):
            return DONE
        if faults:
            self._show_faults(faults)
            return REFUSED
        print(f"\n{self._say(_SOUND)}")
        made = decided.made
        print(next_steps(file.values, made, template, path, self._project, self.language))
        return DONE

    def _put(self, file: EnvFile, name: str, value: str) -> None:
        try:
            file.put(name, value)
        except ValueRefused:
            raise _Stop(self._say(_UNWRITABLE, name)) from None

    def _path(self) -> Path:
        path: Path = self._arguments.env_file or self._project / ".env"
        if not re.fullmatch(r"\.env(\.[A-Za-z0-9_-]+)*", path.name) or path.suffix == ".example":
            raise _Stop(self._say(_ENV_NAME))
        return path

    def _example(self) -> Path:
        """What a new file begins as: the same in both languages but for the comments."""
        chinese = self._project / ".env.zh-CN.example"
        if self.language == "zh" and chinese.is_file():
            return chinese
        return self._project / ".env.example"

    def _to_set(self) -> frozenset[str]:
        found: set[str] = set()
        for name in self._arguments.set:
            question = question_of(name)
            if name in NEVER_CHANGED or name == "issuer_alias":
                raise _Stop(self._say(_NEVER, name))
            if question is not None and name == question.key:
                found |= set(question.variables) - set(NEVER_CHANGED)
            elif re.fullmatch(PREFIX + r"[A-Z0-9_]{1,60}", name):
                refuse_unsettable(name)
                found.add(name)
            else:
                known = ", ".join(question.key for question in QUESTIONS)
                raise _Stop(self._say(_NOT_A_NAME, known))
        # Exactly one of the two may be set, so a change of one is a change of both.
        if found & {"VODPASS_JWT_KEYS", "VODPASS_JWT_JWKS_URL"}:
            found |= {"VODPASS_JWT_KEYS", "VODPASS_JWT_JWKS_URL"}
        return frozenset(found)

    # --- answers ------------------------------------------------------------------------------

    def _given(self, path: Path, present: Mapping[str, str], to_set: frozenset[str]) -> Given:
        asked_for = [one for one in QUESTIONS if (to_set - MADE) & set(one.variables)]
        others = sorted(name for name in to_set if question_of(name) is None)
        open_ones = self._open(present, asked_for)
        if not self._guided:
            given = read(self._arguments.answers, self._environ)
            for question in asked_for:
                if question.key not in given.answers:
                    raise missing(question)
            for name in others:
                if name not in given.settings:
                    raise _Stop(self._say(_NO_VALUE, name, name))
            given.answers = with_defaults(given.answers, [one.key for one in open_ones])
            return given
        given = Given()
        if open_ones:
            print(self._say(_WELCOME, path.name))
        for number, question in enumerate(open_ones, 1):
            given.answers[question.key] = self._terminal.answer(
                question, number, len(open_ones), given.answers
            )
        for name in others:
            given.settings[name] = self._terminal.setting(name, secret=name not in SHOWN)
        return given

    def _open(self, present: Mapping[str, str], asked_for: Sequence[Question]) -> list[Question]:
        """The questions to ask: all on a first run, else those that --set names.

        What a question sets may be there already. Then it is not asked.
        """
        needed = serverless_devs.read_by(self._project, "s.yaml")
        fresh = not all(is_set(present, name) for name, required in needed.items() if required)
        return [
            question
            for question in QUESTIONS
            if question in asked_for
            or (fresh and not any(is_set(present, name) for name in question.variables))
        ]

    # --- what is shown ------------------------------------------------------------------------

    def _check(self, file: EnvFile, template: str) -> list[Fault]:
        values = {**file.values, **self._ours()}
        command = serverless_devs.find(self._project)
        if command is None:
            print(self._say(_WITHOUT_S, template), file=sys.stderr)
        return readiness.faults(values, self._project, template, command)

    def _ours(self) -> dict[str, str]:
        return {name: text for name, text in self._environ.items() if name.startswith(PREFIX)}

    def _show(
        self,
        path: Path,
        present: Mapping[str, str],
        decided: Plan,
        file: EnvFile,
        wrong: Collection[str],
    ) -> None:
        if decided.changes:
            print(f"\n{self._say(_CHANGES, path.name)}")
            width = max(len(name) for name in decided.changes)
            for name, value in decided.changes.items():
                before = present.get(name, "")
                after = shown(name, value, self.language, wrong=name in wrong)
                if name in decided.made:
                    after = f"{self._say(_MADE)} {after}"
                old = is_set(present, name)
                arrow = f"{shown(name, before, self.language)} -> " if old else ""
                print(f"  {name.ljust(width)}  {arrow}{after}")
        else:
            print(self._say(_NOTHING, path.name))
        for name in decided.kept:
            print(f"! {self._say(_STAYS, name, name)}")
        for name in file.repeated:
            print(f"! {self._say(_TWICE, name)}")
        for name, value in self._ours().items():
            if file.values.get(name, value) != value:
                print(f"! {self._say(_FROM_ENVIRONMENT, name)}")

    def _show_faults(self, faults: Sequence[Fault]) -> None:
        print(f"\n{self._say(_FAULTS)}", file=sys.stderr)
        for fault in faults:
            fix = f"\n    {self._say(_FIX)}{told(fault.fix)}" if fault.fix else ""
            print(f"  {fault.told()}{fix}", file=sys.stderr)

    def _write(self, path: Path, file: EnvFile, decided: Plan) -> bool:
        """Whether the run goes on: false if the operator does not agree, or for a dry run."""
        if self._arguments.dry_run:
            print(self._say(_DRY))
            return False
        private = not path.exists() or path.stat().st_mode & 0o777 == env_file.MODE
        if not decided.changes and private:
            return True
        if self._guided and decided.changes and not self._terminal.agree(self._say(_WRITE)):
            print(self._say(_LEFT))
            return False
        env_file.write(path, file)
        print(self._say(_WRITTEN, str(path)))
        return True


def _arguments() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m ops.setup",
        description="Fill .env: ask some ten questions, make the keys, show what changes without "
        "any secret, and check all settings at once. What has a value keeps it.",
        epilog="exit codes: 0 done, 1 refused, or a setting is not right, 130 interrupted",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="a JSON file with the answers, instead of a terminal; --schema prints its form",
    )
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="default .env")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME",
        help="change a variable that has a value, or all variables of a question; repeat it for "
        "others. The owner keys and the issuer alias never change",
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the file of answers"
    )
    return parser

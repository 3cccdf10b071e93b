"""The questions: what each asks, what it accepts, and its default.

The same list serves the terminal, the file of answers and its JSON Schema. A question is one of
four kinds: a text, a list of texts, one of several options, or some of several options. An option
may have fields of its own, which are asked only if it is chosen.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.setup.issuers import ISSUERS
from ops.setup.parts import DOMAIN, Field, Option, safe_text
from ops.text import Text
from shared.config.parsers import origins, web_url
from shared.config.variables import REGIONS

Answers = Mapping[str, Any]
"""Question -> its answer: a text, a list, or an object with the option and its fields."""

OPTION = "kind"
"""The member of an answer that names the chosen option."""


@dataclass(frozen=True)
class Question:
    """One question, and the variables that its answer sets."""

    key: str
    ask: Text
    variables: tuple[str, ...]
    field: Field | None = None
    """For a text or, with `many`, for each text of a list."""
    options: tuple[Option, ...] = ()
    many: bool = False
    default: str | Callable[[Answers], str] | None = ""
    """For options, the option's key. None: there is no default."""
    common: tuple[Field, ...] = ()
    """Fields that are asked if any of several options is chosen."""

    def default_for(self, answers: Answers) -> str | None:
        """The default, which may depend on the answers before it."""
        return self.default(answers) if callable(self.default) else self.default

    @property
    def nested(self) -> bool:
        """Whether the answer is an object: some option has fields."""
        return bool(self.common) or any(option.fields for option in self.options)

    def option(self, key: str) -> Option | None:
        """The option of that key."""
        return next((option for option in self.options if option.key == key), None)


def _name(answers: Answers) -> str:
    return str(answers.get("name") or "vodpass")


def _alias(answers: Answers) -> str:
    kind = (answers.get("issuer") or {}).get(OPTION, "")
    return "main" if not kind or kind.startswith("own") else str(kind)


def _is_origin(text: str) -> bool:
    try:
        return len(origins(text)) == 1
    except ValueError:
        return False


def _is_receiver(text: str) -> bool:
    # http is for this machine only.
    return text.startswith("https://") and _accepts(web_url, text)


def _accepts(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


_DOMAIN_FIELDS = (
    Field(
        "domain",
        Text("What is the domain of the functions?", "函数使用哪个域名？"),
        Text("a host in lower case, such as vod.example.com", "小写的域名，例如 vod.example.com"),
        DOMAIN,
    ),
    Field(
        "certificate_id",
        Text(
            "What is the number of its certificate in Certificate Management Service?",
            "它的证书在数字证书管理服务中的 ID 是多少？",
        ),
        Text("a number of 1 to 20 digits", "1 到 20 位数字"),
        r"[0-9]{1,20}",
    ),
    Field(
        "log_project",
        Text(
            "Which project of Simple Log Service takes the functions' log? Its name is unique in "
            "the region, so the default has a random end.",
            "函数的日志写入日志服务的哪个 Project？名称在地域内唯一，因此默认值带有随机后缀。",
        ),
        Text("3 to 63 of a-z, 0-9 and -", "3 到 63 个字符：a-z、0-9 和 -"),
        r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]",
        # Drawn once and then kept in `.env`.
        default=lambda answers: f"{_lower(_name(answers))}-log-{secrets.token_hex(4)}",
    ),
)


def _lower(name: str) -> str:
    return re.sub(r"[^a-z0-9-]", "-", name.lower()).strip("-")[:40] or "vodpass"


QUESTIONS: Sequence[Question] = (
    Question(
        "name",
        Text(
            "What is the deployment called? Its functions, roles and queues begin with this name.",
            "这个部署叫什么名字？函数、角色和队列都以此开头。",
        ),
        ("VODPASS_NAME",),
        Field(
            "name",
            Text("", ""),
            Text(
                "1 to 40 of a-z, 0-9 and -, beginning with a letter and not ending with -",
                "1 到 40 个字符：a-z、0-9 和 -，以字母开头，不以 - 结尾",
            ),
            r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?",
        ),
        default="vodpass",
    ),
    Question(
        "region",
        Text(
            "In which region does VOD keep your videos? The functions run there too.",
            "视频点播把您的视频存放在哪个地域？函数也运行在该地域。",
        ),
        ("VODPASS_REGION",),
        options=tuple(Option(region, Text("", "")) for region in sorted(REGIONS)),
        default="cn-shanghai",
    ),
    Question(
        "issuer",
        Text(
            "Who issues the tokens of your users? vodpass has no login of its own.",
            "谁为您的用户签发 Token？vodpass 自己没有登录功能。",
        ),
        (
            "VODPASS_JWT_KEYS",
            "VODPASS_JWT_JWKS_URL",
            "VODPASS_JWT_ISSUER",
            "VODPASS_JWT_AUDIENCE",
            "VODPASS_JWT_SUBJECT_CLAIM",
            "VODPASS_JWT_SCOPE_CLAIM",
            "VODPASS_JWT_VOD_CLAIM",
            "VODPASS_DEFAULT_SCOPES",
        ),
        options=ISSUERS,
        default=None,
    ),
    Question(
        "issuer_alias",
        Text(
            "What is the issuer's short name? It is part of each video's mark and never changes.",
            "颁发方的简称是什么？它是每个视频标记的一部分，以后不能修改。",
        ),
        ("VODPASS_ISSUER_ALIAS", "VODPASS_OWNER_KEYS"),
        Field(
            "issuer_alias",
            Text("", ""),
            Text("1 to 32 of a-z, 0-9 and -", "1 到 32 个字符：a-z、0-9 和 -"),
            r"[a-z0-9-]{1,32}",
        ),
        default=_alias,
    ),
    Question(
        "address",
        Text(
            "At which address do apps call the functions? Production needs a domain of yours.",
            "应用通过哪个地址调用函数？生产环境需要您自己的域名。",
        ),
        (
            "VODPASS_DOMAIN",
            "VODPASS_CERTIFICATE_ID",
            "VODPASS_LOG_PROJECT",
            "VODPASS_CALLBACK_URL",
        ),
        options=(
            Option(
                "function-compute",
                Text(
                    "Function Compute's own address, to try things (fcapp.run)",
                    "函数计算自带的地址，用于试用（fcapp.run）",
                ),
            ),
            Option("domain", Text("a domain of yours", "您自己的域名"), _DOMAIN_FIELDS),
        ),
        default="function-compute",
    ),
    Question(
        "callbacks",
        Text(
            "How does VOD tell vodpass what happens? A queue keeps events for a day if your app is "
            "down.",
            "视频点播如何通知 vodpass？使用队列时，即使您的应用不可用，事件也会保留一天。",
        ),
        (
            "VODPASS_EVENT_QUEUE",
            "VODPASS_WATCH_QUEUE",
            "VODPASS_DEAD_LETTER_QUEUE",
            "VODPASS_WATCH",
            "VODPASS_CALLBACK_KEYS",
        ),
        options=(
            Option("queues", Text("by queues of SMQ", "通过轻量消息队列")),
            Option("http", Text("by HTTP, without queues", "通过 HTTP，不使用队列")),
        ),
        default="queues",
    ),
    Question(
        "webhook_url",
        Text("At which URL does your app receive events?", "您的应用在哪个 URL 接收事件？"),
        ("VODPASS_WEBHOOK_URL", "VODPASS_WEBHOOK_SECRETS"),
        Field(
            "webhook_url",
            Text("", ""),
            Text(
                "an https URL, such as https://app.example.com/webhooks/vod, without user "
                "information, fragment, quotes, braces or $",
                "https URL，例如 https://app.example.com/webhooks/vod，"
                "不含用户信息、片段、引号、大括号和 $",
            ),
            safe_text(1000),
            test=_is_receiver,
        ),
        default=None,
    ),
    Question(
        "origins",
        Text(
            "From which origins do browsers call? Separate several with commas; empty for none.",
            "浏览器会从哪些来源调用？多个来源用逗号分隔；没有则留空。",
        ),
        ("VODPASS_CORS_ORIGINS",),
        Field(
            "origins",
            Text("", ""),
            Text(
                "an origin as a browser sends it, such as https://app.example.com: lower case, no "
                "path, no slash at the end, no *",
                "浏览器发送的来源，例如 https://app.example.com：小写，不含路径、末尾斜杠和 *",
            ),
            safe_text(300),
            test=_is_origin,
        ),
        many=True,
    ),
    Question(
        "sts",
        Text(
            "Which STS tokens may callers get? Each allows what its role allows, in the whole "
            "account. Separate several with commas; empty for none.",
            "调用者可以获取哪些 STS Token？每种 Token 的权限等于其角色在整个账号内的权限。"
            "多个用途用逗号分隔；没有则留空。",
        ),
        (
            "VODPASS_STS_UPLOAD_ROLE",
            "VODPASS_STS_PLAY_ROLE",
            "VODPASS_STS_OSS_ROLE",
            "VODPASS_OSS_BUCKET",
            "VODPASS_OSS_PREFIX",
        ),
        options=(
            Option("vod-upload", Text("to upload to VOD with an SDK", "使用 SDK 上传到视频点播")),
            Option("vod-play", Text("to play every video of the account", "播放账号内的全部视频")),
            Option(
                "oss-upload",
                Text("to upload to a bucket of yours", "上传到您自己的 Bucket"),
                (
                    Field(
                        "bucket",
                        Text(
                            "To which OSS bucket of the region may oss-upload write?",
                            "oss-upload 可以写入该地域的哪个 OSS Bucket？",
                        ),
                        Text(
                            "a bucket's name: 3 to 63 of a-z, 0-9 and -",
                            "Bucket 名称：3 到 63 个字符：a-z、0-9 和 -",
                        ),
                        r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
                    ),
                    Field(
                        "prefix",
                        Text("Below which prefix of the bucket?", "可以写入该 Bucket 的哪个前缀？"),
                        Text(
                            "1 to 4 parts of a-z, 0-9, _ and -, each with a slash after it, such "
                            "as uploads/",
                            "1 到 4 段，由 a-z、0-9、_ 和 - 组成，每段以斜杠结尾，例如 uploads/",
                        ),
                        r"(?:[a-z0-9_-]{1,32}/){1,4}",
                        default="uploads/",
                    ),
                ),
            ),
        ),
        many=True,
        common=(
            Field(
                "account_id",
                Text(
                    "What is the number of your Alibaba Cloud account? The roles' ARNs have it.",
                    "您的阿里云账号 ID 是多少？角色的 ARN 中含有它。",
                ),
                Text("5 to 20 digits", "5 到 20 位数字"),
                r"[0-9]{5,20}",
            ),
        ),
    ),
    Question(
        "python",
        Text(
            "Which Python runs the functions? Every region of VOD has 3.10.",
            "函数使用哪个 Python 版本？视频点播的全部地域都有 3.10。",
        ),
        ("VODPASS_PYTHON",),
        options=(Option("3.10", Text("", "")), Option("3.12", Text("public preview", "公测"))),
        default="3.10",
    ),
)

BY_KEY: Mapping[str, Question] = {question.key: question for question in QUESTIONS}

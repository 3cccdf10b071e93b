"""What is known of a line that `s` prints. Nothing else of the line is ever shown.

`s` prints every setting in clear. To mask what is known to be secret is not enough: `s` quotes and
wraps values in its own way. So a line is never repeated, not even in part. It is compared with a
few forms, and what is shown are our own words, a function's name and a number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ops.text import Text

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_END = re.compile(
    r"[✔✖] \[(?P<name>[a-z]{1,40})\] (?P<how>completed|failed to \[deploy\]) "
    r"\((?P<seconds>[0-9]{1,6}(?:\.[0-9]{1,3})?)s\)"
)


@dataclass(frozen=True)
class Step:
    """A function whose deployment has ended."""

    function: str
    done: bool
    seconds: str


@dataclass
class Seen:
    """What was recognised in the output of one run."""

    functions: Collection[str]
    done: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    """Keys of REASONS."""

    def read(self, line: str) -> Step | None:
        """Look at a line. Returns the function whose deployment it reports as ended."""
        plain = _COLOURS.sub("", line).strip()
        for word in _WORDS.findall(plain):
            if word in REASONS and word not in self.reasons:
                self.reasons.append(word)
        found = _END.fullmatch(plain)
        if found is None or found["name"] not in self.functions:
            return None
        step = Step(found["name"], found["how"] == "completed", found["seconds"])
        (self.done if step.done else self.failed).add(step.function)
        return step


_NETWORK = Text(
    "a host cannot be reached: check the network and the proxy (HTTPS_PROXY)",
    "无法连接主机：请检查网络和代理（HTTPS_PROXY）",
)
_KEY = Text(
    "the AccessKey is not accepted: check ALIBABA_CLOUD_ACCESS_KEY_ID, "
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a temporary key, ALIBABA_CLOUD_SECURITY_TOKEN",
    "AccessKey 无效：请检查 ALIBABA_CLOUD_ACCESS_KEY_ID、ALIBABA_CLOUD_ACCESS_KEY_SECRET，"
    "临时密钥还需检查 ALIBABA_CLOUD_SECURITY_TOKEN",
)
_PERMISSION = Text(
    "the key may not do this: it needs AliyunFCFullAccess, AliyunLogFullAccess, ram:PassRole and, "
    "with queues, AliyunEventBridgeFullAccess",
    "该密钥没有权限：需要 AliyunFCFullAccess、AliyunLogFullAccess、ram:PassRole，使用队列时还需 "
    "AliyunEventBridgeFullAccess",
)
_ROLE = Text(
    "a role is missing: run python -m ops.account apply",
    "缺少角色：请执行 python -m ops.account apply",
)
_LOG = Text(
    "the log project or its log store is missing: run python -m ops.account apply",
    "缺少日志 Project 或 Logstore：请执行 python -m ops.account apply",
)
_QUOTA = Text(
    "a quota of Function Compute is used up: lower reservedConcurrency in s.yaml, or ask for more",
    "函数计算的配额不足：请降低 s.yaml 中的 reservedConcurrency，或申请提高配额",
)
_CNAME = Text(
    "the domain does not lead to Function Compute: create its CNAME record, then deploy again",
    "域名没有解析到函数计算：请添加 CNAME 记录，然后重新部署",
)
_CERTIFICATE = Text(
    "the certificate cannot be used: check VODPASS_CERTIFICATE_ID, and that the key may read it "
    "(AliyunYundunCertReadOnlyAccess)",
    "证书无法使用：请检查 VODPASS_CERTIFICATE_ID，以及密钥能否读取它"
    "（AliyunYundunCertReadOnlyAccess）",
)
_OVERDUE = Text("the account has an overdue payment", "账号已欠费")
_DISK = Text("there is no space left on this machine", "本机磁盘空间不足")

REASONS: Mapping[str, Text] = {
    "ENOTFOUND": _NETWORK,
    "EAI_AGAIN": _NETWORK,
    "ECONNREFUSED": _NETWORK,
    "ECONNRESET": _NETWORK,
    "ETIMEDOUT": _NETWORK,
    "InvalidAccessKeyID": _KEY,
    "InvalidAccessKeyId": _KEY,
    "InvalidAccessKeyId.NotFound": _KEY,
    "InvalidAccessKeyId.Inactive": _KEY,
    "SignatureNotMatch": _KEY,
    "SignatureDoesNotMatch": _KEY,
    "InvalidSecurityToken.Expired": _KEY,
    "InvalidSecurityToken.Malformed": _KEY,
    "AccessDenied": _PERMISSION,
    "NoPermission": _PERMISSION,
    "Forbidden.RAM": _PERMISSION,
    "EntityNotExist.Role": _ROLE,
    "ProjectNotExist": _LOG,
    "LogStoreNotExist": _LOG,
    "ProjectForbidden": _LOG,
    "ResourceExhausted": _QUOTA,
    "ConcurrencyQuotaExceeded": _QUOTA,
    "ConcurrencyLimitExceeded": _QUOTA,
    "DomainNameNotResolved": _CNAME,
    "CertificateNotFound": _CERTIFICATE,
    "InvalidCertificate": _CERTIFICATE,
    "OverdueBill": _OVERDUE,
    "UserOverdue": _OVERDUE,
    "ENOSPC": _DISK,
}
"""Codes that may stand in an error of `s`, and what they mean. No other word is ever shown."""

_WORDS = re.compile(r"(?<![\w.-])[A-Za-z_]+(?:\.[A-Za-z]+)?(?![\w-])")

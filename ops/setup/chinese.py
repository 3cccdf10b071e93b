"""What a variable may hold, in Chinese, for the faults that `ops.setup` reports.

The English texts are those of `shared/config/variables.py`, which the functions use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ops.readiness import Fault

_CLAIM = "声明的名称，或指向它的 JSON Pointer，例如 /app_metadata/vod"
_ROLE = "角色的 ARN，例如 acs:ram::1234567890123456:role/vodpass-client-play"
_SECRETS = "机密（24 到 64 字节的 base64，可带前缀 whsec_），或用逗号分隔的两个机密"
_LOOPBACK = "带端口的本机地址，例如 127.0.0.1:9001"
_QUEUE = "队列名称：1 到 120 个字母、数字和连字符"

ALLOWED: Mapping[str, str] = {
    "VODPASS_NAME": "函数名的第一部分",
    "VODPASS_REGION": "视频点播支持的地域 ID，例如 cn-shanghai",
    "VODPASS_PYTHON": "3.10 或 3.12",
    "VODPASS_DOMAIN": "小写的域名，例如 vod.example.com",
    "VODPASS_CERTIFICATE_ID": "数字证书管理服务中的证书 ID",
    "VODPASS_LOG_PROJECT": "日志服务的 Project 名称",
    "VODPASS_LOG_STORE": "Logstore 名称",
    "VODPASS_JWT_KEYS": "JWKS（JSON）：每个密钥都有 alg 和 kid，HS256 密钥至少 32 字节，"
    "RSA 密钥至少 2048 位，kid 不重复，不含私钥部分",
    "VODPASS_JWT_JWKS_URL": "https URL，不含用户信息和片段",
    "VODPASS_JWT_ISSUER": "所接受的 Token 的 iss，或 none",
    "VODPASS_JWT_AUDIENCE": "所接受的 Token 的 aud，或 none",
    "VODPASS_JWT_MAX_LIFE": "60 到 2592000 秒（默认 86400）",
    "VODPASS_JWT_SUBJECT_CLAIM": _CLAIM,
    "VODPASS_JWT_SCOPE_CLAIM": _CLAIM,
    "VODPASS_JWT_VOD_CLAIM": _CLAIM,
    "VODPASS_DEFAULT_SCOPES": "以空格分隔的权限范围：vod:upload vod:refresh vod:play",
    "VODPASS_ISSUER_ALIAS": "1 到 32 个字符：a-z、0-9 和 -（有视频之后切勿修改）",
    "VODPASS_OWNER_KEYS": "用逗号分隔的 id:base64：id 为 2 个 a-z 和 0-9，密钥至少 32 字节",
    "VODPASS_CORS_ORIGINS": "用逗号分隔的来源，例如 https://app.example.com，与浏览器发送的一致："
    "小写，不含默认端口和末尾斜杠",
    "VODPASS_UPLOAD_WINDOW": "3000 到 2592000 秒（默认 86400）",
    "VODPASS_MAX_FILE_SIZE": "1 到 48800000000000 字节（默认为最大值）",
    "VODPASS_TITLE_UNIT": "bytes（默认）或 characters：Title 的 128 按什么计算",
    "VODPASS_PLAY_MAX_TIMEOUT": "100 到 3000 秒（默认 3000）",
    "VODPASS_PLAY_KEY": "视频点播的播放密钥，20 个字母和数字",
    "VODPASS_PLAY_FORMATS": "mp4、m3u8、mp3、flv、mpd 中的若干个，用逗号分隔",
    "VODPASS_PLAY_DEFINITION": "FD、LD、SD、HD、OD、2K、4K、SQ、HQ、AUTO 中的若干个，用逗号分隔",
    "VODPASS_PLAY_STREAM_TYPE": "video、audio，或用逗号分隔的两者",
    "VODPASS_PLAY_AUTH_TIMEOUT": "1 到 2592000 秒",
    "VODPASS_TEMPLATE_GROUP_ID": "转码模板组 ID",
    "VODPASS_TEMPLATE_GROUP_IDS": "转码模板组 ID，用逗号分隔，最多 20 个，不可重复",
    "VODPASS_WORKFLOW_ID": "工作流 ID",
    "VODPASS_STORAGE_LOCATION": "存储地址（Bucket 的域名）",
    "VODPASS_APP_ID": "点播应用 ID",
    "VODPASS_CATE_ID": "分类 ID，整数",
    "VODPASS_CATE_IDS": "分类 ID，整数，用逗号分隔，最多 20 个，不可重复",
    "VODPASS_ACCELERATE": "1 表示上传使用传输加速，否则留空",
    "VODPASS_PLAY_DOMAIN": "小写的域名，例如 play.example.com",
    "VODPASS_PLAY_DOMAIN_SIGNED": "1 表示把 VODPASS_PLAY_DOMAIN 写入每个 JWTPlayAuth，否则留空",
    "VODPASS_UPLOAD_CALLBACK": "1 表示每次上传都指定 VODPASS_CALLBACK_URL，否则留空",
    "VODPASS_CALLBACK_SIGNED_URLS": "1 到 3 个 URL，用空格分隔，与视频点播签名时的写法一致，"
    "最长 256 字节",
    "VODPASS_STS_UPLOAD_ROLE": _ROLE,
    "VODPASS_STS_PLAY_ROLE": _ROLE,
    "VODPASS_STS_OSS_ROLE": _ROLE,
    "VODPASS_OSS_BUCKET": "OSS Bucket 名称",
    "VODPASS_OSS_PREFIX": "以斜杠结尾的前缀，由 a-z、0-9、_ 和 - 组成，例如 uploads/",
    "VODPASS_LIMITS": "JSON 对象，含 uploads_per_minute、uploads_per_day、open_uploads、"
    "refreshes_per_minute、refreshes_per_video、plays_per_minute、sts_per_hour 中的若干项，"
    "每项为 1 到 1000000 的整数",
    "VODPASS_LIMITS_URL": "rediss://[用户:密码@]主机[:端口][/数据库]，或内网地址的 redis://；"
    "特殊字符需要百分号编码",
    "VODPASS_LIMITS_AWAY": "count（默认）或 refuse：存储无响应时函数的行为",
    "VODPASS_LIMITS_BUDGET": "10 到 5000 毫秒（默认 50）",
    "VODPASS_VPC_ID": "VPC 的 ID",
    "VODPASS_VSWITCH_ID": "交换机的 ID",
    "VODPASS_SECURITY_GROUP_ID": "安全组的 ID",
    "VODPASS_CALLBACK_URL": "设为视频点播 CallbackURL 的 https URL，路径以至少 22 个随机字符的一段"
    "结尾；最长 256 字节，不含查询参数",
    "VODPASS_CALLBACK_KEYS": "视频点播的 AuthKey，轮换期间为用逗号分隔的两个："
    "16 到 32 个字母和数字，含大写字母、小写字母和数字",
    "VODPASS_WEBHOOK_URL": "应用接收端的 https URL",
    "VODPASS_WEBHOOK_SECRETS": _SECRETS,
    "VODPASS_WEBHOOK_PRIVATE": "1 表示允许接收端使用内网地址，否则留空",
    "VODPASS_CREDENTIAL_WEBHOOK_URL": "接收已刷新凭证的 https URL",
    "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": _SECRETS,
    "VODPASS_WATCH": "expiring、abandoned、completed 中的若干个，用逗号分隔，或 none"
    "（默认 expiring,abandoned）",
    "VODPASS_WATCH_QUEUE": _QUEUE,
    "VODPASS_EVENT_QUEUE": _QUEUE,
    "VODPASS_DEAD_LETTER_QUEUE": _QUEUE,
    "VODPASS_LATE_RECHECK": "1 到 604799 秒（默认 86400）；0 表示不再复核",
    "VODPASS_CLEANUP": "off、dry-run（默认）或 delete",
    "VODPASS_CLEANUP_FORCE": "1 表示数量多、占比大时也删除；否则不设置",
    "VODPASS_LOCAL": "仅用于开发机",
    "VODPASS_VOD_ENDPOINT": _LOOPBACK,
    "VODPASS_STS_ENDPOINT": _LOOPBACK,
    "VODPASS_MNS_ENDPOINT": _LOOPBACK,
}
"""Variable: what it may hold."""

_KINDS = (
    (r"is not set, nor (VODPASS_\w+)", "未设置，{0} 也未设置：必须是{allowed}"),
    (r"is not set, and (VODPASS_\w+) needs it", "未设置，而 {0} 需要它"),
    (r"is not set", "未设置：必须是{allowed}"),
    (r"is still `replace me`", "仍是 `replace me`：必须是{allowed}"),
    (r"may not be set beside (VODPASS_\w+)", "不能与 {0} 同时设置"),
    (r"set either this or (VODPASS_\w+), not both", "只能设置它和 {0} 之一"),
    (r"may be the word none only beside a single key", "只有单个密钥时才能是 none"),
    (r"must be an https URL", "必须是 https URL"),
    (r"must be on the domainName of customDomain", "必须在部署的域名上，且位于 /events/ 之下"),
    (r"and (VODPASS_\w+) are set together or not at all", "与 {0} 必须同时设置或同时不设置"),
    (r"needs a URL and secrets that nothing else uses", "需要独立的 URL 和机密"),
    (r"holds `\$`", "含有 `$`，而 `s` 会替换值中的 $NAME：请写成 %24"),
    (
        r"is not a setting of vodpass \(did you mean (VODPASS_\w+)\?\)",
        "不是 vodpass 的配置（是否应为 {0}？）",
    ),
    (r"is not a setting of vodpass", "不是 vodpass 的配置"),
    (r"must be", "必须是{allowed}"),
)


def of(fault: Fault) -> str:
    """A fault in Chinese; in English if there is no translation."""
    for pattern, template in _KINDS:
        found = re.match(pattern, fault.text)
        if found and ("{allowed}" not in template or fault.name in ALLOWED):
            text = template.replace("{allowed}", ALLOWED.get(fault.name, ""))
            for at, group in enumerate(found.groups()):
                text = text.replace(f"{{{at}}}", group)
            return f"{fault.name}：{text}"
    return str(fault)

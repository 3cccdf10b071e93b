"""What the deployment says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from ops.text import Text

STEPS: Mapping[str, Text] = {
    "check": Text("check", "检查"),
    "bundle": Text("bundle", "打包"),
    "deploy": Text("deploy", "部署"),
    "address": Text("address", "地址"),
    "routes": Text("routes", "路由"),
    "version": Text("version", "版本"),
    "doctor": Text("doctor", "诊断"),
    "smoke": Text("smoke", "试用"),
    "callback": Text("callback", "回调"),
}


class T:
    """The texts."""

    BUSY = Text("Another deployment of this folder is running.", "该目录正在执行另一个部署。")
    INTERRUPTED = Text(
        "Interrupted. Some functions may be deployed; run it again.",
        "已中断。部分函数可能已部署；请重新执行。",
    )
    NO_TEMPLATE = Text("There is no file {}.", "没有文件 {}。")
    NOT_READY = Text(
        "Nothing was sent. Correct this first.", "没有发送任何内容。请先修复以上问题。"
    )
    KEY_FIX = Text(
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=…; read -rs ALIBABA_CLOUD_ACCESS_KEY_SECRET; "
        "export ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=…; read -rs ALIBABA_CLOUD_ACCESS_KEY_SECRET; "
        "export ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    )
    CHECKED = Text("{} and all settings are valid", "{} 和全部配置有效")
    NO_IDENTITY = Text("STS does not say whose key this is: {}", "STS 没有返回该密钥所属的账号：{}")
    BUNDLE = Text("built {}", "已构建 {}")
    BUNDLE_BACK = Text("took {} of the deployment before", "使用上一次部署的 {}")
    NO_BUNDLE = Text("The bundle could not be built.", "代码包构建失败。")
    NOTHING_KEPT = Text(
        "No earlier bundle of this deployment is kept on this machine. Check out the version "
        "before, and run `make deploy`.",
        "本机没有保留该部署的上一个代码包。请检出上一个版本，然后执行 `make deploy`。",
    )
    FUNCTION_DONE = Text("{}", "{}")
    FUNCTION_FAILED = Text("FAILED: {}", "失败：{}")
    UNKNOWN_REASON = Text(
        "`s` gave a reason that is not in our list. Its text is not shown, because it may hold "
        "secrets. `python -m ops.doctor` says what is deployed.",
        "`s` 给出的原因不在已知列表中。其输出可能含有机密，因此不显示。`python -m ops.doctor` "
        "可以检查已部署的内容。",
    )
    S_FAILED = Text("`s deploy` failed with exit code {}.", "`s deploy` 失败，退出码 {}。")
    NO_ADDRESS = Text(
        "Function Compute does not tell the addresses: {}", "函数计算没有返回地址：{}"
    )
    ADDRESS = Text("events gets VOD's callbacks at {}", "events 在 {} 接收视频点播的回调")
    ADDRESS_ELSEWHERE = Text(
        "VODPASS_CALLBACK_URL is not in a file here: take its new host from the summary",
        "VODPASS_CALLBACK_URL 不在本机文件中：请采用摘要中的新主机名",
    )
    NOT_TOLD = Text(
        "`events` has no address for callbacks yet. Deploy again.",
        "`events` 还没有回调地址。请重新部署。",
    )
    NO_DOMAIN = Text(
        "The domain {} is not in Function Compute, although `s` reported success.",
        "`s` 报告成功，但函数计算中没有域名 {}。",
    )
    ROUTES = Text("corrected, because `s` leaves them: {}", "已修正 `s` 不会修改的路由：{}")
    SWITCHED = Text(
        "all routes lead to the new version, by the alias {}",
        "全部路由通过别名 {} 指向新版本",
    )
    SWITCHED_BACK = Text(
        "all routes lead to the version before, by the alias {}",
        "全部路由通过别名 {} 指向上一个版本",
    )
    ON_ALIAS = Text(
        "The routes lead to the alias {}. Queue and timer triggers stay on LATEST, the code that "
        "was deployed last.",
        "路由指向别名 {}。队列和定时触发器仍使用 LATEST，即最后一次部署的代码。",
    )
    FOREIGN_ALIAS = Text(
        "the routes lead to {}, which is not ours: move it to the new code yourself",
        "路由指向 {}，它不由本命令管理：请自行将它指向新代码",
    )
    NO_OTHER_VERSION = Text(
        "There is no version before: the other alias is missing.",
        "没有上一个版本：缺少另一个别名。",
    )
    MIXED_VERSIONS = Text(
        "The alias {} leads to different versions, because a deployment was interrupted. Check out "
        "the version before, and run `make deploy`.",
        "别名 {} 指向不同的版本，因为某次部署被中断。请检出上一个版本，然后执行 `make deploy`。",
    )
    ROUTES_FAILED = Text("The routes could not be corrected: {}", "路由修正失败：{}")
    DOCTOR_SOUND = Text("nothing found", "没有发现问题")
    DOCTOR = Text("findings: {}", "发现问题：{} 个")
    DOCTOR_FAILED = Text("could not run", "无法运行")
    SMOKE_PASSED = Text(
        "uploaded, refreshed, played and deleted a video", "已上传、刷新、播放并删除一个视频"
    )
    SMOKE_FAILED = Text("FAILED", "失败")
    SMOKE_LEFT = Text("not run (--no-smoke)", "未执行（--no-smoke）")
    SMOKE_TOKEN = Text(
        "not run: give --token-env VARIABLE with the token of a test user",
        "未执行：请用 --token-env VARIABLE 提供测试用户的 Token",
    )
    NO_TOKEN = Text("--token-env: the variable {} is empty", "--token-env：变量 {} 为空")
    CALLBACK_SET = Text("VOD sends its callbacks to this deployment", "视频点播的回调已指向该部署")
    CALLBACK_LEFT = Text("left as it is", "保持不变")
    CALLBACK_NOT_SET = Text(
        "left as it is, because something above is not right", "以上有问题，因此保持不变"
    )
    CALLBACK_TAKEN = Text(
        "VOD calls another system. --replace-callback overwrites that",
        "视频点播正在回调另一个系统。--replace-callback 可以覆盖它",
    )
    CALLBACK_FAILED = Text("could not be set", "设置失败")
    FIX = Text("fix", "修复")
    SUMMARY = Text("Deployed: ", "已部署：")
    SUMMARY_NOT_SOUND = Text("Deployed, but not sound: ", "已部署，但存在问题：")
    APP = Text(
        "In your app: these addresses, and VODPASS_WEBHOOK_SECRETS of {} to verify events.",
        "在您的应用中：使用以上地址，并用 {} 中的 VODPASS_WEBHOOK_SECRETS 校验事件。",
    )
    BACK = Text("To go back: {}", "回滚：{}")

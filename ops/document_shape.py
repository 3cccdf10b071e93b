"""The shape of a rendered `s.yaml`: which keys it has, and what each may hold.

`ops.s_yaml` checks with it before every deployment. So this imports only the standard library and
modules of the project.
"""

from ops.domains import METHODS, domain
from ops.shape import (
    LINE,
    Shape,
    anything,
    by,
    choice,
    each,
    either,
    named,
    number,
    record,
    text,
    truth,
    values,
    whole,
)
from ops.triggers import QUEUE, TIMER, http
from shared.config.variables import REGIONS

PREVIEW_RUNTIME = "python3.12"
RESERVED_INSTANCES = 90
"""All functions together may reserve 90 % of the account's instances in a region. The documentation
names 100 on one page and 300 on another as the default; this uses the lower."""

_NAME = text(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", "a name of 1 to 64 of letters, digits, _ and -")
_COMPONENT = text(
    r"fc3(@[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4})?", "fc3 with a version, such as fc3@0.1.22"
)
_INNER_PATH = text(r"\./[A-Za-z0-9_./-]*", "a path inside the project that begins with ./")

_LOG_CONFIG = record(
    {"project": text(r"[a-z0-9-]{3,63}", "a log project"), "logstore": text(r".+", "a log store")},
    {
        "enableRequestMetrics": truth,
        "enableInstanceMetrics": truth,
        # DefaultRegex begins an entry at a date, and our log lines have none.
        "logBeginRule": choice("None"),
    },
)
_TAG = record(
    {
        "key": text(
            r"(?!aliyun|acs:)(?!.*://).{1,128}", "1 to 128 characters, without Alibaba's prefixes"
        ),
        "value": text(r".{0,128}", "at most 128 characters"),
    }
)
_TAGS = each(_TAG, most=20)

_VPC = record(
    {
        "vpcId": text(r"vpc-[a-z0-9]{1,40}", "the id of a VPC, vpc-..."),
        "vSwitchIds": each(text(r"vsw-[a-z0-9]{1,40}", "the id of a vSwitch, vsw-..."), most=10),
        "securityGroupId": text(r"sg-[a-z0-9]{1,40}", "the id of a security group, sg-..."),
    }
)

# No function may have destinations. Anyone can make an asynchronous call to a function with an HTTP
# trigger, and a destination would store its result. The results of `watch` go to the webhook only.
_NO_RETRIES = record(
    {"maxAsyncRetryAttempts": choice(0), "maxAsyncEventAgeInSeconds": whole(1, 2_592_000)}
)
_RETRIES = record(
    {"maxAsyncRetryAttempts": whole(0, 8), "maxAsyncEventAgeInSeconds": whole(1, 2_592_000)}
)


def _function(
    triggers: Shape,
    *,
    timeout: Shape,
    async_calls: Shape = _NO_RETRIES,
    methods: Shape | None = None,
) -> Shape:
    props = record(
        {
            "region": choice(*sorted(REGIONS)),
            "functionName": _NAME,
            "description": LINE,
            "runtime": choice("python3.10", PREVIEW_RUNTIME),
            "handler": choice("index.handler"),
            "code": _INNER_PATH,
            # The component changes a role's name to lower case. That role may not exist.
            "role": text(
                r"[a-z0-9.-]{1,64}",
                "a bare role name in lower case, without arn:; it begins with VODPASS_NAME",
            ),
            "cpu": number(0.05, 16),
            "memorySize": whole(128, 32768, multiple_of=64),
            "diskSize": choice(512, 10240),
            "timeout": timeout,
            "internetAccess": choice(True),
            "logConfig": either("auto", _LOG_CONFIG),
            "environmentVariables": values(text(r"(?s).*", "text")),
            "asyncInvokeConfig": async_calls,
            "concurrencyConfig": record({"reservedConcurrency": whole(1, RESERVED_INSTANCES)}),
            "triggers": triggers,
        },
        {"tags": _TAGS, "vpcConfig": _VPC} | ({"customDomain": domain(methods)} if methods else {}),
    )
    extend = record({"name": _NAME}, {"ignore": each(_NAME)})
    return record({"component": _COMPONENT, "props": props}, {"extend": extend})


_ANY_METHOD = each(choice(*METHODS), most=len(METHODS))
_POST = each(choice("POST"))

_CALLED = _function(
    each(by("triggerType", {"http": http(_ANY_METHOD)}), most=1),
    timeout=whole(5, 60),
    methods=_ANY_METHOD,
)
_EVENTS = _function(
    each(by("triggerType", {"http": http(_POST), "eventbridge": QUEUE}), most=2),
    timeout=whole(6, 60),
    methods=_POST,
)
# No HTTP trigger: nobody outside may call the function that can refresh every upload.
_WATCH = _function(
    each(by("triggerType", {"timer": TIMER, "eventbridge": QUEUE}), most=2),
    timeout=whole(60, 600),
    async_calls=_RETRIES,
)

DOCUMENT = record(
    {
        "edition": choice("3.0.0"),
        "name": _NAME,
        "access": text(r"[A-Za-z0-9_-]+", "the literal name of an alias"),
        "actions": record(
            {"pre-deploy": each(record({"run": LINE, "path": _INNER_PATH}))},
        ),
        "resources": named({"events": _EVENTS, "watch": _WATCH}, _CALLED),
    },
    {
        # `s` has merged these into the resources, where they are checked.
        "vars": anything,
        "template": anything,
    },
)

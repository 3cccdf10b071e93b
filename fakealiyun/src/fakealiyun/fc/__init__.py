"""Function Compute: the API that deployments are made with. What runs them is plugged in."""

from fakealiyun.fc.compute import Busy, Compute, Deployed, DomainRoute, NotServed, Result
from fakealiyun.fc.service import FcService
from fakealiyun.fc.trigger_call import TriggerCalls

__all__ = [
    "Busy",
    "Compute",
    "Deployed",
    "DomainRoute",
    "FcService",
    "NotServed",
    "Result",
    "TriggerCalls",
]

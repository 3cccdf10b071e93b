"""Function Compute: the API that deployments are made with. What runs them is plugged in."""

from local.cloud.fc.compute import Busy, Compute, Deployed, DomainRoute, NotServed, Result
from local.cloud.fc.service import FcService
from local.cloud.fc.trigger_call import TriggerCalls

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

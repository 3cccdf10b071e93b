"""Function Compute: the API for deployments. `FcService.serve_with` says what runs functions."""

from fakealiyun.fc.compute import Busy, Compute, Deployed, DomainRoute, NotServed, Result
from fakealiyun.fc.service import FcService
from fakealiyun.fc.trigger_signature import TriggerCalls

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

"""Function Compute 3.0 on one machine, from the same `s.yaml` that is deployed.

    deployment = load_deployment(Path("s.yaml"), environment, account_id="1234567890123456")
    gateway = Gateway(deployment, cloud)
    await gateway.start(port=9000)

`deployment` reads the functions. `pool`, `instance` and `runtime/` run them: each instance is one
process. `http_event`, `http_response` and `server` are the HTTP trigger. `timers`, `queue_consumer`
and `asynchronous` are the other triggers; they follow the cloud's clock.
"""

from local.gateway.cloud_link import CloudLink, FakeCloudLink, RoleCredentials
from local.gateway.deployment import Deployment, load_deployment
from local.gateway.function import Function
from local.gateway.logs import FunctionLogs, LogLine
from local.gateway.server import Gateway
from local.gateway.yaml_document import DeploymentError

__all__ = [
    "CloudLink",
    "Deployment",
    "DeploymentError",
    "FakeCloudLink",
    "Function",
    "FunctionLogs",
    "Gateway",
    "LogLine",
    "RoleCredentials",
    "load_deployment",
]

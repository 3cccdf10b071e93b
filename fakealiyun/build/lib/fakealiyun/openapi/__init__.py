"""The OpenAPI gateway of Alibaba Cloud, which receives the requests for VOD, STS and RAM."""

from fakealiyun.openapi.types import ApiError, Call, Operation, Service, any_resource

__all__ = ["ApiError", "Call", "Operation", "Service", "any_resource"]

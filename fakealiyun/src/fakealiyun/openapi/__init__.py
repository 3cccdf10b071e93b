"""The OpenAPI gateway of Alibaba Cloud: what stands in front of VOD and STS."""

from fakealiyun.openapi.types import ApiError, Call, Operation, Service, any_resource

__all__ = ["ApiError", "Call", "Operation", "Service", "any_resource"]

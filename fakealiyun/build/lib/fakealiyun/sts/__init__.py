"""The Security Token Service: issues credentials of roles, and says who a credential belongs to."""

from fakealiyun.sts.service import StsService

__all__ = ["StsService"]

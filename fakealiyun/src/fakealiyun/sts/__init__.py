"""The Security Token Service: temporary keys of a role, and who a key belongs to."""

from fakealiyun.sts.service import StsService

__all__ = ["StsService"]

"""A fake Alibaba Cloud that speaks the real wire protocols over real sockets."""

from fakealiyun.fake_cloud import FakeCloud

__all__ = ["FakeCloud"]

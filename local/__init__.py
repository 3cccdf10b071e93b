"""Runs vodpass on one machine, without an Alibaba Cloud account."""

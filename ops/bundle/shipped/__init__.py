"""Modules that go into every bundle as they are; nothing of the builder imports them."""

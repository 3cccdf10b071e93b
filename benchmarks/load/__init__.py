"""Load: the whole deployment under many callers, on loopback and bounded in count and time."""

"""The operations of VOD, grouped by purpose."""

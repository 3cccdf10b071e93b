"""Deploys with `s`: checks, builds, deploys, examines, tries, and tells VOD where to call."""

"""Rehearses a deployment on one machine, against the fake cloud."""

"""Callbacks: their configuration and their delivery."""

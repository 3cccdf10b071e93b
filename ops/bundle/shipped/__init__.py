"""Modules that are copied into bundles unchanged; the builder imports none of them."""

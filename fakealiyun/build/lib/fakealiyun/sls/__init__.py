"""Simple Log Service: projects, stores, indexes, and the lines that are written to them."""

"""Scripts that the target's own interpreter runs; nothing of the builder imports them."""

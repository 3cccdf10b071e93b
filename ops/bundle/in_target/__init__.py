"""Scripts that the target's own interpreter runs; the builder imports none of them."""

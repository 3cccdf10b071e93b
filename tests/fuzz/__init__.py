"""Fuzzing of every parser of hostile input: `make fuzz`. `make test` runs the corpus alone."""

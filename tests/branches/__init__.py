"""How much of the deployed code the tests run: `make coverage`."""

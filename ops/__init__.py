"""What an operator runs: the bundle, and the checks of a deployment."""

"""The vendor's clients, each on its own main path, against the fake over real sockets."""

"""Code that runs inside the instances. The gateway does not import it."""

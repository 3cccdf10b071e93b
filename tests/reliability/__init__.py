"""Every call that the functions make, with every fault that a call can have."""

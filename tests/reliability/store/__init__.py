"""Every question to the store of the limits, with every fault that it can have."""

"""Function Compute, called by its official SDKs and in the way of the deployment tool."""

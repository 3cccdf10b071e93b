"""The fake Function Compute, through its official SDKs and as the deployment tool calls it."""

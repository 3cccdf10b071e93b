"""The operations by subject. In each module, `operations(context)` lists the operations."""

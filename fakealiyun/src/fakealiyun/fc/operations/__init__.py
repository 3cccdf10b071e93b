"""The operations, by what they are about. Each module's `operations(context)` lists its own."""

"""The operations of RAM's API, one module for each subject."""

"""VOD's operations, by what they are for."""

"""ApsaraVideo VOD."""

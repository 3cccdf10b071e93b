"""ApsaraVideo VOD: media, credentials, and callbacks."""

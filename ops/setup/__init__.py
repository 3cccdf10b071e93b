"""Fill `.env`: asks some ten questions, makes the keys, and checks all settings at once."""

"""Event notifications: where the account wants them, and how they get there."""

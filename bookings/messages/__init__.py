"""The messages about single visits: what they read, and when they are true no more."""

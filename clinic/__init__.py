"""Who and where: people, places, rosters, what can be booked; and the project's own settings."""

"""The messages about courses, maintenance and the clinic's day, and when each is true no more."""

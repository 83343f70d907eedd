"""Time: slots, appointments, holds, and whatever else writes reservations."""

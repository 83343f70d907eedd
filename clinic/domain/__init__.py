"""Rules of people, places and working hours: plain Python, no Django, no clock, no I/O."""

"""Rules of courses: plain Python, no Django, no clock, no I/O."""

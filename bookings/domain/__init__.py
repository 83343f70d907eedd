"""Rules of time and visits: plain Python, no Django, no clock, no I/O."""

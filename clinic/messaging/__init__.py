"""Messages that leave the clinic."""

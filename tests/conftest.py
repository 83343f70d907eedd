"""What all tests share."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure: generated tests are judged by what they find, not by the clock.
settings.register_profile("meridian", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("meridian")

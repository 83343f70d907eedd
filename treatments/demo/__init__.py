"""The demo clinic: invented people, an honest house, half a year of visits around today."""

from treatments.demo.making import demo_logins, make_demo_clinic

__all__ = ["demo_logins", "make_demo_clinic"]

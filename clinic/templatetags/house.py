"""The house's way with days, times and money, for templates."""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template

from clinic import formatting

register = template.Library()


@register.filter
def clock(at: time) -> str:
    """A time of day: {{ hours.starts|clock }}."""
    return formatting.clock(at)


@register.filter
def time_in(at: datetime, zone: str) -> str:
    """The local time of an instant: {{ visit.starts_at|time_in:visit.location.zone }}."""
    return formatting.time_of_day(at, ZoneInfo(str(zone)))


@register.filter
def when_in(at: datetime, zone: str) -> str:
    """The local day and time of an instant: {{ visit.starts_at|when_in:visit.location.zone }}."""
    return formatting.when(at, ZoneInfo(str(zone)))


@register.filter
def day_name(on: date) -> str:
    """A date with its day's name: {{ date|day_name }}."""
    return formatting.day(on)


@register.filter
def price(amount: Decimal, currency: str) -> str:
    """A price: {{ service.price_amount|price:service.price_currency }}."""
    return formatting.price(amount, currency)

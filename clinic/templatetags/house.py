"""The house's way with days, times and money, for templates."""

from collections.abc import Hashable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from clinic import formatting
from clinic.messaging.moulds import render_message

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


@register.filter
def minutes(count: int) -> str:
    """A length in words: {{ service.client_minutes|minutes }}."""
    return formatting.minutes_words(count)


@register.filter
def figures(minutes: int) -> str:
    """A length in short: {{ timer.minutes|figures }}."""
    return formatting.minutes_figures(minutes)


@register.filter
def phone(number: str) -> str:
    """A stored phone number, as people write it."""
    return formatting.phone_words(number)


@register.simple_tag
def kept(template_name: str, **values: Hashable) -> SafeString:
    """Include a component that shows its own values alone, in a list of many: rendered once each.

    {% kept "components/icon.html" name="clock" %}
    """
    return _kept(template_name, get_language(), tuple(values.items()))


@register.simple_tag
def cast(template_name: str, **words: object) -> SafeString:
    """Include a component of a long list, many times as quickly: see `render_message`.

    {% cast "treatments/day_gap.html" gap=gap %}
    """
    return mark_safe(render_message(template_name, words))  # noqa: S308 (escaped there)


@lru_cache(maxsize=1024)
def _kept(
    template_name: str, language: str | None, values: tuple[tuple[str, Hashable], ...]
) -> SafeString:
    return mark_safe(render_to_string(template_name, dict(values)).strip())  # noqa: S308


@register.filter
def prose(text: str) -> SafeString:
    """Set a manager's plain text: blank lines part paragraphs, lines with "- " are a list."""
    blocks = [block.strip().splitlines() for block in text.replace("\r", "").split("\n\n")]
    return format_html_join("\n", "{}", ((_block(lines),) for lines in blocks if lines))


def _block(lines: list[str]) -> SafeString:
    if all(line.startswith("- ") for line in lines):
        items = format_html_join("", "<li>{}</li>", ((line[2:],) for line in lines))
        return format_html("<ul>{}</ul>", items)
    if len(lines) > 1 and all(line.startswith("- ") for line in lines[1:]):
        return format_html("<p>{}</p>{}", lines[0], _block(lines[1:]))
    line_break = mark_safe("<br>")
    return format_html("<p>{}</p>", format_html_join(line_break, "{}", ((x,) for x in lines)))

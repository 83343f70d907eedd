"""Which courses there are, for pages of the apps below that lead to planning one."""

from django import template

from treatments.models import Protocol

register = template.Library()


@register.simple_tag
def courses_with(service_id: int | None = None) -> list[Protocol]:
    """Return the courses offered, of a service or all, in list order. One query."""
    rows = Protocol.objects.filter(is_active=True)
    if service_id is not None:
        rows = rows.filter(first_service=service_id) | rows.filter(follow_up_service=service_id)
    return list(rows.order_by("position", "pk"))

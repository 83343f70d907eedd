"""Fill in and send the admin's forms in tests."""

from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from clinic.models import Location, Service


def manager_browser(user: Any) -> Browser:
    """Return a browser in which a manager is signed in."""
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def management_of(prefix: str, total: int, initial: int = 0) -> dict[str, str]:
    """Return the counts that a formset wants."""
    return {
        f"{prefix}-TOTAL_FORMS": str(total),
        f"{prefix}-INITIAL_FORMS": str(initial),
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "1000",
    }


def rows_of(prefix: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return formset rows as a browser sends them; False is an empty tick."""
    sent = management_of(prefix, len(rows), sum("id" in row for row in rows))
    for number, row in enumerate(rows):
        for name, value in row.items():
            if value is not False:
                sent[f"{prefix}-{number}-{name}"] = "on" if value is True else str(value)
    return sent


def segment(minutes: Any, holds: str = "pcr", kind: str = "insertion", **extra: Any) -> Any:
    """Return a row of the segments' table."""
    return {
        "kind": kind,
        "minutes": minutes,
        "holds_practitioner": "p" in holds,
        "holds_client": "c" in holds,
        "holds_room": "r" in holds,
        **extra,
    }


def service_form(
    rows: list[dict[str, Any]], *, required: list[dict[str, Any]] | None = None, **changes: Any
) -> dict[str, str]:
    """Return a whole service form with those segments and required papers."""
    fields = {
        "name": "Evening visit",
        "slug": "evening-visit",
        "summary": "After work",
        "description": "",
        "position": "3",
        "price_amount": "90.00",
        "price_currency": "USD",
        "bookable_by": "anyone",
        "before_text": "",
        "after_text": "",
        "is_active": "on",
    }
    papers = rows_of("credential_requirements", required or [])
    return {**fields, **changes, **rows_of("segments", rows), **papers}


def protocol_form(
    services: tuple[Any, Any], rows: list[dict[str, Any]], **changes: Any
) -> dict[str, str]:
    """Return a whole protocol form with (first, later) services and those phases."""
    first, later = services
    fields = {
        "name": "Evening course",
        "slug": "evening-course",
        "summary": "After work",
        "is_active": "on",
        "position": "3",
        "sessions": "10",
        "first_service": str(first.pk),
        "follow_up_service": str(later.pk),
        "event_margin_days": "10",
        "maintenance_service": str(later.pk),
        "maintenance_weeks": "12",
    }
    return {**fields, **changes, **rows_of("phases", rows)}


def phase(from_gap: Any = 1, days: tuple[Any, ...] = (5, 7, 7, 14, 28), **extra: Any) -> Any:
    """Return a row of the phases' table; days are floor, min, target, max, ceiling."""
    names = ("floor_days", "min_days", "target_days", "max_days", "ceiling_days")
    return {"from_gap": from_gap, **dict(zip(names, days, strict=True)), **extra}


def location_form(**changes: Any) -> dict[str, str]:
    """Return a whole location form."""
    fields = {
        "name": "Boston",
        "slug": "boston",
        "address": "3 Quay Street",
        "directions": "",
        "zone": "America/New_York",
        "phone": "+12125550177",
        "email": "boston@example.com",
        "slot_step_minutes": "15",
        "hold_minutes": "10",
        "minimum_notice_minutes": "120",
        "horizon_days": "365",
        "late_change_hours": "24",
        "max_client_moves": "3",
        "max_single_visits": "3",
        "holiday_country": "US",
        "holiday_subdivision": "",
        "is_active": "on",
    }
    return {**fields, **changes, **rows_of("credential_requirements", [])}


def practitioner_form(
    person: Any,
    *,
    weekly: list[dict[str, Any]] | None = None,
    dated: list[dict[str, Any]] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a whole practitioner form; without rows the roster is left as it is."""
    rows = weekly if weekly is not None else hours_rows(person)
    fields = {
        "name": person.name,
        "slug": person.slug,
        "pronouns": "",
        "user": str(person.user_id),
        "headline": "",
        "profile": "",
        "languages": "English",
        "services": [str(pk) for pk in person.services.values_list("pk", flat=True)],
        "lanes_wanted": str(person.lanes.count()),
        "is_active": "on",
    }
    return {
        **fields,
        **changes,
        **rows_of("roster_hours", rows),
        **rows_of("roster_exceptions", dated or []),
    }


def hours_rows(person: Any) -> list[dict[str, Any]]:
    """Return a practitioner's weekly hours as rows of the form."""
    return [
        {
            "id": row.pk,
            "practitioner": row.practitioner_id,
            "location": row.location_id,
            "weekday": row.weekday,
            "starts": f"{row.starts:%H:%M}",
            "ends": f"{row.ends:%H:%M}",
            "valid_from": row.valid_from.isoformat(),
            "valid_to": row.valid_to.isoformat() if row.valid_to else "",
        }
        for row in person.roster_hours.order_by("weekday", "starts", "pk")
    ]


def hours(location: Location, weekday: int, starts: str, ends: str, **extra: Any) -> Any:
    """Return a new row of weekly hours."""
    return {
        "location": location.pk,
        "weekday": weekday,
        "starts": starts,
        "ends": ends,
        "valid_from": "2027-01-01",
        "valid_to": "",
        **extra,
    }


def errors_of(response: HttpResponse) -> dict[str, list[str]]:
    """Return the messages of a refused admin form by field; rows of formsets by their number."""
    assert response.status_code == 200
    context: Any = response.context  # type: ignore[attr-defined]
    found = {name: list(words) for name, words in context["adminform"].form.errors.items()}
    for inline in context.get("inline_admin_formsets", []):
        formset = inline.formset
        if formset.non_form_errors():
            found[formset.prefix] = list(formset.non_form_errors())
        for number, row in enumerate(formset.errors):
            for name, words in row.items():
                found[f"{formset.prefix}-{number}-{name}"] = list(words)
    return found


def add_url(model: str) -> str:
    """Return the page that adds a row: "clinic_service"."""
    return reverse(f"admin:{model}_add")


def change_url(model: str, thing: Any) -> str:
    """Return the page of a row."""
    return reverse(f"admin:{model}_change", args=[thing.pk])


def list_url(model: str) -> str:
    """Return the list of a model."""
    return reverse(f"admin:{model}_changelist")


def messages_of(response: Any) -> list[str]:
    """Return what a page that was redirected to says."""
    return [str(message) for message in response.context["messages"]]


def segments_of(service: Service) -> list[tuple[str, int]]:
    """Return kind and minutes of a service's segments in order."""
    return list(service.segments.order_by("position").values_list("kind", "minutes"))

"""The house's parts on one page with fixed samples, for whoever builds pages. DEBUG only."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.domain.segments import SegmentPlan
from clinic.forms.base import HouseForm
from clinic.views.components import (
    Action,
    Choice,
    ChoiceGroup,
    Hold,
    Row,
    SegmentBar,
    VisitCard,
    segment_bar,
)


class SampleForm(HouseForm):
    """One field of each kind."""

    name = forms.CharField(label="Your name", help_text="As we should call you.")
    email = forms.EmailField(label="E-mail")
    phone = forms.CharField(label="Phone", required=False)
    location = forms.ChoiceField(
        label="Where", choices=[("new-york", "New York"), ("san-francisco", "San Francisco")]
    )
    who = forms.ChoiceField(
        label="With whom?",
        widget=forms.RadioSelect,
        choices=[("any", "Any practitioner"), ("ines", "Ines Varga"), ("theo", "Theo Lindqvist")],
    )
    note = forms.CharField(
        label="A note for us", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    adult = forms.BooleanField(label="I am 18 or older")


def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every part of the house, with one refused form."""
    return render(request, "clinic/style_guide.html", _samples())


def _samples() -> dict[str, object]:
    return {
        "blank": SampleForm(initial={"who": "ines"}),
        "form": SampleForm({"name": "", "email": "no address", "location": "new-york"}),
        "dates": _dates(),
        "groups": _times(),
        "rows": _rows(),
        "hold": Hold("2:14pm", "2026-11-26T19:14:00Z", "2026-11-26T19:05:10Z", "#hold"),
        "visits": _visits(),
        "bars": _bars(),
        "states": _states(),
        "page": Paginator(range(95), 10).page(3),
    }


def _dates() -> list[Choice]:
    return [
        Choice("2026-11-24", "Tue 24 Nov", "6 times"),
        Choice("2026-11-26", "Thu 26 Nov", "3 times", is_chosen=True),
        Choice("2026-11-27", "Fri 27 Nov", "9 times"),
        Choice("2026-11-30", "Mon 30 Nov", "4 times"),
        Choice("2026-12-01", "Tue 1 Dec", "7 times"),
    ]


def _times() -> list[ChoiceGroup]:
    suggested = [Choice("a", "9:15am"), Choice("b", "2pm", is_chosen=True)]
    other = [Choice(label, label) for label in ("10am", "11:30am", "midday", "3:45pm", "5:30pm")]
    return [ChoiceGroup("Suggested times", suggested), ChoiceGroup("Other times", other)]


def _rows() -> list[Row]:
    return [
        Row("What", "First visit, 90 minutes", change_url="#what"),
        Row("With", "Ines Varga", change_url="#who"),
        Row("When", "Thursday 26 November, 2pm", note="New York time", change_url="#when"),
        Row("Where", "14 Mercer Street, New York", note="Step-free room", change_url="#where"),
        Row("Price", "$160"),
    ]


def _visits() -> list[VisitCard]:
    return [
        VisitCard(
            title="Facial, first visit, 90 minutes",
            when="Thursday 26 November, 2pm",
            zone="New York time",
            who="Ines Varga",
            where="14 Mercer Street, New York",
            state="booked",
            url="#visit",
            actions=[Action("Move", "#move"), Action("Cancel", "#cancel", "danger")],
        ),
        VisitCard(
            title="Facial, follow-up, 60 minutes",
            when="Tuesday 3 November, 5:15pm",
            who="Theo Lindqvist",
            where="14 Mercer Street, New York",
            state="completed",
        ),
    ]


def _bars() -> list[SegmentBar]:
    hands, rest, room = (True, True, True), (False, True, True), (False, False, True)
    first = [("consultation", 30, hands), ("insertion", 15, hands), ("retention", 25, rest)]
    last = [("removal", 15, hands), ("aftercare", 5, rest), ("turnover", 10, room)]
    follow_up = [("insertion", 20, hands), ("retention", 25, rest), ("removal", 15, hands)]
    return [
        segment_bar([SegmentPlan(kind, minutes, *holds) for kind, minutes, holds in parts])
        for parts in ([*first, *last], [*follow_up, ("turnover", 10, room)])
    ]


def _states() -> list[str]:
    return [
        "held",
        "booked",
        "arrived",
        "in_session",
        "completed",
        "cancelled",
        "no_show",
        "not_treated",
        "expired",
    ]

"""The parts under templates/components, rendered with ready values."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string

from clinic.domain.segments import SegmentPlan
from clinic.forms.base import HouseForm
from clinic.views.components import Choice, ChoiceGroup, Hold, Row, VisitCard, segment_bar

TEMPLATES = Path(__file__).parents[2] / "templates"


class SampleForm(HouseForm):
    name = forms.CharField(label="Your name", help_text="As we should call you.")
    phone = forms.CharField(label="Phone", required=False)
    place = forms.ChoiceField(
        label="Where?", widget=forms.RadioSelect, choices=[("ny", "New York"), ("sf", "Oakland")]
    )
    adult = forms.BooleanField(label="I am 18 or older")


def test_error_summary_links_each_message_to_its_field() -> None:
    html = render_to_string("components/error_summary.html", {"form": SampleForm({})})

    assert re.findall(r'<a href="(#\w+)">(.*?)</a>', html) == [
        ("#id_name", "“Your name” is missing."),
        ("#id_place_0", "Choose an answer to “Where?”."),
        ("#id_adult", "Tick “I am 18 or older” to go on."),
    ]


def test_error_summary_of_good_form_is_empty() -> None:
    form = SampleForm({"name": "Bea", "place": "ny", "adult": "on"})

    assert render_to_string("components/error_summary.html", {"form": form}).strip() == ""


def test_field_ties_hint_and_error_to_its_control() -> None:
    html = render_to_string("bootstrap5/field.html", {"field": SampleForm({})["name"]})

    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_optional_field_says_so_without_asterisk() -> None:
    html = render_to_string("bootstrap5/field.html", {"field": SampleForm()["phone"]})

    assert "(optional)" in html
    assert "*" not in html


def test_radios_stand_in_a_fieldset_with_legend() -> None:
    html = render_to_string("bootstrap5/field.html", {"field": SampleForm()["place"]})

    assert html.count("<fieldset") == 1
    assert "<legend" in html
    assert html.count('type="radio"') == 2


def test_slot_times_number_their_ids_through_all_groups() -> None:
    groups = [
        ChoiceGroup("Suggested times", [Choice("a", "2pm", is_chosen=True)]),
        ChoiceGroup("Other times", [Choice("b", "3pm"), Choice("c", "4pm")]),
    ]

    html = render_to_string("components/slot_times.html", {"day": "Friday", "groups": groups})

    ids = re.findall(r'<input[^>]* id="(\w+)"', html)
    assert ids == ["id_time_0", "id_time_1_0", "id_time_1_1"]
    assert re.findall(r'for="(\w+)"', html) == ids
    assert html.count("checked") == 1


def test_slot_dates_repeat_label_and_count() -> None:
    dates = [Choice("2026-11-26", "Thu 26 Nov", "3 times")]

    html = render_to_string("components/slot_dates.html", {"dates": dates})

    assert '<b>Thu 26 Nov</b> <span class="note">3 times</span>' in html
    assert 'name="date"' in html


def test_hold_says_its_end_without_script() -> None:
    hold = Hold("2:14pm", "2026-11-26T19:14:00Z", "2026-11-26T19:05:00Z")

    html = render_to_string("components/hold.html", {"hold": hold})

    assert "We keep this time for you until 2:14pm." in html
    assert "<form" not in html


def test_hold_offers_more_time_once() -> None:
    hold = Hold("2:14pm", "2026-11-26T19:14:00Z", "2026-11-26T19:05:00Z", "/book/extend/")

    html = render_to_string("components/hold.html", {"hold": hold})

    assert '<form method="post" action="/book/extend/">' in html


def test_answers_name_what_a_change_link_changes() -> None:
    rows = [Row("When", "Friday", change_url="/book/time/"), Row("Price", "$160")]

    html = render_to_string("components/answers.html", {"rows": rows})

    assert html.count("<a ") == 1
    assert '<span class="visually-hidden">: When</span>' in html


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("held", "Held"),
        ("booked", "Booked"),
        ("arrived", "Arrived"),
        ("in_session", "In session"),
        ("completed", "Done"),
        ("cancelled", "Cancelled"),
        ("no_show", "Did not come"),
        ("not_treated", "Not treated"),
        ("expired", "Expired"),
    ],
)
def test_status_has_a_word_and_an_icon(state: str, word: str) -> None:
    html = render_to_string("components/status.html", {"state": state})

    assert word in html
    assert html.count('class="icon"') == 1


def test_appointment_card_links_to_its_visit() -> None:
    visit = VisitCard(title="Facial", when="Friday, 2pm", state="booked", url="/visits/1/")

    html = render_to_string("components/appointment_card.html", {"visit": visit})

    assert '<a href="/visits/1/">Friday, 2pm</a>' in html


def test_segment_bar_lays_parts_side_by_side() -> None:
    bar = segment_bar(
        [
            SegmentPlan("insertion", 20, True, True, True),
            SegmentPlan("retention", 20, False, True, True),
            SegmentPlan("turnover", 10, False, False, True),
        ]
    )

    assert [(part.style, part.x, part.width) for part in bar.parts] == [
        ("hands", "0.00%", "39.40%"),
        ("rest", "40.00%", "39.40%"),
        ("turn", "80.00%", "19.40%"),
    ]
    assert bar.label == "Needles in 20 minutes, Resting 20 minutes, Room made ready 10 minutes"


def test_no_template_writes_a_style_attribute() -> None:
    guilty = [
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if not {"messages", "email"} & set(path.parts) and re.search(r"\sstyle=", path.read_text())
    ]

    assert guilty == []


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html", "maintenance.html"])
def test_page_of_last_resort_needs_no_context(name: str) -> None:
    html = render_to_string(name)

    assert "<h1>" in html
    assert 'href="/"' in html

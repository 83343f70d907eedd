"""The mails about visits, looked at on a phone, by day and by night."""

import os
from datetime import date
from pathlib import Path

import pytest

from bookings.messages.kinds import KINDS
from bookings.messages.writing import VisitNow
from bookings.models import Appointment
from clinic.messaging.registry import Mail, kind_named
from clinic.models import Message
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.support.axe import faults

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TUESDAY = date(2027, 6, 15)
PICTURES = os.environ.get("PICTURES", "")


def html_of(kind: str) -> str:
    clinic = make_small_clinic()
    visit = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(TUESDAY, 12, 30))
    visit = Appointment.objects.with_people().get(pk=visit.pk)
    message = Message(
        kind=kind,
        client=visit.client,
        location=visit.location,
        details={"old_starts_at": at(TUESDAY, 9).isoformat()},
    )
    found = kind_named(kind)
    assert found is not None
    mail = found.render(message, VisitNow(visit, NOW))
    assert isinstance(mail, Mail)
    return mail.html


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_mail_reads_well_on_a_phone_by_day_and_by_night(kind, page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(html_of(kind))

    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{kind}-{scheme}.png", full_page=True)
    heights = page.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.getBoundingClientRect().height)"
    )

    assert colours == ["rgb(250, 247, 242)", "rgb(20, 27, 25)"]
    assert min(heights) >= 44
    assert faults(page) == []

"""The cover list at the desk: why, who could instead, and one click."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.domain.lifecycle import State
from bookings.models import Appointment, TimeOff
from bookings.refusals import NotQualified
from bookings.services.covering import cover_visit, stand_ins
from bookings.services.status import record_status
from bookings.services.time_off import take_time_off
from clinic.domain.credentials import Result
from clinic.models import Credential, CredentialType, Practitioner
from clinic.refusals import AlreadyChanged
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_client, make_practitioner
from tests.factories.credentials import check, make_type, verified
from tests.support.desk import diary_queries, signed_in, words

TUESDAY = date(2027, 6, 8)
TEN = at(TUESDAY, 10)


@pytest.fixture
def licence(clinic: SmallClinic) -> CredentialType:
    clinic.dora.services.set([clinic.follow_up])
    return make_type("licence", required_by=[clinic.follow_up])


@pytest.fixture
def paper(clinic: SmallClinic, licence: CredentialType) -> Credential:
    """Give Chen's licence; Dora has one as well."""
    verified(licence, clinic.dora, by=clinic.mia)
    return verified(licence, clinic.chen, by=clinic.mia)


def booked(clinic: SmallClinic, starts_at=TEN, client=None) -> Appointment:
    visit = book_visit(
        client or clinic.alice,
        clinic.follow_up,
        clinic.location,
        starts_at,
        practitioner=clinic.chen,
        by=clinic.rosa,
        override_reason="asked for it",
    )
    return Appointment.objects.with_people().get(pk=visit.pk)


def revoke(paper: Credential, clinic: SmallClinic) -> None:
    check(paper, Result.REVOKED, by=clinic.mia)


def sent(visit: Appointment, person: Practitioner) -> dict[str, object]:
    return {
        "visit": visit.public_id,
        "version": visit.version,
        "practitioner": person.public_id,
    }


def test_revoked_practitioners_visit_stands_with_why_and_who_could(clinic, paper):
    booked(clinic)
    revoke(paper, clinic)

    page = words(signed_in(clinic.rosa).get("/cover/"))

    assert "Tuesday 8 June, 10am Follow up with Chen Li, New York" in page
    assert "Papers not valid on that day" in page
    assert "Alice Arden +1 212-555-0111 alice@example.com" in page
    assert "Move to Dora Novak at the same time" in page


def test_time_off_puts_the_visit_on_the_list_with_its_reason(clinic, paper):
    visit = booked(clinic)
    away = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(TUESDAY, 9), ends_at=at(TUESDAY, 12)
    )
    take_time_off(time_off=away, by=clinic.rosa)

    page = words(signed_in(clinic.rosa).get("/cover/"))

    assert "Chen Li is away then" in page
    assert "Move to Dora Novak at the same time" in page
    for user in (clinic.rosa, clinic.chen.user):
        visit_page = words(signed_in(user).get(f"/day/visits/{visit.public_id}/"))
        assert "Chen Li is away then" in visit_page


def test_one_click_moves_the_visit_and_keeps_the_time(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)

    page = words(signed_in(clinic.rosa).post("/cover/", sent(visit, clinic.dora), follow=True))

    visit.refresh_from_db()
    assert (visit.practitioner, visit.starts_at, visit.state) == (clinic.dora, TEN, "booked")
    assert "Alice Arden comes to Dora Novak now, Tuesday 8 June, 10am as before." in page
    assert "Nothing to cover" in page
    assert visit.status_changes.order_by("pk").last().reason == "Cover for Chen Li"


def test_second_click_changes_nothing_and_says_the_same(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)
    browser = signed_in(clinic.rosa)
    browser.post("/cover/", sent(visit, clinic.dora))

    page = words(browser.post("/cover/", sent(visit, clinic.dora), follow=True))

    visit.refresh_from_db()
    assert "comes to Dora Novak now" in page
    assert visit.version == 1


def test_colleague_who_was_quicker_is_not_overruled(clinic, paper, licence):
    emil = make_practitioner("Emil Ek", services=[clinic.follow_up], location=clinic.location)
    verified(licence, emil, by=clinic.mia)
    visit = booked(clinic)
    revoke(paper, clinic)
    browser = signed_in(clinic.rosa)
    browser.post("/cover/", sent(visit, clinic.dora))

    page = words(browser.post("/cover/", sent(visit, emil), follow=True))

    visit.refresh_from_db()
    assert "Alice Arden: Somebody changed this a moment ago." in page
    assert visit.practitioner == clinic.dora


def test_lost_race_says_who_is_not_free_any_more(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, TEN, practitioner=clinic.dora)

    page = words(signed_in(clinic.rosa).post("/cover/", sent(visit, clinic.dora), follow=True))

    visit.refresh_from_db()
    assert "Dora Novak is not free at that time any more. Nothing was changed for Alice" in page
    assert visit.practitioner == clinic.chen


def test_second_click_at_the_same_moment_is_no_error(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)
    twin = Appointment.objects.with_people().get(pk=visit.pk)
    asked = {
        "version": 0,
        "practitioner_id": clinic.dora.pk,
        "catalogue": catalogue(),
        "by": clinic.rosa,
        "now": NOW,
    }

    cover_visit(visit=visit, **asked)
    again = cover_visit(visit=twin, **asked)

    assert (again.practitioner_id, again.version) == (clinic.dora.pk, 1)


def test_practitioner_without_papers_can_not_cover(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)
    emil = make_practitioner("Emil Ek", services=[clinic.follow_up], location=clinic.location)

    with pytest.raises(NotQualified):
        cover_visit(
            visit=visit,
            version=0,
            practitioner_id=emil.pk,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )
    page = words(signed_in(clinic.rosa).post("/cover/", sent(visit, emil), follow=True))

    assert "Alice Arden: This practitioner can't be booked for this visit on that date." in page


def test_stale_version_is_refused(clinic, paper):
    visit = booked(clinic)

    with pytest.raises(AlreadyChanged):
        cover_visit(
            visit=visit,
            version=7,
            practitioner_id=clinic.dora.pk,
            catalogue=catalogue(),
            by=clinic.rosa,
            now=NOW,
        )


def test_own_room_and_client_do_not_stand_in_the_way(clinic, paper):
    clinic.rooms[1].delete()
    visit = booked(clinic)
    revoke(paper, clinic)

    found = stand_ins([visit], catalogue(), NOW)

    assert [person.name for person in found[visit.pk]] == ["Dora Novak"]


def test_time_that_touched_another_visit_is_kept(clinic, paper):
    booked(clinic, at(TUESDAY, 9), client=clinic.bea)
    odd = booked(clinic, at(TUESDAY, 9, 20))
    revoke(paper, clinic)

    signed_in(clinic.rosa).post("/cover/", sent(odd, clinic.dora))

    odd.refresh_from_db()
    assert (odd.practitioner, odd.starts_at) == (clinic.dora, at(TUESDAY, 9, 20))


def test_visit_inside_the_notice_is_covered_all_the_same(clinic, paper):
    visit = booked(clinic, at(TODAY, 10))
    type(clinic.location).objects.update(minimum_notice_minutes=600)
    revoke(paper, clinic)
    browser = signed_in(clinic.rosa)

    assert "Move to Dora Novak" in words(browser.get("/cover/"))
    browser.post("/cover/", sent(visit, clinic.dora))

    visit.refresh_from_db()
    assert visit.practitioner == clinic.dora


def test_nobody_else_free_leads_to_another_time(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, TEN, practitioner=clinic.dora)

    answer = signed_in(clinic.rosa).get("/cover/")

    assert "No one else is free then: choose another time." in words(answer)
    assert f"/day/visits/{visit.public_id}/move/?practitioner=" in answer.content.decode()


def test_more_who_are_free_stand_in_a_list(clinic, paper, licence):
    for name in ("Emil Ek", "Fay Fox"):
        person = make_practitioner(name, services=[clinic.follow_up], location=clinic.location)
        verified(licence, person, by=clinic.mia)
    booked(clinic)
    revoke(paper, clinic)

    page = words(signed_in(clinic.rosa).get("/cover/"))

    assert "Move to Dora Novak at the same time" in page
    assert "Also free then Emil Ek Fay Fox Move to this one" in page


def test_who_awaits_a_renewal_too_is_no_help(clinic):
    clinic.dora.services.set([clinic.follow_up])
    insurance = make_type("insurance", required_by=[clinic.follow_up], book_past_expiry_days=60)
    for person in (clinic.chen, clinic.dora):
        verified(insurance, person, by=clinic.mia, expires=TODAY)
    booked(clinic)

    page = words(signed_in(clinic.rosa).get("/cover/"))

    assert "Papers run out before; renewal expected" in page
    assert "No one else is free then" in page


def test_client_who_is_here_is_talked_to(clinic, paper):
    visit = booked(clinic)
    record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=visit.starts_at)
    revoke(paper, clinic)

    page = words(signed_in(clinic.rosa).get("/cover/"))

    assert "open the visit and talk to the client" in page
    assert "Move to" not in page


def test_day_and_visit_show_the_mark(clinic, paper):
    visit = booked(clinic)
    revoke(paper, clinic)

    for browser in (signed_in(clinic.rosa), signed_in(clinic.chen.user)):
        assert "Papers not valid on that day" in words(browser.get("/day/?date=2027-06-08"))
        assert "Papers not valid on that day" in words(
            browser.get(f"/day/visits/{visit.public_id}/")
        )


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_nine_queries_whatever_its_length(clinic, paper, rows):
    for number in range(rows):
        booked(clinic, TEN + timedelta(hours=number), client=make_client(f"C{number} X"))
    revoke(paper, clinic)

    with CaptureQueriesContext(connection) as queries:
        signed_in(clinic.rosa).get("/cover/")

    # The catalogue's version, the kinds of visits ahead, those outside hours, count, page, one
    # search for all rows, the locations out of use, the offers among them; and the wishes counted
    # in the navigation.
    assert len(diary_queries(queries)) == 9


@pytest.mark.parametrize("who", ["chen", "alice"])
def test_cover_is_for_the_desk_only(clinic, paper, who):
    visit = booked(clinic)
    browser = signed_in(getattr(clinic, who).user)

    assert browser.get("/cover/").status_code == 404
    assert browser.post("/cover/", sent(visit, clinic.dora)).status_code == 404
    assert Browser().get("/cover/").status_code == 302


@pytest.mark.parametrize(
    "change",
    [{"visit": "x"}, {"practitioner": uuid4()}, {"visit": uuid4()}, {"version": -1}],
)
def test_made_up_post_is_not_found(clinic, paper, change):
    visit = booked(clinic)

    answer = signed_in(clinic.rosa).post("/cover/", {**sent(visit, clinic.dora), **change})

    assert answer.status_code == 404

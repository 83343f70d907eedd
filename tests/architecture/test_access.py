"""Every page, every role: who may see what. A page that the table lacks fails the test.

200 seen, 302 sent on (to sign in, or to a step before), 404 as if it did not exist,
403 known but barred, 405 needs a POST.
"""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bookings.models import Appointment, TimeOff
from bookings.services.holding import place_hold
from bookings.services.time_off import take_time_off
from clinic.messaging.links import Act, write
from clinic.models import Credential, CredentialDocument
from tests.factories.bookings import book_visit, wish
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from tests.factories.credentials import add_kept_picture, hand_in, make_type
from tests.support.covering import make_plan, offered
from tests.support.privacy import lets_out
from treatments.domain.covering import StepKind
from treatments.models import Course, CoverOffer, CoverPlan, Maintenance, Repair
from treatments.models.cover_steps import CoverStep, steps_to_json
from treatments.services.maintenance import start_maintenance
from treatments.services.repairs import want_repair

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)
PEOPLE = ("nobody", "alice", "bea", "chen", "dora", "rosa", "mia")

OPEN = (200,) * 7
SIGNED_IN = (302, 200, 200, 200, 200, 200, 200)
DESK = (302, 404, 404, 404, 404, 200, 200)
OWN_VISIT = (302, 200, 404, 404, 404, 404, 404)
STAFF_VISIT = (302, 404, 404, 200, 404, 200, 200)
STAFF_ACT = (302, 404, 404, 405, 405, 405, 405)
STAFF = (302, 404, 404, 200, 200, 200, 200)
SOMEBODY_ELSES_HOLD = SOMEBODY_ELSES_DRAFT = (404,) * 7
OWN_COURSE = (302, 200, 404, 404, 404, 404, 404)
CHENS_HOURS = (302, 404, 404, 200, 404, 200, 200)
COURSE_STAFF = (302, 404, 404, 200, 404, 200, 200)
COURSE_TOO = (302, 200, 404, 200, 404, 200, 200)
POST_ONLY = (405,) * 7
MANAGERS = (302, 404, 404, 404, 404, 404, 200)
OWN_PAPERS = (302, 404, 404, 200, 200, 404, 404)
DORAS_PAPER = (302, 404, 404, 404, 200, 404, 200)

TABLE: dict[str, tuple[int, ...]] = {
    "healthz": OPEN,
    "readyz": OPEN,
    "home": OPEN,
    "services": OPEN,
    "service": OPEN,
    "service-before": OPEN,
    "service-after": OPEN,
    "before-you-come": OPEN,
    "practitioners": OPEN,
    "practitioner": OPEN,
    "book": OPEN,
    "book-practitioner": (302,) * 7,  # only one: straight to the times
    "book-times": OPEN,
    "hold-details": SOMEBODY_ELSES_HOLD,
    "hold-code": SOMEBODY_ELSES_HOLD,
    "hold-check": SOMEBODY_ELSES_HOLD,
    "hold-extend": POST_ONLY,
    "hold-release": POST_ONLY,
    "me": SIGNED_IN,
    "my-details": SIGNED_IN,
    "my-messages": SIGNED_IN,
    "my-feed": (302, 200, 200, 302, 302, 302, 302),  # whoever is a client
    "day-feed": OWN_PAPERS,
    "feed": (404,) * 7,  # without its secret
    "sms-answered": POST_ONLY,
    "sms-delivery": POST_ONLY,
    "link": OPEN,  # whoever holds it; its signature is the key
    "link-stop-at-once": (302,) * 7,  # acts on POST; a look leads to the page with the button
    "appointment": OWN_VISIT,
    "appointment-booked": OWN_VISIT,
    "appointment-calendar": OWN_VISIT,
    "appointment-move": OWN_VISIT,
    "appointment-cancel": OWN_VISIT,
    "appointment-ask": (302, 302, 404, 404, 404, 404, 404),
    "course-plan": OPEN,
    "course-plan-proposal": SOMEBODY_ELSES_DRAFT,
    "course-plan-wishes": SOMEBODY_ELSES_DRAFT,
    "course-plan-relax": POST_ONLY,
    "course-plan-swap": SOMEBODY_ELSES_DRAFT,
    "course-plan-details": SOMEBODY_ELSES_DRAFT,
    "course-plan-code": SOMEBODY_ELSES_DRAFT,
    "course-plan-check": SOMEBODY_ELSES_DRAFT,
    "my-course": OWN_COURSE,
    "my-course-move": OWN_COURSE,
    "my-course-cancel": OWN_COURSE,
    "my-course-pause": OWN_COURSE,
    "my-course-missing": (302, 302, 404, 404, 404, 404, 404),  # none is missing
    "my-course-stop": OWN_COURSE,
    "course": COURSE_STAFF,
    "course-move": COURSE_STAFF,
    "course-cancel": COURSE_STAFF,
    "course-pause": COURSE_STAFF,
    "course-missing": (302, 404, 404, 302, 404, 302, 302),
    "course-stop": COURSE_STAFF,
    "course-gap": COURSE_STAFF,
    "course-length": COURSE_STAFF,
    "course-finish": COURSE_STAFF,
    "course-booked": COURSE_TOO,
    "course-print": COURSE_TOO,
    "course-calendar": COURSE_TOO,
    "client-plan": (302, 404, 404, 200, 404, 200, 200),
    "day": STAFF,
    "day-board": STAFF,
    "day-alarms": (302, 404, 404, 204, 204, 204, 204),  # nothing is overdue
    "day-book": DESK,
    "calendar": STAFF,
    "calendar-visits": (302, 404, 404, 422, 422, 422, 422),  # without its dates
    "calendar-stamp": (302, 404, 404, 422, 422, 422, 422),
    "calendar-move": (302, 404, 404, 422, 404, 422, 422),  # without a start
    "visit": STAFF_VISIT,
    "visit-status": STAFF_ACT,
    "visit-start": STAFF_ACT,
    "visit-undo": STAFF_ACT,
    "visit-needles": STAFF_ACT,
    "visit-retention": STAFF_ACT,
    "visit-move": STAFF_VISIT,
    "visit-cancel": DESK,
    "visit-stand-in": (302, 404, 404, 404, 404, 404, 302),  # only while it is in session
    "to-answer": DESK,
    "calls": DESK,
    "cover": DESK,
    "cover-new": STAFF,
    "cover-plans": DESK,
    "cover-offer": POST_ONLY,
    "cover-plan": STAFF_VISIT,  # Chen's own, and the desk
    "cover-change": DESK,
    "messages": DESK,
    "messages-again": POST_ONLY,
    "message-act": POST_ONLY,
    "drifting": STAFF,
    "repairs": DESK,
    "maintenance": DESK,
    "maintenance-edit": DESK,
    "my-repair": OWN_VISIT,
    "my-offer": OWN_VISIT,
    "my-maintenance": SIGNED_IN,
    "left-open": STAFF,
    "hours": (302, 404, 404, 302, 302, 200, 200),  # practitioners: to their own
    "hours-of": CHENS_HOURS,
    "hours-week": (302, 404, 404, 200, 404, 404, 200),
    "hours-date": (302, 404, 404, 200, 404, 404, 200),
    "hours-off": CHENS_HOURS,
    "hours-off-change": CHENS_HOURS,
    "hours-off-end": STAFF_ACT,
    "locked": (302,) * 7,  # no device of the clinic, and not locked
    "locked-rooms": OPEN,  # which sends on: not a device of the clinic
    "awake": POST_ONLY,
    "pin": (302, 404, 404, 302, 302, 302, 302),  # to show once more who one is
    "unsent": (302, 404, 404, 302, 302, 302, 302),  # nothing is
    "devices": MANAGERS,
    "device-revoke": POST_ONLY,
    "clients": STAFF,
    "client": STAFF_VISIT,
    "client-note": STAFF_ACT,
    "client-note-down": STAFF_ACT,
    "client-new": DESK,
    "client-edit": DESK,
    "client-messages": DESK,
    "client-address-works": POST_ONLY,
    "client-merge": (302, 404, 404, 404, 404, 404, 200),
    "papers-enter": MANAGERS,
    "verification": MANAGERS,
    "verification-expiring": MANAGERS,
    "verification-paper": MANAGERS,
    "verification-visits": MANAGERS,
    "credentials": OWN_PAPERS,
    "credential-new": OWN_PAPERS,
    "credential": DORAS_PAPER,
    "credential-edit": DORAS_PAPER,
    "credential-add": DORAS_PAPER,
    "document": DORAS_PAPER,
    "document-page": DORAS_PAPER,
    "credential-withdraw": (302, 405, 405, 405, 405, 405, 405),
    "demo-mailbox": OPEN,
    "demo-mail": (404,) * 7,
    "demo-mail-html": (404,) * 7,
    "demo-mail-file": (404,) * 7,
    "lock": POST_ONLY,  # the last one: who posts to it finds every other page locked
    "admin:index": (302, 302, 302, 302, 302, 302, 200),
}

ELSEWHERE = ("account_", "mfa_", "usersessions_", "admin:", "api-1:", "anymail:")
"""Names of packages and of the API, whose own tests say who may do what."""


def names(patterns, prefix: str = "") -> Iterator[str]:
    for item in patterns:
        if isinstance(item, URLResolver):
            space = f"{prefix}{item.namespace}:" if item.namespace else prefix
            yield from names(item.url_patterns, space)
        elif isinstance(item, URLPattern) and item.name:
            yield f"{prefix}{item.name}"


@pytest.fixture
def house(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with time_machine.travel(NOW, tick=True):
        clinic = make_small_clinic()
        clinic.follow_up.before_text = clinic.follow_up.after_text = "Eat something first."
        clinic.follow_up.save()
        visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
        settings.DOCUMENTS_DIR = tmp_path / "documents"
        paper = hand_in(make_type(), clinic.dora, by=clinic.mia)
        add_kept_picture(paper, settings.DOCUMENTS_DIR)
        course = make_course(clinic)
        want_repair(course=course, number=2, cause=Repair.Cause.NO_SHOW, now=NOW)
        start_maintenance(course=course, last_date=TUESDAY, by=None, now=NOW)
        call = CoverStep(visit.public_id, visit.version, StepKind.CALL)
        plan = make_plan(clinic, state="ready", proposal=steps_to_json([call]))
        offered(visit, plan, clinic, at(date(2027, 6, 18), 9))
        hold = place_hold(
            wish=wish(clinic.follow_up, clinic.location, at(TUESDAY, 14)), client=None, now=NOW
        )
        away = TimeOff(kind="away", practitioner=clinic.chen)
        away.starts_at, away.ends_at = at(TUESDAY, 15), at(TUESDAY, 16)
        take_time_off(time_off=away, by=clinic.mia)
        users = {
            "nobody": None,
            "alice": clinic.alice.user,
            "bea": clinic.bea.user,
            "chen": clinic.chen.user,
            "dora": clinic.dora.user,
            "rosa": clinic.rosa,
            "mia": clinic.mia,
        }
        browsers = {}
        for name, user in users.items():
            browsers[name] = Browser()
            if user is not None:
                browsers[name].force_login(user)
        yield clinic, visit, hold, browsers


def path_of(name: str, clinic, visit: Appointment, hold: Appointment) -> str:
    if name in {"service", "service-before", "service-after"}:
        return reverse(name, args=[clinic.follow_up.slug])
    if name in {"book-practitioner", "book-times"}:
        return f"{reverse(name)}?service=follow-up&location=new-york"
    if name == "practitioner":
        return reverse(name, args=[clinic.chen.slug])
    if name == "message-act":
        return reverse(name, args=[visit.public_id])
    if name.startswith("hold-"):
        return reverse(name, args=[hold.public_id])
    if name == "device-revoke":
        return reverse(name, args=[visit.public_id])
    if name.startswith(("appointment", "visit")) or name == "calendar-move":
        return reverse(name, args=[visit.public_id])
    if name in {"verification-paper", "verification-visits"}:
        return reverse(name, args=[Credential.objects.earliest("pk").public_id])
    if (name.startswith("credential-") and name != "credential-new") or name == "credential":
        return reverse(name, args=[Credential.objects.earliest("pk").public_id])
    if name in {"document", "document-page"}:
        page = [1] if name == "document-page" else []
        return reverse(name, args=[CredentialDocument.objects.get().public_id, *page])
    if name.startswith("hours-"):
        more = {"hours-week": [clinic.location.slug]}.get(name, [])
        more = [TimeOff.objects.get().pk] if name.startswith("hours-off-") else more
        return reverse(name, args=[clinic.chen.public_id, *more])
    if name == "feed":
        return reverse(name, args=[visit.public_id, "secret"])
    if name.startswith("link"):
        return reverse(name, args=[write(Act.PROMISE, visit.pk, visit.version, visit.starts_at)])
    if name in {"my-offer", "cover-offer"}:
        return reverse(name, args=[CoverOffer.objects.get().public_id])
    if name in {"cover-plan", "cover-change"}:
        of_visit = [visit.public_id] if name == "cover-change" else []
        return reverse(name, args=[CoverPlan.objects.get().public_id, *of_visit])
    if name == "my-repair":
        return reverse(name, args=[Repair.objects.earliest("pk").public_id])
    if name == "maintenance-edit":
        return reverse(name, args=[Maintenance.objects.get().public_id])
    if name == "course-plan-swap":
        return reverse(name, args=[hold.public_id, 2])
    if name.startswith("course-plan-"):
        return reverse(name, args=[hold.public_id])
    if name.startswith(("my-course", "course")) and name != "course-plan":
        session = [3] if name.endswith(("-move", "-cancel", "-gap")) else []
        return reverse(name, args=[Course.objects.get().public_id, *session])
    if name == "client-note-down":
        return reverse(name, args=[clinic.alice.public_id, visit.public_id])
    if (name.startswith("client-") and name != "client-new") or name == "client":
        return reverse(name, args=[clinic.alice.public_id])
    if name in {"demo-mail", "demo-mail-html"}:
        return reverse(name, args=["none", 1])
    if name == "demo-mail-file":
        return reverse(name, args=["none", 1, 1])
    return reverse(name)


def test_every_page_stands_in_the_table():
    ours = {name for name in names(get_resolver().url_patterns) if not name.startswith(ELSEWHERE)}

    assert ours - {"style"} == set(TABLE) - {"admin:index"}


def test_pages_are_seen_by_whom_the_table_says_and_let_nothing_out(house):
    clinic, visit, hold, browsers = house

    seen, leaks = {}, []
    for name in TABLE:
        path = path_of(name, clinic, visit, hold)
        answers = {person: browsers[person].get(path) for person in PEOPLE}
        seen[name] = tuple(answer.status_code for answer in answers.values())
        leaks += [
            (name, person, what)
            for person, answer in answers.items()
            for what in lets_out(answer, is_somebodys=person != "nobody")
        ]

    assert {name: seen[name] for name in TABLE if seen[name] != TABLE[name]} == {}
    assert leaks == []


ACTS_ON_A_VISIT = [
    "appointment-move",
    "appointment-cancel",
    "appointment-ask",
    "visit-status",
    "visit-start",
    "visit-undo",
    "visit-needles",
    "visit-retention",
    "visit-move",
    "calendar-move",
    "visit-cancel",
    "visit-stand-in",
]


@pytest.mark.parametrize("person", ["nobody", "bea", "dora"])
def test_stranger_cannot_act_on_a_visit(person, house):
    clinic, visit, hold, browsers = house
    wanted = {"to_state": "arrived", "wish": "x", "reason": "x"}

    answers = [
        browsers[person].post(path_of(name, clinic, visit, hold), wanted)
        for name in ACTS_ON_A_VISIT
    ]

    visit.refresh_from_db()
    assert {answer.status_code for answer in answers} == {302 if person == "nobody" else 404}
    if person == "nobody":
        assert all(answer["Location"].startswith("/accounts/login/") for answer in answers)
    assert (visit.state, visit.version) == ("booked", 0)


@pytest.mark.parametrize("name", ["hold-details", "hold-check", "hold-extend", "hold-release"])
def test_stranger_cannot_act_on_a_hold(name, house):
    clinic, visit, hold, browsers = house

    answer = browsers["bea"].post(path_of(name, clinic, visit, hold))

    hold.refresh_from_db()
    assert (answer.status_code, hold.state, hold.hold_extended) == (404, "held", False)

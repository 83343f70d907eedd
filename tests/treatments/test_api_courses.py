"""Planning, booking and changing courses through the JSON API."""

from datetime import date, timedelta

import pytest
import time_machine

from bookings.models import Appointment
from tests.factories.api import Caller, refused
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, SmallClinic, at, make_location, make_service
from tests.factories.courses import make_course, make_protocol, verify_email
from treatments.models import Course

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 6, 8)


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(clinic: SmallClinic) -> Caller:
    verify_email(clinic.alice)
    return Caller(clinic.alice.user)


def wanted(**changes):
    return {"protocol": "facial-course", "location": "new-york", **changes}


def planned(caller, **changes):
    response = caller.send("POST", "course-plans", wanted(**changes))
    assert response.status_code == 200, response.content
    return response.json()


def booked(caller, **changes):
    body = {"plan": planned(caller, **changes)["plan"]}
    response = caller.send("POST", "courses", body, key="one")
    assert response.status_code == 201, response.content
    return response.json()


def starts(course):
    return [session["starts_at"] for session in course["sessions"]]


def test_protocols_are_listed_with_a_rule_for_each_gap(clinic):
    make_protocol(
        clinic, sessions=4, phases=[(1, {}), (3, {"target_days": 12})], name="Facial course"
    )
    make_protocol(clinic, "switched-off", is_active=False)
    weekly = {
        "floor_days": 5,
        "min_days": 7,
        "target_days": 7,
        "max_days": 14,
        "ceiling_days": 28,
    }

    response = Caller().get("protocols")

    assert response.json() == {
        "protocols": [
            {
                "slug": "facial-course",
                "name": "Facial course",
                "sessions": 4,
                "gaps": [weekly, weekly, {**weekly, "target_days": 12}],
                "first_service": "first-visit",
                "follow_up_service": "follow-up",
                "maintenance_service": "follow-up",
            }
        ]
    }


def test_protocol_of_services_for_staff_is_for_the_desk_only(clinic):
    inside = make_service("inside", bookable_by="staff")
    for room in clinic.rooms:
        room.services.add(inside)
    clinic.chen.services.add(inside)
    protocol = make_protocol(clinic)
    protocol.follow_up_service = inside
    protocol.save()

    assert Caller().get("protocols").json() == {"protocols": []}
    assert len(Caller(clinic.rosa).get("protocols").json()["protocols"]) == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_protocols_take_three_queries_whatever_their_number(
    clinic, rows, django_assert_num_queries
):
    for number in range(rows):
        make_protocol(clinic, f"p{number}")
    Caller().get("protocols")

    with django_assert_num_queries(3):
        response = Caller().get("protocols")

    assert len(response.json()["protocols"]) == rows


def test_guest_gets_a_plan_and_nothing_is_booked(clinic):
    make_protocol(clinic)

    plan = planned(Caller(), only={"weekdays": [2, 4], "from": "15:00"})

    assert plan["cost"] == 0
    assert len(plan["sessions"]) == 10
    assert plan["sessions"][1] == {
        "number": 2,
        "starts_at": "2027-06-15T15:00:00-04:00",
        "practitioner": str(clinic.chen.public_id),
        "gap_days": 7,
        "bends": [],
    }
    assert not Appointment.objects.exists()


def test_bends_are_named_with_their_amount(clinic):
    make_protocol(clinic)

    plan = planned(Caller(), sessions=2, prefer={"around": "20:00"})

    # The last start is 16:00 for an hour, 15:40 for the first visit of 90 minutes.
    assert [session["bends"] for session in plan["sessions"]][1] == [
        {"kind": "away_from_time", "amount": 240}
    ]


def test_plan_is_booked_whole(clinic, alice):
    make_protocol(clinic)
    plan = planned(alice, practitioner=str(clinic.chen.public_id))

    response = alice.send("POST", "courses", {"plan": plan["plan"]}, key="one")

    course = Course.objects.get()
    answer = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/courses/{course.public_id}"
    assert starts(answer) == starts(plan)
    assert {key: answer[key] for key in answer if key != "sessions"} == {
        "id": str(course.public_id),
        "protocol": "facial-course",
        "location": "new-york",
        "practitioner": str(clinic.chen.public_id),
        "state": "planned",
        "version": 0,
        "done": 0,
        "of": 10,
        "ready_by": None,
    }
    first = Appointment.objects.order_by("starts_at")[0]
    assert answer["sessions"][0] == {
        "number": 1,
        "state": "booked",
        "date": "2027-06-07",
        "gap_days": None,
        "appointment": str(first.public_id),
        "starts_at": plan["sessions"][0]["starts_at"],
        "practitioner": str(clinic.chen.public_id),
    }


def test_same_key_answers_the_same_course(clinic, alice):
    make_protocol(clinic)
    body = {"plan": planned(alice)["plan"]}

    first = alice.send("POST", "courses", body, key="one")
    again = alice.send("POST", "courses", body, key="one")

    assert (again.status_code, again.json()) == (201, first.json())
    assert Course.objects.count() == 1


def test_lost_slot_is_refused_with_a_fresh_plan_that_can_be_booked(clinic, alice):
    make_protocol(clinic)
    plan = planned(alice)
    clinic.chen.lanes.filter(number=2).delete()
    third = Caller(clinic.bea.user)
    taken = {
        "service": "first-visit",
        "location": "new-york",
        "starts_at": plan["sessions"][2]["starts_at"],
    }
    assert third.send("POST", "appointments", taken, key="b").status_code == 201

    response = alice.send("POST", "courses", {"plan": plan["plan"]}, key="one")

    fresh = response.json()
    assert refused(response) == (409, "slot_taken")
    assert fresh["lost"] == [3]
    assert not Course.objects.exists()
    changed = [
        number
        for number, (old, new) in enumerate(
            zip(starts(plan), starts(fresh["plan"]), strict=True), 1
        )
        if old != new
    ]
    assert changed == [3]
    again = alice.send("POST", "courses", {"plan": fresh["plan"]["plan"]}, key="two")
    assert again.status_code == 201


def test_without_a_plan_reasons_and_relaxations_are_answered(clinic):
    make_protocol(clinic)
    wishes = {"only": {"weekdays": [6, 7]}, "ready_by": "2027-12-31"}

    response = Caller().send("POST", "course-plans", wanted(**wishes))

    found = response.json()
    assert refused(response) == (422, "infeasible_plan")
    assert found["reasons"] == [
        {"kind": "nothing_as_wished", "session": 1, "date": None},
        {"kind": "nothing_as_wished", "session": 2, "date": None},
    ]
    assert [item["gives_up"] for item in found["relaxations"]] == [["other_days"]]


@pytest.mark.parametrize(
    "wishes",
    [
        {"only": {"weekdays": [6], "from": "09:00", "to": "12:00"}},
        {"only": {"from": "20:00"}, "prefer": {"weekdays": [2]}},
        {"ready_by": "2027-07-01"},
        {"only": {"practitioner": True}, "practitioner": "dora"},
    ],
)
def test_each_relaxation_leads_to_the_plan_that_it_promises(clinic, wishes):
    make_protocol(clinic)
    if "practitioner" in wishes:
        wishes = {**wishes, "practitioner": str(clinic.dora.public_id)}
    found = Caller().send("POST", "course-plans", wanted(**wishes)).json()

    assert found["relaxations"]
    for item in found["relaxations"]:
        plan = planned(Caller(), **item["wishes"])
        assert plan["sessions"][-1]["starts_at"][:10] == item["finish"]


def test_ready_by_is_kept_with_the_course(clinic, alice):
    make_protocol(clinic)

    course = booked(alice, ready_by="2027-09-30")

    assert course["ready_by"] == "2027-09-30"
    assert Course.objects.get().event_date == date(2027, 10, 10)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sessions": 11}, "sessions"),
        ({"sessions": 0}, "sessions"),
        ({"sessions": "ten"}, "sessions"),
        ({"only": {"weekdays": [8]}}, "only.weekdays.0"),
        ({"only": {"from": "25:00"}}, "only.from"),
        ({"only": {"from": "12:00", "to": "12:00"}}, "only"),
        ({"only": {"practitioner": True}}, "practitioner"),
        ({"prefer": {"around": "24:00"}}, "prefer"),
        ({"not_before": "soon"}, "not_before"),
        ({"ready_by": "2027-02-30"}, "ready_by"),
        ({"days": [1]}, "days"),
    ],
)
def test_request_that_makes_no_sense_is_refused_at_its_field(clinic, changes, field):
    make_protocol(clinic)

    response = Caller().send("POST", "course-plans", wanted(**changes))

    assert refused(response) == (400, "invalid")
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"protocol": "nowhere"}, (404, "not_found")),
        ({"location": "nowhere"}, (404, "not_found")),
        ({"location": "empty"}, (404, "not_found")),
        ({"practitioner": "4b0e4d1c-0000-4000-8000-000000000000"}, (404, "not_found")),
        ({"not_before": "2199-01-01"}, (422, "beyond_horizon")),
        ({"client": "4b0e4d1c-0000-4000-8000-000000000000"}, (401, "unauthenticated")),
    ],
)
def test_request_for_what_is_not_there_is_refused(clinic, changes, answer):
    make_protocol(clinic)
    make_location("empty")

    assert refused(Caller().send("POST", "course-plans", wanted(**changes))) == answer


@pytest.mark.parametrize("token", ["x", "a:b:c", "é"])
def test_token_that_is_not_ours_books_nothing(clinic, alice, token):
    response = alice.send("POST", "courses", {"plan": token}, key="one")

    assert refused(response) == (400, "invalid")


def test_plan_of_yesterday_books_nothing(clinic, alice):
    make_protocol(clinic)
    plan = planned(alice)["plan"]

    with time_machine.travel(NOW + timedelta(hours=25)):
        response = alice.send("POST", "courses", {"plan": plan}, key="one")

    assert refused(response) == (400, "invalid")


def test_booking_needs_a_login_and_a_verified_address(clinic):
    make_protocol(clinic)
    plan = planned(Caller())["plan"]

    assert refused(Caller().send("POST", "courses", {"plan": plan}, key="1")) == (
        401,
        "unauthenticated",
    )
    bea = Caller(clinic.bea.user)
    assert refused(bea.send("POST", "courses", {"plan": plan}, key="1")) == (422, "not_bookable")


def test_desk_plans_and_books_for_a_client(clinic):
    make_protocol(clinic)
    rosa = Caller(clinic.rosa)
    whom = {"client": str(clinic.bea.public_id)}

    plan = planned(rosa, sessions=12, **whom)
    response = rosa.send("POST", "courses", {"plan": plan["plan"], **whom}, key="one")

    assert response.status_code == 201
    assert Course.objects.get().client == clinic.bea


def test_course_is_shown_to_its_people_and_nobody_else(clinic, alice):
    course = make_course(clinic)

    def seen_by(user):
        return Caller(user).get(f"courses/{course.public_id}")

    assert alice.get(f"courses/{course.public_id}").status_code == 200
    assert seen_by(clinic.rosa).status_code == 200
    assert seen_by(clinic.chen.user).status_code == 200
    assert refused(seen_by(clinic.bea.user)) == (404, "not_found")
    assert refused(seen_by(clinic.dora.user)) == (404, "not_found")
    assert refused(seen_by(None)) == (401, "unauthenticated")
    assert refused(alice.get("courses/1")) == (404, "not_found")


def test_appointment_says_of_which_course_it_is_a_session(clinic, alice):
    single = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(TUESDAY, 9))
    course = make_course(clinic)

    listed = alice.get("appointments", limit=100).json()["appointments"]

    by_id = {row["id"]: row["course"] for row in listed}
    visits = Appointment.objects.filter(session_visit__isnull=False).order_by("starts_at")
    assert by_id.pop(str(single.public_id)) is None
    assert by_id == {
        str(visit.public_id): {"id": str(course.public_id), "number": number, "of": 10}
        for number, visit in enumerate(visits, 1)
    }
    one = alice.get(f"appointments/{visits[3].public_id}").json()
    assert one["course"] == {"id": str(course.public_id), "number": 4, "of": 10}


@pytest.mark.parametrize("sessions", [3, 12])
def test_list_with_courses_takes_three_queries_for_any_number(
    clinic, alice, sessions, django_assert_num_queries
):
    make_protocol(clinic, sessions=sessions)
    make_course(clinic)
    alice.get("appointments")

    with django_assert_num_queries(3):
        response = alice.get("appointments")

    assert len(response.json()["appointments"]) == sessions


def session_call(caller, course, number, action, body):
    return caller.send("POST", f"courses/{course['id']}/sessions/{number}/{action}", body)


def day_later(text, days=1):
    return f"{date.fromisoformat(text[:10]) + timedelta(days=days)}{text[10:]}"


def test_move_is_previewed_then_applied(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    there = day_later(starts(course)[2])

    preview = session_call(alice, course, 3, "move", {"starts_at": there})

    assert preview.status_code == 200
    assert preview.json()["dates_changed"] == 1
    assert preview.json()["changes"] == [
        {
            "number": 3,
            "from": starts(course)[2],
            "to": there,
            "practitioner": str(clinic.chen.public_id),
        }
    ]
    assert starts(alice.get(f"courses/{course['id']}").json()) == starts(course)
    applied = session_call(alice, course, 3, "move", {"apply": preview.json()["token"]})
    assert applied.status_code == 200
    assert starts(applied.json()) == [*starts(course)[:2], there, *starts(course)[3:]]
    assert applied.json()["version"] > course["version"]


def test_preview_of_a_course_that_changed_is_refused(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    body = {"starts_at": day_later(starts(course)[2])}
    token = session_call(alice, course, 3, "move", body).json()["token"]
    session_call(alice, course, 3, "move", {"apply": token})

    again = session_call(alice, course, 3, "move", {"apply": token})

    assert refused(again) == (409, "already_changed")


def test_shift_moves_all_later_sessions_by_the_same_days(clinic, alice):
    make_protocol(clinic, sessions=4)
    course = booked(alice)
    body = {"starts_at": day_later(starts(course)[1]), "repair": "shift"}

    preview = session_call(alice, course, 2, "move", body).json()

    assert [item["to"] for item in preview["changes"]] == [
        day_later(text) for text in starts(course)[1:]
    ]


def test_keep_that_breaks_a_limit_is_refused(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    body = {"starts_at": day_later(starts(course)[2], 4), "repair": "keep"}

    assert refused(session_call(alice, course, 3, "move", body)) == (409, "breaks_course")


def test_patch_that_breaks_the_course_is_refused(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    third = course["sessions"][2]
    path = f"appointments/{third['appointment']}"

    broken = alice.send("PATCH", path, {"starts_at": day_later(third["starts_at"], 4)})
    kept = alice.send("PATCH", path, {"starts_at": day_later(third["starts_at"], 1)})

    assert refused(broken) == (409, "breaks_course")
    assert kept.status_code == 200


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, (400, "invalid")),
        ({"repair": "keep"}, (400, "invalid")),
        ({"starts_at": "2027-06-22T10:00:00-04:00", "repair": "most"}, (400, "invalid")),
        ({"starts_at": "2027-06-22T10:00:00-04:00", "apply": "x"}, (400, "invalid")),
        ({"apply": "x"}, (409, "already_changed")),
        ({"starts_at": "2027-06-22T07:00:00-04:00"}, (409, "slot_taken")),
    ],
)
def test_move_that_makes_no_sense_is_refused(clinic, alice, body, answer):
    make_protocol(clinic)
    course = booked(alice)

    assert refused(session_call(alice, course, 3, "move", body)) == answer


@pytest.mark.parametrize("number", ["0", "11", "x", "3.5", "٣"])
def test_session_that_is_not_there_is_unknown(clinic, alice, number):
    make_protocol(clinic)
    course = booked(alice)
    body = {"starts_at": "2027-06-22T10:00:00-04:00"}

    assert refused(session_call(alice, course, number, "move", body)) == (404, "not_found")


def test_token_of_one_session_does_not_change_another(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    body = {"starts_at": day_later(starts(course)[2])}
    token = session_call(alice, course, 3, "move", body).json()["token"]

    assert refused(session_call(alice, course, 4, "move", {"apply": token})) == (400, "invalid")
    assert refused(session_call(alice, course, 3, "cancel", {"apply": token})) == (400, "invalid")


def test_cancelled_session_is_booked_again_if_wanted(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)

    preview = session_call(alice, course, 3, "cancel", {}).json()
    applied = session_call(alice, course, 3, "cancel", {"apply": preview["token"]}).json()

    assert applied["sessions"][2]["state"] == "booked"
    assert applied["sessions"][2]["starts_at"][:10] != starts(course)[2][:10]
    assert Appointment.objects.filter(state="cancelled").count() == 1


def test_cancelled_session_can_wait(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)

    preview = session_call(alice, course, 10, "cancel", {"book_again": False}).json()
    applied = session_call(alice, course, 10, "cancel", {"apply": preview["token"]}).json()

    assert preview["changes"] == [
        {"number": 10, "from": starts(course)[9], "to": None, "practitioner": None}
    ]
    assert applied["sessions"][9]["state"] == "cancelled"
    assert applied["sessions"][9]["starts_at"] is None


def test_pause_moves_what_lies_in_it(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)
    path = f"courses/{course['id']}/pause"

    preview = alice.send("POST", path, {"from": "2027-06-21", "to": "2027-07-05"}).json()
    applied = alice.send("POST", path, {"apply": preview["token"]})

    assert applied.status_code == 200
    dates = [session["date"] for session in applied.json()["sessions"]]
    assert [day for day in dates if "2027-06-21" <= day < "2027-07-05"] == []
    assert refused(alice.send("POST", path, {"from": "2027-06-21"})) == (400, "invalid")


def test_stopped_course_has_no_visits_left(clinic, alice):
    make_protocol(clinic)
    course = booked(alice)

    response = alice.send("POST", f"courses/{course['id']}/stop")
    again = alice.send("POST", f"courses/{course['id']}/stop")

    assert (response.status_code, response.json()["state"]) == (200, "stopped")
    assert not Appointment.objects.filter(state="booked").exists()
    assert refused(again) == (409, "already_changed")


@pytest.mark.parametrize("path", ["sessions/3/move", "sessions/3/cancel", "pause", "stop"])
def test_course_of_somebody_else_can_not_be_changed(clinic, alice, path):
    make_protocol(clinic)
    course = booked(alice)
    body = {} if path != "stop" else None

    response = Caller(clinic.bea.user).send("POST", f"courses/{course['id']}/{path}", body)

    assert refused(response) == (404, "not_found")

"""Addresses of the pages that need everything: the day, visits, clients with their visits."""

from django.urls import path

from clinic.messaging.links import PREFIX
from treatments.views.alarms import day_alarms
from treatments.views.booking import day_book
from treatments.views.calendar import calendar
from treatments.views.calendar_data import calendar_stamp, calendar_visits
from treatments.views.calendar_moving import calendar_move
from treatments.views.calls import calls
from treatments.views.client_card import client, client_note, client_note_down
from treatments.views.course_changing import (
    course_cancel,
    course_missing,
    course_pause,
    course_stop,
)
from treatments.views.course_moving import course_move
from treatments.views.course_papers import course_booked, course_calendar, course_print
from treatments.views.course_sides import OWN, STAFF
from treatments.views.course_staff import course_finish, course_gap, course_length
from treatments.views.courses import course
from treatments.views.cover import cover
from treatments.views.cover_new import cover_new
from treatments.views.cover_offers import cover_offer, cover_plans, my_offer
from treatments.views.cover_plans import cover_change, cover_plan
from treatments.views.day import day, day_board
from treatments.views.deciding import verification_paper
from treatments.views.desk import left_open, to_answer
from treatments.views.drifting import drifting
from treatments.views.hours import hours, hours_of
from treatments.views.hours_off import hours_off, hours_off_change, hours_off_end
from treatments.views.hours_rosters import hours_date, hours_week
from treatments.views.links import link
from treatments.views.locked import locked, locked_rooms
from treatments.views.maintenance import maintenance, maintenance_edit, my_maintenance
from treatments.views.me import me
from treatments.views.merging import client_merge
from treatments.views.moving import visit_move
from treatments.views.plan_check import course_plan_check
from treatments.views.plan_proposal import course_plan_proposal, course_plan_relax
from treatments.views.plan_swap import course_plan_swap
from treatments.views.plan_who import course_plan_code, course_plan_details
from treatments.views.plan_wishes import course_plan_wishes
from treatments.views.planning import client_plan, course_plan
from treatments.views.repairs import my_repair, repairs
from treatments.views.standing_in import visit_stand_in
from treatments.views.taps import (
    visit_needles,
    visit_retention,
    visit_start,
    visit_status,
    visit_undo,
)
from treatments.views.verification import expiring, verification, verification_visits
from treatments.views.visits import visit, visit_cancel

urlpatterns = [
    path("me/", me, name="me"),
    path("me/courses/<uuid:public_id>/", course, {"side": OWN}, name="my-course"),
    path(
        "me/courses/<uuid:public_id>/sessions/<int:number>/move/",
        course_move,
        {"side": OWN},
        name="my-course-move",
    ),
    path(
        "me/courses/<uuid:public_id>/sessions/<int:number>/cancel/",
        course_cancel,
        {"side": OWN},
        name="my-course-cancel",
    ),
    path("me/courses/<uuid:public_id>/pause/", course_pause, {"side": OWN}, name="my-course-pause"),
    path(
        "me/courses/<uuid:public_id>/missing/",
        course_missing,
        {"side": OWN},
        name="my-course-missing",
    ),
    path("me/courses/<uuid:public_id>/stop/", course_stop, {"side": OWN}, name="my-course-stop"),
    path("courses/<uuid:public_id>/", course, {"side": STAFF}, name="course"),
    path(
        "courses/<uuid:public_id>/sessions/<int:number>/move/",
        course_move,
        {"side": STAFF},
        name="course-move",
    ),
    path(
        "courses/<uuid:public_id>/sessions/<int:number>/cancel/",
        course_cancel,
        {"side": STAFF},
        name="course-cancel",
    ),
    path("courses/<uuid:public_id>/pause/", course_pause, {"side": STAFF}, name="course-pause"),
    path(
        "courses/<uuid:public_id>/missing/",
        course_missing,
        {"side": STAFF},
        name="course-missing",
    ),
    path("courses/<uuid:public_id>/stop/", course_stop, {"side": STAFF}, name="course-stop"),
    path("courses/<uuid:public_id>/sessions/<int:number>/gap/", course_gap, name="course-gap"),
    path("courses/<uuid:public_id>/length/", course_length, name="course-length"),
    path("courses/<uuid:public_id>/finish/", course_finish, name="course-finish"),
    path("me/repairs/<uuid:public_id>/", my_repair, name="my-repair"),
    path("me/offers/<uuid:public_id>/", my_offer, name="my-offer"),
    path("me/maintenance/", my_maintenance, name="my-maintenance"),
    path("drifting/", drifting, name="drifting"),
    path("repairs/", repairs, name="repairs"),
    path("maintenance/", maintenance, name="maintenance"),
    path(f"{PREFIX}/<str:token>/", link, name="link"),
    path("maintenance/<uuid:public_id>/", maintenance_edit, name="maintenance-edit"),
    path("me/courses/<uuid:public_id>/booked/", course_booked, name="course-booked"),
    path("me/courses/<uuid:public_id>/print/", course_print, name="course-print"),
    path("me/courses/<uuid:public_id>/calendar.ics", course_calendar, name="course-calendar"),
    path("courses/plan/", course_plan, name="course-plan"),
    path("courses/plan/<uuid:draft_id>/", course_plan_proposal, name="course-plan-proposal"),
    path("courses/plan/<uuid:draft_id>/wishes/", course_plan_wishes, name="course-plan-wishes"),
    path("courses/plan/<uuid:draft_id>/relax/", course_plan_relax, name="course-plan-relax"),
    path(
        "courses/plan/<uuid:draft_id>/swap/<int:number>/",
        course_plan_swap,
        name="course-plan-swap",
    ),
    path("courses/plan/<uuid:draft_id>/details/", course_plan_details, name="course-plan-details"),
    path("courses/plan/<uuid:draft_id>/code/", course_plan_code, name="course-plan-code"),
    path("courses/plan/<uuid:draft_id>/check/", course_plan_check, name="course-plan-check"),
    path("day/", day, name="day"),
    path("day/board/", day_board, name="day-board"),
    path("day/alarms/", day_alarms, name="day-alarms"),
    path("day/book/", day_book, name="day-book"),
    path("day/visits/<uuid:public_id>/", visit, name="visit"),
    path("day/visits/<uuid:public_id>/status/", visit_status, name="visit-status"),
    path("day/visits/<uuid:public_id>/start/", visit_start, name="visit-start"),
    path("day/visits/<uuid:public_id>/undo/", visit_undo, name="visit-undo"),
    path("day/visits/<uuid:public_id>/needles/", visit_needles, name="visit-needles"),
    path("day/visits/<uuid:public_id>/retention/", visit_retention, name="visit-retention"),
    path("day/visits/<uuid:public_id>/close/", visit_stand_in, name="visit-stand-in"),
    path("day/visits/<uuid:public_id>/move/", visit_move, name="visit-move"),
    path("day/visits/<uuid:public_id>/cancel/", visit_cancel, name="visit-cancel"),
    path("locked/", locked, name="locked"),
    path("locked/rooms/", locked_rooms, name="locked-rooms"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/visits/", calendar_visits, name="calendar-visits"),
    path("calendar/stamp/", calendar_stamp, name="calendar-stamp"),
    path("calendar/visits/<uuid:public_id>/move/", calendar_move, name="calendar-move"),
    path("to-answer/", to_answer, name="to-answer"),
    path("calls/", calls, name="calls"),
    path("cover/", cover, name="cover"),
    path("cover/new/", cover_new, name="cover-new"),
    path("cover/plans/", cover_plans, name="cover-plans"),
    path("cover/offers/<uuid:public_id>/", cover_offer, name="cover-offer"),
    path("cover/<uuid:public_id>/", cover_plan, name="cover-plan"),
    path("cover/<uuid:public_id>/visits/<uuid:visit_id>/", cover_change, name="cover-change"),
    path("left-open/", left_open, name="left-open"),
    path("hours/", hours, name="hours"),
    path("hours/<uuid:public_id>/", hours_of, name="hours-of"),
    path("hours/<uuid:public_id>/week/<slug:slug>/", hours_week, name="hours-week"),
    path("hours/<uuid:public_id>/date/", hours_date, name="hours-date"),
    path("hours/<uuid:public_id>/off/", hours_off, name="hours-off"),
    path("hours/<uuid:public_id>/off/<int:number>/", hours_off_change, name="hours-off-change"),
    path("hours/<uuid:public_id>/off/<int:number>/end/", hours_off_end, name="hours-off-end"),
    path("verification/", verification, name="verification"),
    path("verification/expiring/", expiring, name="verification-expiring"),
    path("verification/<uuid:public_id>/", verification_paper, name="verification-paper"),
    path("verification/<uuid:public_id>/visits/", verification_visits, name="verification-visits"),
    path("clients/<uuid:public_id>/", client, name="client"),
    path("clients/<uuid:public_id>/notes/", client_note, name="client-note"),
    path(
        "clients/<uuid:public_id>/notes/<uuid:note_id>/down/",
        client_note_down,
        name="client-note-down",
    ),
    path("clients/<uuid:public_id>/plan/", client_plan, name="client-plan"),
    path("clients/<uuid:public_id>/merge/", client_merge, name="client-merge"),
]

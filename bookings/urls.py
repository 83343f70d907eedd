"""Addresses of booking and of a client's own visits."""

from django.urls import path

from bookings.views.choosing import book, book_practitioner
from bookings.views.code import hold_code
from bookings.views.feeds import feed
from bookings.views.holding import hold_check, hold_details, hold_extend, hold_release
from bookings.views.home import home
from bookings.views.mine import (
    appointment,
    appointment_ask,
    appointment_booked,
    appointment_calendar,
    appointment_cancel,
)
from bookings.views.moving import appointment_move
from bookings.views.times import book_times

urlpatterns = [
    path("calendar/<uuid:public_id>/<str:secret>.ics", feed, name="feed"),
    path("", home, name="home"),
    path("book/", book, name="book"),
    path("book/with/", book_practitioner, name="book-practitioner"),
    path("book/times/", book_times, name="book-times"),
    path("book/<uuid:public_id>/details/", hold_details, name="hold-details"),
    path("book/<uuid:public_id>/code/", hold_code, name="hold-code"),
    path("book/<uuid:public_id>/check/", hold_check, name="hold-check"),
    path("book/<uuid:public_id>/more-time/", hold_extend, name="hold-extend"),
    path("book/<uuid:public_id>/let-go/", hold_release, name="hold-release"),
    path("me/visits/<uuid:public_id>/", appointment, name="appointment"),
    path("me/visits/<uuid:public_id>/booked/", appointment_booked, name="appointment-booked"),
    path(
        "me/visits/<uuid:public_id>/calendar.ics", appointment_calendar, name="appointment-calendar"
    ),
    path("me/visits/<uuid:public_id>/move/", appointment_move, name="appointment-move"),
    path("me/visits/<uuid:public_id>/cancel/", appointment_cancel, name="appointment-cancel"),
    path("me/visits/<uuid:public_id>/ask/", appointment_ask, name="appointment-ask"),
]

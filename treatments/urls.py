"""Addresses of the pages that need everything: the day, visits, clients with their visits."""

from django.urls import path

from treatments.views.booking import day_book
from treatments.views.clients import client, client_merge
from treatments.views.cover import cover
from treatments.views.day import day
from treatments.views.deciding import verification_paper
from treatments.views.desk import left_open, to_answer
from treatments.views.me import me
from treatments.views.moving import visit_move
from treatments.views.verification import expiring, verification, verification_visits
from treatments.views.visits import visit, visit_cancel, visit_start, visit_status, visit_undo

urlpatterns = [
    path("me/", me, name="me"),
    path("day/", day, name="day"),
    path("day/book/", day_book, name="day-book"),
    path("day/visits/<uuid:public_id>/", visit, name="visit"),
    path("day/visits/<uuid:public_id>/status/", visit_status, name="visit-status"),
    path("day/visits/<uuid:public_id>/start/", visit_start, name="visit-start"),
    path("day/visits/<uuid:public_id>/undo/", visit_undo, name="visit-undo"),
    path("day/visits/<uuid:public_id>/move/", visit_move, name="visit-move"),
    path("day/visits/<uuid:public_id>/cancel/", visit_cancel, name="visit-cancel"),
    path("to-answer/", to_answer, name="to-answer"),
    path("cover/", cover, name="cover"),
    path("left-open/", left_open, name="left-open"),
    path("verification/", verification, name="verification"),
    path("verification/expiring/", expiring, name="verification-expiring"),
    path("verification/<uuid:public_id>/", verification_paper, name="verification-paper"),
    path("verification/<uuid:public_id>/visits/", verification_visits, name="verification-visits"),
    path("clients/<uuid:public_id>/", client, name="client"),
    path("clients/<uuid:public_id>/merge/", client_merge, name="client-merge"),
]

"""Who may do what: every permission by name, in one place.

Objects are judged by what they carry (`client`, `practitioner`, `user_id`), so that
this module needs nothing from the apps above.
"""

from typing import Any, Protocol

import rules
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from clinic.models import Client, Practitioner, User
from clinic.refusals import NotAllowed
from clinic.selectors.client_search import NO_VISIT_YET

Person = User | AnonymousUser


class Visit(Protocol):
    """Anything with a client and a practitioner: an appointment."""

    client: Client | None
    practitioner: Any


class Treatment(Protocol):
    """A course: whose it is, and the logins of those who treat in it."""

    client: Client
    treated_by: frozenset[int]


class Paper(Protocol):
    """A paper: of a practitioner, or (None) of a location."""

    @property
    def practitioner(self) -> Practitioner | None: ...


class Away(Protocol):
    """Time off: of a practitioner, or (None) of a room or a location."""

    @property
    def practitioner(self) -> Practitioner | None: ...


class Cover(Protocol):
    """A plan of cover: for a practitioner, or (None) for something else."""

    @property
    def practitioner(self) -> Practitioner | None: ...


SEE_DAY = "bookings.see_day"
SEE_VISIT = "bookings.see_visit"
CHANGE_VISIT = "bookings.change_visit"
MOVE_VISIT = "bookings.move_visit"
RECORD_STATUS = "bookings.record_status"
START_WITH_NEEDLES = "bookings.start_with_needles"
RECORD_NEEDLES = "bookings.record_needles"
CLOSE_FOR_ABSENT = "bookings.close_for_absent"
BOOK_FOR_CLIENT = "bookings.book_for_client"
PLAN_COURSE = "treatments.plan_course"
RUN_DESK = "bookings.run_desk"
WAIVE_NOTICE = "bookings.waive_notice"
SEE_CLIENTS = "clinic.see_clients"
SEE_CLIENT = "clinic.see_client"
SEE_LOOKS = "clinic.see_looks"
WRITE_DESK_NOTES = "clinic.write_desk_notes"
ENTER_CLIENTS = "clinic.enter_clients"
MERGE_CLIENTS = "clinic.merge_clients"
CHOOSE_MESSAGES = "clinic.choose_messages"
OWN_FEED = "clinic.own_feed"
SEE_MESSAGES = "clinic.see_messages"
PLAN_TIME_OFF = "bookings.plan_time_off"
TAKE_TIME_OFF = "bookings.take_time_off"
SEE_HOURS = "bookings.see_hours"
EDIT_HOURS = "bookings.edit_hours"
VERIFY_PAPERS = "clinic.verify_papers"
VERIFY_PAPER = "clinic.verify_paper"
ENTER_PAPERS = "clinic.enter_papers"
HAND_IN_PAPER = "clinic.hand_in_paper"
SEE_OWN_PAPERS = "clinic.see_own_papers"
AMEND_PAPER = "clinic.amend_paper"
SEE_PAPER = "clinic.see_paper"
CHANGE_COURSE = "treatments.alter_course"
CHANGE_COURSE_LENGTH = "treatments.change_course_length"
OVERRIDE_GAP = "treatments.override_gap"
ARRANGE_MAINTENANCE = "treatments.arrange_maintenance"
ANSWER_REPAIR = "treatments.answer_repair"
COVER_VISITS = "treatments.cover_visits"
ANSWER_OFFER = "treatments.answer_offer"
ENROL_DEVICES = "clinic.enrol_devices"
LOCK_SCREEN = "clinic.lock_screen"


@rules.predicate
def is_manager(user: Person) -> bool:
    """Managers run the clinic: all of the admin, and everything reception may do."""
    return isinstance(user, User) and user.is_active and user.is_manager


@rules.predicate
def is_desk(user: Person) -> bool:
    """Reception and managers."""
    return isinstance(user, User) and user.is_active and user.is_desk


@rules.predicate
def is_clinic_staff(user: Person) -> bool:
    """Whoever works at the clinic: the desk and practitioners."""
    return isinstance(user, User) and user.is_active and user.is_clinic_staff


@rules.predicate
def is_own_record(user: Person, client: Client | None) -> bool:
    """The client record of this very login."""
    return client is not None and user.pk is not None and client.user_id == user.pk


@rules.predicate
def is_own_feed(user: Person, owner: Client | Practitioner | None) -> bool:
    """The calendar of the client or practitioner with this very login."""
    if isinstance(owner, Practitioner) and not is_practitioner(user):
        return False
    return owner is not None and user.pk is not None and owner.user_id == user.pk


@rules.predicate
def is_own_visit(user: Person, visit: Visit | None) -> bool:
    """A visit of the client with this login."""
    return visit is not None and is_own_record(user, visit.client)


@rules.predicate
def treats(user: Person, visit: Visit | None) -> bool:
    """A visit with the practitioner of this login, for as long as they have that role."""
    if visit is None or not is_practitioner(user):
        return False
    return bool(visit.practitioner.user_id == user.pk)


@rules.predicate
def is_own_course(user: Person, course: Treatment | None) -> bool:
    """A course of the client with this login."""
    return course is not None and is_own_record(user, course.client)


@rules.predicate
def treats_course(user: Person, course: Treatment | None) -> bool:
    """A course in which the practitioner of this login treats."""
    return course is not None and is_practitioner(user) and user.pk in course.treated_by


@rules.predicate
def treats_client(user: Person, client: Client | None) -> bool:
    """A client who has, or had, a visit with the practitioner of this login."""
    if client is None or not isinstance(user, User) or not user.is_practitioner:
        return False
    visits = client.appointments.filter(practitioner__user=user)
    return visits.exclude(state__in=NO_VISIT_YET).exists()


@rules.predicate
def is_verifier(user: Person) -> bool:
    """Managers, and whom a manager has named."""
    return isinstance(user, User) and user.is_active and user.is_verifier


@rules.predicate
def is_practitioner(user: Person) -> bool:
    """Whoever treats."""
    return isinstance(user, User) and user.is_active and user.is_practitioner


@rules.predicate
def is_own_hours(user: Person, person: Practitioner | None) -> bool:
    """The hours of the practitioner with this login."""
    return person is not None and is_practitioner(user) and person.user_id == user.pk


@rules.predicate
def is_own_time_off(user: Person, away: Away | None) -> bool:
    """Time off of the practitioner with this login; a room's or a location's is nobody's own."""
    return away is not None and is_own_hours(user, away.practitioner)


@rules.predicate
def is_own_cover(user: Person, plan: Cover | None) -> bool:
    """Cover for the practitioner with this login."""
    return plan is not None and is_own_hours(user, plan.practitioner)


@rules.predicate
def is_own_paper(user: Person, paper: Paper | None) -> bool:
    """A paper of the practitioner with this login."""
    holder = paper.practitioner if paper is not None else None
    return holder is not None and user.pk is not None and holder.user_id == user.pk


rules.add_perm(SEE_DAY, is_clinic_staff)
rules.add_perm(SEE_VISIT, is_own_visit | is_desk | treats)
rules.add_perm(CHANGE_VISIT, is_own_visit | is_desk)
rules.add_perm(MOVE_VISIT, is_desk | treats)
rules.add_perm(RECORD_STATUS, is_desk | treats)
rules.add_perm(START_WITH_NEEDLES, treats)
rules.add_perm(RECORD_NEEDLES, treats)
rules.add_perm(CLOSE_FOR_ABSENT, is_manager & ~treats)
rules.add_perm(BOOK_FOR_CLIENT, is_own_record | is_desk)
rules.add_perm(PLAN_COURSE, is_desk | treats_client)
rules.add_perm(RUN_DESK, is_desk)
rules.add_perm(WAIVE_NOTICE, is_desk)
rules.add_perm(SEE_CLIENTS, is_clinic_staff)
rules.add_perm(SEE_CLIENT, is_desk | treats_client)
rules.add_perm(SEE_LOOKS, is_manager)
rules.add_perm(WRITE_DESK_NOTES, is_desk | treats_client)
rules.add_perm(ENTER_CLIENTS, is_desk)
rules.add_perm(MERGE_CLIENTS, is_manager)
rules.add_perm(CHOOSE_MESSAGES, is_own_record | is_desk)
rules.add_perm(OWN_FEED, is_own_feed)
rules.add_perm(SEE_MESSAGES, is_desk)
rules.add_perm(PLAN_TIME_OFF, is_desk)
rules.add_perm(TAKE_TIME_OFF, is_own_time_off | is_desk)
rules.add_perm(SEE_HOURS, is_own_hours | is_desk)
rules.add_perm(EDIT_HOURS, is_own_hours | is_manager)
rules.add_perm(VERIFY_PAPERS, is_verifier)
rules.add_perm(VERIFY_PAPER, is_verifier & ~is_own_paper)
rules.add_perm(ENTER_PAPERS, is_manager)
rules.add_perm(HAND_IN_PAPER, is_own_paper | is_manager)
rules.add_perm(SEE_OWN_PAPERS, is_practitioner)
rules.add_perm(AMEND_PAPER, is_own_paper | is_verifier)
rules.add_perm(SEE_PAPER, is_own_paper | is_verifier)
rules.add_perm(CHANGE_COURSE, is_own_course | is_desk | treats_course)
rules.add_perm(CHANGE_COURSE_LENGTH, is_desk | treats_course)
rules.add_perm(OVERRIDE_GAP, is_desk | treats_course)
rules.add_perm(ARRANGE_MAINTENANCE, is_own_record | is_desk)
rules.add_perm(ANSWER_REPAIR, is_own_record | is_desk)
rules.add_perm(COVER_VISITS, is_desk | is_own_cover)
rules.add_perm(ANSWER_OFFER, is_own_record | is_desk)
rules.add_perm(ENROL_DEVICES, is_manager)
rules.add_perm(LOCK_SCREEN, is_clinic_staff)

ADMIN_APPS = ("clinic", "bookings", "treatments")


def let_managers_use_the_admin() -> None:
    """Give managers Django's model permissions of our apps, for the admin."""
    for label in ADMIN_APPS:
        rules.add_perm(label, is_manager)
        for model in apps.get_app_config(label).get_models():
            for action in ("view", "add", "change", "delete"):
                rules.add_perm(f"{label}.{action}_{model._meta.model_name}", is_manager)


def may(user: Person, permission: str, thing: object = None) -> bool:
    """Tell whether somebody may do something (to a thing)."""
    return bool(rules.has_perm(permission, user, thing))


def require(user: Person, permission: str, thing: object = None) -> None:
    """Raise `NotAllowed` unless somebody may do something (to a thing)."""
    if not may(user, permission, thing):
        raise NotAllowed

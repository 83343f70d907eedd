"""What staff look at all day: the day, its poll, the week as a calendar, a private calendar."""

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import partial
from importlib import import_module

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.conf.global_settings import SESSION_COOKIE_NAME  # the benchmark's server keeps it
from django.contrib.auth import login
from django.http import HttpRequest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation
from bookings.selectors.feeds import entries_of_feed
from bookings.views.feeds import feed_etag
from clinic.domain.roster import day_bounds
from clinic.models import CalendarFeed, Practitioner, User
from clinic.services.feeds import feed_url, renew_feed
from treatments.bench import names
from treatments.bench.diary import Diary
from treatments.bench.http_load import Target, UnexpectedAnswer, ask, request_bytes

VISITS_A_DAY = 60
DAYS = 7
"""As many as a calendar shows, and all before the Monday from which slots are searched."""

STAMP = re.compile(rb'name="stamp" value="([0-9a-f]+)"')
SIGNED_IN_BY = "django.contrib.auth.backends.ModelBackend"


def targets(diary: Diary, port: int, now: datetime) -> list[Target]:
    """Return the pages of staff, signed in, over a week that was thinned out."""
    person = _first_practitioner(diary)
    one, desk = _cookie(_with_second_factor(person.user)), _cookie(_desk())
    today = now.astimezone(diary.location.zone).date()
    here = f"location={diary.location.slug}"
    day, board = f"/day/?{here}&date={today}", f"/day/board/?{here}&date={today}"
    week = f"/calendar/visits/?{here}&from={today}&to={today + timedelta(days=DAYS)}"
    feed = renew_feed(owner=person, by=person.user, now=now)
    calendar = (f"/{feed_url(feed).split('/', 3)[3]}",)
    same = f"If-None-Match: {feed_etag(entries_of_feed(feed, now), now)}"
    return [
        Target(names.DAY_OF_ONE, port, (day,), headers=(one,)),
        Target(names.DAY_OF_ALL, port, (day,), headers=(desk,)),
        Target(
            names.BOARD,
            port,
            (),
            headers=(desk,),
            # A new minute makes a new board; that answer is not counted.
            statuses=(204, 200),
            renew=partial(_with_stamp, port, board, desk),
        ),
        Target(names.WEEK, port, (week,), headers=(desk,)),
        Target(names.FEED, port, calendar),
        Target(names.FEED_SAME, port, calendar, headers=(same,), statuses=(304,)),
    ]


def count_shown(diary: Diary, now: datetime) -> dict[str, int]:
    """Count the visits that the pages show."""
    by_date = _visits_of_week(diary, now)
    feed = CalendarFeed.objects.get(practitioner=diary.people[0].id)
    return {
        names.DAY_OF_ALL: len(by_date[now.astimezone(diary.location.zone).date()]),
        names.WEEK: sum(len(ids) for ids in by_date.values()),
        names.FEED: len(entries_of_feed(feed, now)),
    }


def thin_out(diary: Diary, now: datetime) -> None:
    """Leave sixty visits a day, from morning to evening; others become holds that ran out."""
    for ids in _visits_of_week(diary, now).values():
        most = min(VISITS_A_DAY, len(ids))
        kept = {ids[number * len(ids) // most] for number in range(most)}
        surplus = [pk for pk in ids if pk not in kept]
        Reservation.objects.filter(appointment__in=surplus).delete()
        Appointment.objects.filter(pk__in=surplus).update(state=State.EXPIRED, held_until=now)


def _visits_of_week(diary: Diary, now: datetime) -> dict[date, list[int]]:
    zone = diary.location.zone
    today = now.astimezone(zone).date()
    last = day_bounds(zone, today + timedelta(days=DAYS - 1))
    rows = Appointment.objects.filter(
        location=diary.location.id,
        starts_at__gte=day_bounds(zone, today).starts_at,
        starts_at__lt=last.ends_at,
    ).exclude(state__in=[State.HELD, State.EXPIRED])
    found: dict[date, list[int]] = defaultdict(list)
    for pk, starts_at in rows.order_by("starts_at", "pk").values_list("pk", "starts_at"):
        found[starts_at.astimezone(zone).date()].append(pk)
    return found


def _first_practitioner(diary: Diary) -> Practitioner:
    return Practitioner.objects.select_related("user").get(pk=diary.people[0].id)


def _desk() -> User:
    email = "desk@bench.example"
    found = User.objects.filter(email=email).first()
    user = found or User.objects.create_user(email, name="Bench Desk", is_reception=True)
    return _with_second_factor(user)


def _with_second_factor(user: User) -> User:
    """Let a login of staff work, as in production: each page asks whether it has a factor."""
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.refresh_from_db()
    Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {}}
    )
    return user


def _cookie(user: User) -> str:
    """Sign somebody in, and return the header that says so."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, user, backend=SIGNED_IN_BY)
    request.session.save()
    return f"Cookie: {SESSION_COOKIE_NAME}={request.session.session_key}"


def _with_stamp(port: int, board: str, cookie: str) -> tuple[str, ...]:
    """Return the address of a poll by somebody who has seen the board as it is."""
    status, answer = ask(port, request_bytes("GET", board, (cookie,)))
    found = STAMP.search(answer)
    if status != 200 or found is None:
        raise UnexpectedAnswer(f"{names.BOARD}: {answer[:400]!r}")
    return (f"{board}&stamp={found[1].decode()}",)

"""When a staff screen is locked: the rule, and what the session keeps for it.

A session of staff carries the moment of the last activity. While it is locked nothing
writes that moment, so no later request revives it: only a PIN, or a confirmation that
django-allauth recorded after the lock (password, passkey, authenticator app).
"""

from datetime import datetime, timedelta

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

ACTIVE_AT = "active_at"
LOCKED_AT = "locked_at"
WRITE_EVERY = timedelta(minutes=1)


def begin_activity(session: SessionBase, now: datetime) -> None:
    """Let the time to the lock begin anew, and open what was locked."""
    session[ACTIVE_AT] = now.timestamp()
    session.pop(LOCKED_AT, None)


def note_activity(session: SessionBase, now: datetime) -> None:
    """Remember that somebody is there; written once a minute at most."""
    every = min(WRITE_EVERY, settings.IDLE_LOCK / 5)
    if now.timestamp() - session[ACTIVE_AT] >= every.total_seconds():
        session[ACTIVE_AT] = now.timestamp()


def lock_now(session: SessionBase, now: datetime) -> None:
    """Lock a screen before its time."""
    session[LOCKED_AT] = now.timestamp()


def locks(session: SessionBase) -> bool:
    """Tell whether a session is one of those that lock."""
    return ACTIVE_AT in session


def is_locked(session: SessionBase, now: datetime) -> bool:
    """Tell whether a session is locked: left alone for longer than IDLE_LOCK, or by hand."""
    if not locks(session):
        return False
    confirmed_at = _confirmed_at(session)
    if confirmed_at <= session.get(LOCKED_AT, -1.0):
        return True
    idle = now.timestamp() - max(session[ACTIVE_AT], confirmed_at)
    return bool(idle > settings.IDLE_LOCK.total_seconds())


def was_opened(session: SessionBase, now: datetime) -> bool:
    """Tell whether somebody has confirmed who they are since the screen was locked."""
    if not locks(session) or is_locked(session, now):
        return False
    idle = now.timestamp() - session[ACTIVE_AT]
    return LOCKED_AT in session or idle > settings.IDLE_LOCK.total_seconds()


def _confirmed_at(session: SessionBase) -> float:
    """Return when allauth last recorded that it is this person; 0 if it never did."""
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    return float(records[-1]["at"]) if records else 0.0

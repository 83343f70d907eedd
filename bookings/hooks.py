"""What follows from a change of a visit, in the same transaction; and to what visits belong.

Apps above register here when they start; this app knows nothing of them. A hook runs
under the locks of the change and may raise a `Refusal`, which undoes all of it. It does
nothing slow and sends nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from bookings.domain.lifecycle import State
from bookings.domain.telling import Unsent
from bookings.models import Appointment
from clinic.models import Client, User

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """A booked visit is about to get another start or practitioner; it is not written yet.

    Visits that move at once are asked of together, each against the others as they are.
    `override_reason` is staff's reason to go against a rule that can be waived. Nobody in
    `by`: a client who has not signed in.
    """

    appointment: Appointment
    starts_at: datetime
    practitioner_id: int
    by: User | None
    now: datetime
    override_reason: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A visit went from one state to another (or back, when a tap was undone)."""

    appointment: Appointment
    from_state: State
    to_state: State
    by: User | None
    now: datetime


@dataclass(frozen=True, slots=True)
class ClientsMerged:
    """All visits of one record are now another's."""

    keep: Client
    merged: Client


@dataclass(slots=True)
class Hook(Generic[E]):
    """A point at which others may follow."""

    _followers: list[Callable[[E], None]] = field(default_factory=list)

    def register(self, follower: Callable[[E], None]) -> None:
        """Call `follower` from now on, once a change; registering twice changes nothing."""
        if follower not in self._followers:
            self._followers.append(follower)

    def call(self, event: E) -> None:
        """Call everybody, in the order of registration."""
        for follower in self._followers:
            follower(event)


@dataclass(frozen=True, slots=True)
class CoursePlace:
    """A visit is session `number` of the `of` sessions of a course.

    `can_change`: the course runs, so the session is moved and cancelled with it.
    """

    course_id: UUID
    number: int
    of: int
    can_change: bool


FindPlaces = Callable[[Sequence[Appointment]], Mapping[int, CoursePlace]]


@dataclass(slots=True)
class CoursePlaces:
    """Says of which courses visits are sessions, once somebody has registered who knows."""

    _find: FindPlaces | None = None

    def register(self, find: FindPlaces) -> None:
        """Ask `find` from now on; it makes one query, however many the visits."""
        self._find = find

    def of(self, appointments: Sequence[Appointment]) -> Mapping[int, CoursePlace]:
        """Return the places by visit id, for those that have one."""
        return self._find(appointments) if self._find and appointments else {}


FindInQuestion = Callable[[Sequence[int]], set[int]]


@dataclass(slots=True)
class VisitsInQuestion:
    """Says which visits the clinic has offered to move, once somebody has registered who knows.

    Nobody is told "see you" of a visit that will hardly take place.
    """

    _find: FindInQuestion | None = None

    def register(self, find: FindInQuestion) -> None:
        """Ask `find` from now on; it makes one query, however many the visits."""
        self._find = find

    def among(self, visit_ids: Sequence[int]) -> set[int]:
        """Return those of these visits (pks) whose clients have another time to answer."""
        return self._find(visit_ids) if self._find and visit_ids else set()


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """Another time is kept for a visit's client until `until`; they answer at `url`."""

    url: str
    until: datetime


FindOffered = Callable[[Appointment, datetime], OfferedTime | None]


@dataclass(slots=True)
class OfferedTimes:
    """Says which other time waits for a client's answer, once somebody has registered who knows."""

    _find: FindOffered | None = None

    def register(self, find: FindOffered) -> None:
        """Ask `find` from now on; it makes one query."""
        self._find = find

    def of(self, appointment: Appointment, now: datetime) -> OfferedTime | None:
        """Return what is offered instead of a visit; None if nothing is."""
        return self._find(appointment, now) if self._find else None


FindUntold = Callable[[Collection[int]], Mapping[int, Unsent]]


@dataclass(slots=True)
class UntoldChanges:
    """Says what waits in messages of several visits, once somebody has registered who knows.

    Such a message leaves out by itself what has changed since; the next one has to say what
    its client was told before both.
    """

    _find: FindUntold | None = None

    def register(self, find: FindUntold) -> None:
        """Ask `find` from now on, by the visits' pks; it locks what it finds."""
        self._find = find

    def of(self, visit_ids: Collection[int]) -> Mapping[int, Unsent]:
        """Return by visit the change of which nobody was told yet."""
        return self._find(visit_ids) if self._find and visit_ids else {}


course_places = CoursePlaces()
offered_times = OfferedTimes()
visits_in_question = VisitsInQuestion()
untold_changes = UntoldChanges()
before_move: Hook[Sequence[MoveAsked]] = Hook()
after_state: Hook[StateChanged] = Hook()
after_merge: Hook[ClientsMerged] = Hook()

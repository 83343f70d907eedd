"""What requests about courses say, and what the answers look like in the description."""

import datetime as dt
import re
from typing import Annotated, Any

from ninja import Schema
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from clinic.wire import Body, Instant, LocalDate, PublicId, Slug
from treatments.domain.wishes import Hours, Wishes

CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
MIDNIGHT = 24 * 60
LONGEST_TOKEN = 20_000


def read_clock(text: Any) -> int | None:
    """Read a local time of day such as 17:30 as a minute of the day; 24:00 ends it."""
    if text is None:
        return None
    if not isinstance(text, str) or not CLOCK.fullmatch(text):
        raise ValueError("write a time of day as 17:30")
    return int(text[:2]) * 60 + int(text[3:])


Clock = Annotated[
    int | None,
    BeforeValidator(read_clock),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^(?:{CLOCK.pattern})$"}, {"type": "null"}]}
    ),
]
Weekdays = Annotated[list[Annotated[int, Field(ge=1, le=7, strict=True)]], Field(max_length=7)]
Token = Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]


class HoursIn(Body):
    """Local hours in which a visit starts, `to` exclusive; either may be left out."""

    weekdays: Weekdays = Field([], description="ISO weekdays, Monday is 1. Empty: any.")
    from_minute: Clock = Field(None, alias="from")
    to_minute: Clock = Field(None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "HoursIn":
        if (self.from_minute or 0) >= (MIDNIGHT if self.to_minute is None else self.to_minute):
            raise ValueError("“to” must be later than “from”; it is exclusive")
        return self

    def hours(self) -> Hours | None:
        """Return the hours; None for any."""
        if self.from_minute is None and self.to_minute is None:
            return None
        return Hours(self.from_minute or 0, MIDNIGHT if self.to_minute is None else self.to_minute)


class OnlyIn(HoursIn):
    """What must be; with `practitioner` nobody but the one who was named."""

    practitioner: bool = False


class PreferIn(HoursIn):
    """What would be nice; `around` is the wished start."""

    around: Clock = None

    @model_validator(mode="after")
    def _within_a_day(self) -> "PreferIn":
        if self.around == MIDNIGHT:
            raise ValueError("“around” is before 24:00")
        return self


class CoursePlanIn(Body):
    """A course to plan. Weekdays are ISO (Monday 1); dates are local dates of the location."""

    protocol: Slug
    sessions: Annotated[int, Field(ge=1, le=30, strict=True)] | None = Field(
        None, description="Default: the protocol's. More than that is for the desk."
    )
    practitioner: PublicId = Field(None, description="A wish, unless `only.practitioner`.")
    location: Slug
    only: OnlyIn = OnlyIn.model_validate({})
    prefer: PreferIn = PreferIn.model_validate({})
    not_before: LocalDate = None
    ready_by: LocalDate = Field(None, description="The last date of the last session.")
    client: PublicId = Field(None, description="For the desk: for whom.")


class CourseIn(Body):
    """A plan to book, as `/course-plans` gave it. `client` is for the desk."""

    plan: Token
    client: PublicId = None


class BendOut(Schema):
    """Where a session bends a wish or a recommendation; `amount` in days, or minutes."""

    kind: str
    amount: int


class PlannedSessionOut(Schema):
    """A session of a plan; `gap_days` are the local days since the one before."""

    number: int
    starts_at: dt.datetime
    practitioner: str
    gap_days: int | None
    bends: list[BendOut]


class CoursePlanOut(Schema):
    """A plan; `plan` books it, for a day at most."""

    plan: str
    cost: int
    sessions: list[PlannedSessionOut]


class GapOut(Schema):
    """The figures of a gap, in local days."""

    floor_days: int
    min_days: int
    target_days: int
    max_days: int
    ceiling_days: int


class ProtocolOut(Schema):
    """The recipe of a course, one entry in `gaps` for each gap."""

    slug: str
    name: str
    sessions: int
    gaps: list[GapOut]
    first_service: str
    follow_up_service: str
    maintenance_service: str


class ProtocolsOut(Schema):
    """All courses that can be planned, in the clinic's order."""

    protocols: list[ProtocolOut]


class SessionOut(Schema):
    """A session of a course: its visit that counts, or none yet."""

    number: int
    state: str
    date: dt.date | None
    gap_days: int | None
    appointment: str | None
    starts_at: dt.datetime | None
    practitioner: str | None


class CourseOut(Schema):
    """A course; `version` rises with every change, `done` of `of` sessions are done."""

    id: str
    protocol: str
    location: str
    practitioner: str | None
    state: str
    version: int
    done: int
    of: int
    ready_by: dt.date | None
    sessions: list[SessionOut]


class Step(Body):
    """What both steps share: `apply` is the token of a preview, and then all there is."""

    apply: Token | None = None


class MoveSessionIn(Step):
    """Another start for a session, or `apply` with the token of a preview."""

    starts_at: Instant | None = None
    practitioner: PublicId = Field(None, description="Default: the same, else whoever is free.")
    repair: str = Field("smallest", pattern="^(smallest|keep|shift)$")


class CancelSessionIn(Step):
    """A preview of what cancelling changes, or `apply`."""

    book_again: bool = Field(True, description="Book another time for this session.")


class PauseIn(Step):
    """Local dates without a session, `to` exclusive, or `apply`."""

    first_date: LocalDate = Field(None, alias="from")
    end_date: LocalDate = Field(None, alias="to")


class ChangeOut(Schema):
    """One session that changes: from when (null: not booked) to when (null: given up)."""

    number: int
    from_: dt.datetime | None = Field(alias="from")
    to: dt.datetime | None
    practitioner: str | None


class PreviewOut(Schema):
    """What a change would do; `token` is for `apply`, for an hour at most."""

    token: str
    dates_changed: int
    changes: list[ChangeOut]


def wishes_of(body: CoursePlanIn, practitioner_id: int | None) -> Wishes:
    """Return what a request wishes."""
    only, prefer = body.only, body.prefer
    return Wishes(
        only_weekdays=frozenset(only.weekdays),
        only_hours=only.hours(),
        only_practitioner_id=practitioner_id if only.practitioner else None,
        rather_weekdays=frozenset(prefer.weekdays),
        rather_hours=prefer.hours(),
        around_minute=prefer.around,
        rather_practitioner_id=None if only.practitioner else practitioner_id,
        not_before=body.not_before,
        ready_by=body.ready_by,
    )

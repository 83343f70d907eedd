"""How values travel in the JSON API: strict on the way in, plain on the way out."""

import re
import uuid
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

D = TypeVar("D", date, datetime)

YEARS = range(2000, 2200)
"""What lies outside is a slip of the pen, and would run off the calendar's ends."""

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def read_date(text: Any) -> date | None:
    """Read a date such as 2027-06-07; an empty text is none given."""
    if text in (None, ""):
        return None
    if not isinstance(text, str) or not DATE.fullmatch(text):
        raise ValueError("write a date as 2027-06-07")
    return _in_range(date.fromisoformat(text))


def read_instant(text: Any) -> datetime:
    """Read an RFC 3339 time with its offset into UTC."""
    if not isinstance(text, str) or not INSTANT.fullmatch(text):
        raise ValueError("write a time with its offset, as 2027-06-07T09:00:00-04:00")
    return _in_range(datetime.fromisoformat(text.upper())).astimezone(UTC)


def read_id(text: Any) -> uuid.UUID | None:
    """Read an opaque id. One that can't be an id names nothing: the nil id."""
    if text in (None, ""):
        return None
    if not isinstance(text, str):
        raise ValueError("an id is a string")
    try:
        return uuid.UUID(text)
    except ValueError:
        return NO_ID


NO_ID = uuid.UUID(int=0)


def _in_range(value: D) -> D:
    if value.year not in YEARS:
        raise ValueError("that year is out of range")
    return value


Slug = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")]
LocalDate = Annotated[
    date | None, BeforeValidator(read_date), WithJsonSchema({"type": "string", "format": "date"})
]
Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
PublicId = Annotated[
    uuid.UUID | None,
    BeforeValidator(read_id),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}),
]


class Body(Schema):
    """A request's body: unknown fields are refused, since a slip would be ignored silently."""

    model_config = ConfigDict(extra="forbid")


class FieldError(Schema):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(Schema):
    """An RFC 9457 problem document; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = Field(
        default=[], description="With code `invalid`: what is wrong, by field."
    )


PROBLEM_WORDS = {
    400: "`invalid`: the request could not be understood; `errors` says where.",
    401: "`unauthenticated`: sign in, or send a valid bearer token. `token_expired`: it was one.",
    403: "`forbidden`: the caller may not do this.",
    404: "`not_found`: a slug or an id names nothing that the caller may see.",
    405: "`method_not_allowed`",
    409: "`slot_taken` (with `alternatives`, each a slot; for a course with a fresh `plan`), "
    "`already_changed` or `breaks_course`.",
    422: "`not_bookable`, `not_qualified`, `outside_notice`, `beyond_horizon`, "
    "`too_late_to_change`, `infeasible_plan` (with `reasons` and `relaxations`) or "
    "`key_reused`: understood, but a rule of the clinic refuses it.",
    429: "`too_many`: see Retry-After.",
    503: "`busy`: nothing was changed; try again after Retry-After.",
}


def problems(*statuses: int, **extra: Any) -> dict[str, Any]:
    """Return the `openapi_extra` of an operation that may answer these problems (and 429, 503)."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = {
        status: {"description": PROBLEM_WORDS[status], "content": content}
        for status in sorted({*statuses, 429, 503})
    }
    return {"responses": answers, **extra}

"""Change courses as people do, and look at what the outbox holds of it."""

from datetime import timedelta

from clinic.messaging.registry import Mail, Text, Wanted, kind_named
from clinic.models import Consent, Message, Purpose
from tests.factories.clinic import NOW
from treatments.models import Course
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.proposing import RepairWay, preview_move


def consent(client, purpose: Purpose = Purpose.SERVICE, *channels: str) -> None:
    """Let a client say yes to messages of a purpose, by e-mail and text message or only some."""
    for channel in channels or ("email", "sms"):
        Consent.objects.create(
            client=client,
            purpose=purpose,
            channel=channel,
            given=True,
            source=Consent.Source.PREFERENCES,
            at=NOW,
        )


def view(course: Course):
    """Return a course as it stands."""
    return view_of(Course.objects.with_people().get(pk=course.pk))


def move_session(course: Course, number: int, *, days: int = 0, hours: int = 0, by=None, now=NOW):
    """Move one session of a course by days and hours, through the service."""
    seen = view(course)
    visit = seen.sessions[number - 1].visit
    assert visit is not None
    who = by or course.client.user
    change = preview_move(
        view=seen,
        number=number,
        starts_at=visit.starts_at + timedelta(days=days, hours=hours),
        repair=RepairWay.KEEP,
        by=who,
        now=now,
    )
    return apply_change(change=change, by=who, now=now)


def send_all() -> None:
    """Have everything sent that waits."""
    Message.objects.filter(state="due").update(state="sent", sent_at=NOW, address="a@example.com")


def waiting() -> list[tuple[str, str]]:
    """Return kind and channel of what waits."""
    rows = Message.objects.filter(state="due").order_by("pk")
    return [(row.kind, row.channel) for row in rows]


def answer(row: Message, now=NOW):
    """Ask a row's kind whether it is wanted."""
    kind = kind_named(row.kind)
    assert kind is not None
    fresh = Message.objects.select_related("client", "user", "location").get(pk=row.pk)
    return kind.wanted([fresh], now)[row.pk]


def written(row: Message, now=NOW) -> Mail | Text:
    """Write a row as the dispatcher does."""
    fresh = Message.objects.select_related("client", "user", "location").get(pk=row.pk)
    said = answer(fresh, now)
    assert isinstance(said, Wanted), said
    kind = kind_named(row.kind)
    assert kind is not None
    return kind.render(fresh, said.about)

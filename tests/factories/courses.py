"""Make protocols and book courses in tests, through the services."""

from datetime import date, datetime
from uuid import uuid4

from allauth.account.models import EmailAddress

from bookings.selectors.questions import ClientMarks
from clinic.models import Client, User
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW, SmallClinic
from treatments.domain.wishes import Wishes
from treatments.models import Course, Protocol, ProtocolPhase
from treatments.selectors.planning import CourseQuestion, Figures
from treatments.services.courses import CourseWish, book_course
from treatments.services.planning import Proposal, propose


def make_protocol(clinic: SmallClinic, slug: str = "facial-course", *, phases=(), **fields):
    """Make a protocol of 10 weekly sessions; `phases` are (from_gap, fields)."""
    fields = {"name": slug.replace("-", " ").capitalize(), "summary": slug, **fields}
    protocol = Protocol.objects.create(
        slug=slug,
        first_service=clinic.first_visit,
        follow_up_service=clinic.follow_up,
        maintenance_service=clinic.follow_up,
        **fields,
    )
    for from_gap, figures in phases or [(1, {})]:
        ProtocolPhase.objects.create(protocol=protocol, from_gap=from_gap, **figures)
    return protocol


def verify_email(client: Client) -> Client:
    """Make a client's address a verified one, as a code by mail does."""
    assert client.user is not None
    EmailAddress.objects.create(
        user=client.user, email=client.user.email, verified=True, primary=True
    )
    return client


def course_question(
    clinic: SmallClinic,
    protocol: Protocol,
    *,
    client: Client | None = None,
    wishes: Wishes | None = None,
    length: int | None = None,
    event_date: date | None = None,
    **more,
) -> CourseQuestion:
    """Ask for a course at the small clinic."""
    facts = catalogue()
    return CourseQuestion(
        catalogue=facts,
        figures=Figures.of(protocol, length),
        location=facts.locations[clinic.location.pk],
        wishes=wishes or Wishes(),
        client=ClientMarks.of(client) if client else None,
        event_date=event_date,
        **more,
    )


def proposal_of(question: CourseQuestion, now: datetime = NOW) -> Proposal:
    """Plan a course."""
    return propose(question=question, now=now)


def book_planned(
    proposal: Proposal,
    client: Client,
    *,
    by: User | None = None,
    now: datetime = NOW,
    request_id: str = "",
) -> Course:
    """Book a proposed course, as the client unless somebody else is named."""
    sender = by or client.user
    assert sender is not None
    return book_course(
        wish=CourseWish(proposal.question, tuple(proposal.slots)),
        client=client,
        request_id=request_id or str(uuid4()),
        by=sender,
        now=now,
    )


def make_course(clinic: SmallClinic, *, client: Client | None = None, **question) -> Course:
    """Plan and book a course for Alice (or another client) at the small clinic."""
    who = client or clinic.alice
    if not EmailAddress.objects.filter(user=who.user).exists():
        verify_email(who)
    protocol = Protocol.objects.filter(slug="facial-course").first() or make_protocol(clinic)
    return book_planned(proposal_of(course_question(clinic, protocol, client=who, **question)), who)

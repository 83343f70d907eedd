"""What came of a plan that was applied: what each visit became, who was told how, what waits."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bookings.messages.kinds import VISIT
from clinic.formatting import when
from clinic.models import CallEntry, Message
from clinic.views.message_rows import told_rows
from treatments.messages.cover import CLIENT_COVER
from treatments.models import CoverOffer
from treatments.models.cover_steps import StepKind
from treatments.selectors.cover_plans import Proposal, ProposedVisit

CALLS = (
    CallEntry.Reason.COVER,
    CallEntry.Reason.OFFERED,
    CallEntry.Reason.UNANSWERED,
    CallEntry.Reason.CHANGED_SOON,
    CallEntry.Reason.NO_ADDRESS,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One visit of an applied plan, for cover_results.html; `waits` where somebody has to act."""

    url: str
    client: str
    was: str
    became: str
    icon: str
    waits: str
    told: list[str]


def results_of(proposal: Proposal, now: datetime) -> list[Result]:
    """Return what became of each visit. Two queries."""
    told = _told(proposal, now)
    calls = _calls(proposal)
    return [
        Result(
            url=reverse("visit", args=[item.visit.public_id]),
            client=item.visit.client.name if item.visit.client else "",
            was=_was(item, proposal),
            became=_became(item, proposal),
            icon=_icon(item, proposal),
            waits=_waits(item, proposal, calls),
            told=told.get((item.visit.client_id, item.visit.pk), []),
        )
        for item in proposal.visits
    ]


def _was(item: ProposedVisit, proposal: Proposal) -> str:
    offer = proposal.offers.get(item.visit.pk)
    if offer is not None and offer.state == CoverOffer.State.ACCEPTED:
        return _("Offered another time")
    return when(item.visit.starts_at, item.visit.location_zone)


def _became(item: ProposedVisit, proposal: Proposal) -> str:
    visit, step = item.visit, item.step
    offer = proposal.offers.get(visit.pk)
    if offer is not None:
        said = {
            "when": when(offer.hold.starts_at, visit.location_zone),
            "name": offer.hold.practitioner.name,
        }
        return _("%(when)s with %(name)s") % said
    if step.kind is StepKind.SAME_TIME:
        said = {
            "name": proposal.people.get(step.practitioner_id or 0, ""),
            "room": proposal.rooms.get(step.room_id or 0, ""),
        }
        return _("Same time with %(name)s, %(room)s") % said
    return _("Call list")


def _icon(item: ProposedVisit, proposal: Proposal) -> str:
    if item.visit.pk in proposal.offers:
        return "clock"
    return "check" if item.step.kind is StepKind.SAME_TIME else "phone"


def _waits(item: ProposedVisit, proposal: Proposal, calls: set[int]) -> str:
    offer = proposal.offers.get(item.visit.pk)
    if offer is not None and offer.state == CoverOffer.State.OPEN:
        said = {"until": when(offer.expires_at, item.visit.location_zone)}
        return _("Waits for an answer until %(until)s") % said
    if item.visit.pk in calls:
        return _("Stands on the call list")
    return str(CoverOffer.State(offer.state).label).capitalize() if offer is not None else ""


def _told(proposal: Proposal, now: datetime) -> dict[tuple[int | None, int], list[str]]:
    """Return by client and visit how the message went out, or when it will."""
    rows = list(
        Message.objects.filter(about=CLIENT_COVER, about_version=proposal.plan.pk)
        .filter(about_id__in=[client.pk for client in proposal.clients()])
        .select_related("client", "user", "location")
        .order_by("pk")
    )
    found: dict[tuple[int | None, int], list[str]] = defaultdict(list)
    for row, shown in zip(rows, told_rows(rows, now, {}), strict=True):
        said = {"channel": shown.channel, "state": Message.State(row.state).label}
        words = _("%(channel)s: %(state)s") % said
        if shown.when:
            words = f"{words}, {shown.when}"
        for visit_id in row.details["told"]:
            found[row.client_id, int(visit_id)].append(words[:1].upper() + words[1:])
    return found


def _calls(proposal: Proposal) -> set[int]:
    """Return the visits about which somebody has yet to be called."""
    ids = [item.visit.pk for item in proposal.visits]
    rows = CallEntry.objects.filter(about=VISIT, about_id__in=ids, settled_at=None)
    return set(rows.filter(reason__in=CALLS).values_list("about_id", flat=True))

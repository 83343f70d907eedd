"""What a client will be told of a plan: the real text, before anything is written."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic.messaging.writing import write_mail, write_sms
from clinic.models import Client, Message, Purpose
from clinic.selectors.reach import Channel
from treatments.messages.cover import (
    CoverForClient,
    CoverTelling,
    Kept,
    Offered,
    words_of_cover,
)
from treatments.models.cover_steps import StepKind
from treatments.selectors.cover_plans import Proposal, ProposedVisit
from treatments.services.cover_rules import offer_ends_at


def texts_of(proposal: Proposal, now: datetime) -> dict[int, str]:
    """Return by client what the one message will read; those who are told nothing are left out."""
    found = {}
    for client in proposal.clients():
        about = _about(proposal, client, now)
        if about.kept or about.offered:
            found[client.pk] = _text(proposal, client, about)
    return found


def kept_until(item: ProposedVisit, now: datetime) -> datetime | None:
    """Return until when a proposed time would be kept if the plan were applied now."""
    if not item.step.asks or item.step.starts_at is None:
        return None
    return offer_ends_at(item.visit, item.step.starts_at, now)


def is_told(item: ProposedVisit) -> bool:
    """Say whether a step changes anything that its client knows: another room does not."""
    step = item.step
    if step.kind is StepKind.CALL:
        return False
    return step.asks or step.practitioner_id != item.visit.practitioner_id


def _about(proposal: Proposal, client: Client, now: datetime) -> CoverForClient:
    kept, offered = [], []
    for item in proposal.visits_of(client.pk):
        visit, step = item.visit, item.step
        who = proposal.people.get(step.practitioner_id or 0, "")
        until = kept_until(item, now)
        if until is not None and step.starts_at is not None:
            offered.append(Offered(visit, None, step.starts_at, who, until))
        elif is_told(item) and not step.asks:
            kept.append(Kept(visit, visit.practitioner.name, who))
    return CoverForClient(tuple(kept), tuple(offered), now)


def _text(proposal: Proposal, client: Client, about: CoverForClient) -> str:
    channels = proposal.reach[client.pk].channels(Purpose.SERVICE)
    if not channels:
        return _("No message can go out: reception calls.")
    kind = CoverTelling.OFFERED if about.offered else CoverTelling.MOVED
    first = (about.kept or about.offered)[0].visit
    row = Message(kind=kind, channel=channels[0], client=client, location=first.location)
    words = words_of_cover(row, about)
    if channels[0] == Channel.SMS:
        return write_sms(kind, words).body
    mail = write_mail(kind, words)
    return f"{mail.subject}\n\n{mail.text}"

"""The messages about papers that run out: to who holds them, and to managers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic import formatting
from clinic.messaging.registry import (
    Answer,
    Described,
    Dropped,
    Mail,
    Text,
    Wanted,
    register,
    register_topic,
)
from clinic.messaging.writing import staff_words, write_mail
from clinic.models import Credential, Message
from clinic.permissions import VERIFY_PAPERS
from clinic.selectors.credentials import PaperStanding, standings, with_everything
from clinic.selectors.verification_queue import runs_out

PAPER = "paper"
"""What messages about a paper are about, by its pk; the version is the days before its end."""

CREDENTIAL_EXPIRING = "credential_expiring"


@dataclass(frozen=True, slots=True)
class PaperNow:
    """A paper as it stands when a message about it is written."""

    item: PaperStanding

    @property
    def row(self) -> Credential:
        return self.item.row


class ExpiringKind:
    """A paper runs out, and no other takes its place yet."""

    name = CREDENTIAL_EXPIRING
    label = gettext_lazy("Paper runs out")
    purpose = None
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each paper still runs out; a fixed number of queries."""
        types = Credential.objects.filter(pk__in={message.about_id for message in messages})
        rows = with_everything().filter(type__in=types.values("type")).order_by("pk")
        papers = {item.row.pk: item for item in standings(rows, now)}
        return {row.pk: _answer(papers.get(row.about_id)) for row in messages}

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it; no queries."""
        assert isinstance(about, PaperNow)
        assert message.user is not None
        paper, days = about.row, about.item.days_left
        assert paper.expires_date is not None
        assert days is not None
        holder = paper.practitioner
        is_own = holder is not None and holder.user_id == message.user.pk
        page = "credential" if is_own else "verification-paper"
        words = staff_words(message.user) | {
            "is_own": is_own,
            "holder": str(holder or paper.location),
            "last_date": formatting.plain_date(paper.expires_date),
            "left": ngettext("%(count)s day", "%(count)s days", days) % {"count": days},
            "days": days,
            "url": settings.SITE_URL + reverse(page, args=[paper.public_id]),
        }
        return write_mail(message.kind, words)


class PaperTopic:
    """Says for staff which paper a message is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe papers by their pk; one query."""
        rows = Credential.objects.select_related("type", "practitioner", "location")
        return {pk: _described(paper) for pk, paper in rows.in_bulk(list(ids)).items()}


def register_messages() -> None:
    """Make the kinds known. Calling twice changes nothing."""
    register(ExpiringKind())
    register_topic(PAPER, PaperTopic())


def _described(paper: Credential) -> Described:
    words = _("%(type)s of %(holder)s") % {
        "type": paper.type.name,
        "holder": paper.practitioner or paper.location,
    }
    url = reverse("verification-paper", args=[paper.public_id])
    return Described(words, url, permission=VERIFY_PAPERS)


def _answer(item: PaperStanding | None) -> Answer:
    if item is None or not runs_out(item):
        return Dropped(gettext_lazy("The paper was renewed, or counts no more."))
    return Wanted(PaperNow(item))

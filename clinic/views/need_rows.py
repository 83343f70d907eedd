"""What a practitioner needs, in words: the summary, what to do, what can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from clinic.formatting import plain_date
from clinic.models import ExpiryAlert
from clinic.selectors.credentials import PaperStanding
from clinic.selectors.needs import Lack, Need, NeededType, Needs, Prospect
from clinic.views.components import Action, Text
from clinic.views.paper_rows import days_words, issuer_words, until_words

STATES = {
    Need.COUNTS: _lazy("counts"),
    Need.RUNS_OUT: _lazy("runs out soon"),
    Need.RENEWAL_PENDING: _lazy("renewal pending"),
    Need.AHEAD: _lazy("counts later"),
    Need.WAITING: _lazy("waits for our check"),
    Need.ASKED: _lazy("we asked for more"),
    Need.REJECTED: _lazy("rejected"),
    Need.EXPIRED: _lazy("ran out"),
    Need.SUSPENDED: _lazy("suspended"),
    Need.REVOKED: _lazy("revoked"),
    Need.MISSING: _lazy("missing"),
}


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A type of paper that is required; `state` is a code of components/paper_state.html."""

    title: Text
    issuer: str
    state: str
    words: str
    quote: str
    also: str
    wanted_for: str
    url: str
    action: Action | None
    is_to_do: bool


@dataclass(frozen=True, slots=True)
class ProspectRow:
    """A service at a location: until when it can be booked, or what is in the way."""

    service: str
    location: str
    is_open: bool
    words: str
    lacks: Sequence[str]


def need_row(item: NeededType) -> NeedRow:
    """Return a required type with how it stands and what to do about it."""
    tells = item.tells
    is_own = item.location is None
    title = item.type.name
    if item.location is not None:
        title = _("%(type)s, %(place)s") % {"type": title, "place": item.location.name}
    return NeedRow(
        title=title,
        issuer=issuer_words(item.type.issuer, item.type),
        state=item.need.value,
        words=_words(item),
        quote=_quote(item),
        also=_also(item) if is_own else _("The clinic looks after this paper."),
        wanted_for=", ".join(service.name for service in item.wanted_for),
        url=reverse("credential", args=[tells.row.public_id]) if tells and is_own else "",
        action=_action(item) if is_own else None,
        is_to_do=is_own and item.asks_holder,
    )


def prospect_row(item: Prospect) -> ProspectRow:
    """Return how far ahead a service can be booked."""
    open_to, firm_to = item.outlook.open_to, item.outlook.firm_to
    words = ""
    if open_to is not None:
        words = _("Bookable %(until)s") % {"until": until_words(firm_to or open_to)}
    if firm_to is not None and open_to is not None and open_to > firm_to:
        words = _("%(words)s, and subject to renewal %(until)s") % {
            "words": words,
            "until": until_words(open_to),
        }
    return ProspectRow(
        service=item.service.name,
        location=item.location.name,
        is_open=open_to is not None,
        words=words or _("Can't be booked"),
        lacks=[_lack(lack) for lack in item.lacks] if open_to is None else [],
    )


def summary_of(needs: Needs) -> str:
    """Return in one sentence for how much somebody can be booked, and until when."""
    if not needs.prospects:
        return _("You offer nothing yet that can be booked. A manager sets that up.")
    ends = [item.outlook.open_to for item in needs.prospects if item.outlook.open_to]
    total = len(needs.prospects)
    if not ends:
        return _("You can't be booked at present.")
    counts = {"open": len(ends), "count": total}
    what = (
        _("You can be booked for everything that you offer")
        if len(ends) == total
        else ngettext(
            "You can be booked for %(open)s of %(count)s kind of visit",
            "You can be booked for %(open)s of %(count)s kinds of visit",
            total,
        )
        % counts
    )
    first = min(ends)
    if first == date.max:
        return _("%(what)s.") % {"what": what}
    if first == max(ends):
        return _("%(what)s, until %(date)s.") % {"what": what, "date": plain_date(first)}
    return _("%(what)s. The first of it ends on %(date)s.") % {
        "what": what,
        "date": plain_date(first),
    }


def alert_words(alerts: Sequence[ExpiryAlert], needs: Needs) -> list[str]:
    """Return the papers that run out, as alerts say: those that are no thing to do yet."""
    to_do = {item.tells.row.pk for item in needs.types if item.tells and item.asks_holder}
    alerted = {alert.credential_id for alert in alerts}
    return [
        _("%(paper)s runs out on %(date)s, %(when)s.")
        % {
            "paper": item.row.type.name,
            "date": plain_date(item.row.expires_date),
            "when": days_words(days),
        }
        for item in reversed(needs.papers)
        if item.row.pk in alerted - to_do and _runs_out(item)
        if item.row.expires_date and (days := (item.row.expires_date - item.today).days) >= 0
    ]


def _runs_out(item: PaperStanding) -> bool:
    return item.speaks and not item.is_renewed


def _words(item: NeededType) -> str:
    tells = item.tells
    if tells is None:
        return _("Not handed in yet.")
    expires, issued = tells.row.expires_date, tells.row.issued_date
    match item.need:
        case Need.RUNS_OUT if expires:
            return _("Runs out on %(date)s, %(when)s.") % {
                "date": plain_date(expires),
                "when": days_words((expires - tells.today).days),
            }
        case Need.EXPIRED if expires:
            return _("Ran out on %(date)s.") % {"date": plain_date(expires)}
        case Need.RENEWAL_PENDING:
            return _("The issuer is working on the renewal. Counts %(until)s at most.") % {
                "until": until_words(tells.paper.last_date)
            }
        case Need.AHEAD if issued:
            return _("Checked. Counts from %(date)s.") % {"date": plain_date(issued)}
        case Need.WAITING:
            return _("Handed in. We check it with the issuer.")
        case Need.COUNTS:
            last = tells.run.last_date if tells.run else tells.paper.last_date
            return _("Counts %(until)s.") % {"until": until_words(last)}
        case _:
            return ""


def _quote(item: NeededType) -> str:
    """Return what a verifier wrote that the holder should act on."""
    told = item.asked or item.tells
    wrote = item.asked or item.need in (Need.REJECTED, Need.SUSPENDED, Need.REVOKED)
    check = told.last_check if told and wrote else None
    return check.reason if check else ""


def _also(item: NeededType) -> str:
    if item.waiting is None or item.waiting is item.tells:
        return ""
    if item.asked is item.waiting:
        return _("We asked for more about the new one that you handed in.")
    return _("A new one is handed in and waits for our check.")


def _action(item: NeededType) -> Action | None:
    if item.asked is not None:
        url = reverse("credential", args=[item.asked.row.public_id])
        return Action(_("Answer"), url, style="primary")
    if item.waiting is not None:
        return None
    url = f"{reverse('credential-new')}?type={item.type.slug}"
    if item.need is Need.MISSING:
        return Action(_("Hand in"), url, style="primary")
    if item.need in (Need.RUNS_OUT, Need.EXPIRED):
        return Action(_("Renew"), url, style="primary")
    if item.need in (Need.REJECTED, Need.SUSPENDED, Need.REVOKED):
        return Action(_("Hand in a new one"), url)
    expires = item.tells is not None and item.tells.row.expires_date is not None
    return Action(_("Renew"), url) if expires else None


def _lack(lack: Lack) -> str:
    name = lack.needed.type.name
    if lack.is_barred and lack.needed.type.must_cover_cosmetic and not _covers(lack.needed):
        return _("%(paper)s: does not cover cosmetic facial work") % {"paper": name}
    if lack.is_barred:
        return _("%(paper)s: a condition rules it out") % {"paper": name}
    return _("%(paper)s: %(state)s") % {"paper": name, "state": STATES[lack.needed.need]}


def _covers(item: NeededType) -> bool:
    decision = item.tells.paper.decision if item.tells else None
    return decision is not None and decision.covers_cosmetic

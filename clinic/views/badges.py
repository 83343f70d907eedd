"""What was verified about somebody, as the public page and the API say it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.domain.credentials import Standing
from clinic.formatting import plain_date
from clinic.selectors.credentials import PaperStanding, checked_on
from clinic.views.paper_rows import issuer_words


@dataclass(frozen=True, slots=True)
class Badge:
    """One thing that was verified."""

    label: str
    issuer: str
    checked: str
    number: str
    training: str
    note: str


def badge(item: PaperStanding) -> Badge:
    """Return what the public page says of a paper; its number only if the type allows it."""
    row = item.row
    date = checked_on(item)
    is_pending = item.standing is Standing.RENEWAL_PENDING
    return Badge(
        label=row.type.label,
        issuer=issuer_words(row.issuer, row.type),
        checked=_("checked on %(date)s") % {"date": plain_date(date)} if date else "",
        number=row.number if row.type.shows_number else "",
        training=_training(item),
        note=_("The issuer is working on its renewal.") if is_pending else "",
    )


def _training(item: PaperStanding) -> str:
    row = item.row
    if not row.type.asks_training:
        return ""
    hours = ngettext("%(count)s hour", "%(count)s hours", row.training_hours or 0)
    return _("%(name)s, %(hours)s with %(provider)s") % {
        "name": row.type.name,
        "hours": hours % {"count": row.training_hours},
        "provider": row.training_provider,
    }

"""For whom or what visits are to be covered, and what is answered to a proposal."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from treatments.forms.desk import DayField
from treatments.models import CoverPlan

Cause = CoverPlan.Cause

LONGEST = timedelta(days=366)
TODAY, WEEK, DATES = "today", "week", "dates"
LIST = "list"
"""The answer to "for whom or what" that takes all that need cover."""

Group = tuple[Any, Sequence[tuple[str, str]]]


class CoverForm(HouseForm):
    """Whose visits, from which day to which (both included), and why.

    A room or a location is closed, and the list needs no reason, so they are not asked.
    """

    whom = forms.ChoiceField(
        label=_("For whom or what"),
        error_messages={
            "required": _("Choose for whom or what."),
            "invalid_choice": _("Choose for whom or what."),
        },
    )
    cause = forms.ChoiceField(
        label=_("Because"),
        choices=[
            (Cause.ILL, _("Ill")),
            (Cause.AWAY, _("Time off")),
            (Cause.PAPERS, _("Papers")),
            (Cause.HOURS, _("Changed hours")),
        ],
        widget=forms.RadioSelect,
        required=False,
        help_text=_("Asked of a practitioner only. Clients are not told why."),
        error_messages={"invalid_choice": _("Choose why.")},
    )
    span = forms.ChoiceField(
        label=_("When"),
        choices=[(TODAY, _("Today")), (WEEK, _("To the end of this week")), (DATES, _("Dates"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose when."), "invalid_choice": _("Choose when.")},
    )

    def __init__(self, *args: Any, groups: Sequence[Group], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "from" can be no name of a class's attribute, and the addresses that lead here have it.
        self.fields["from"] = DayField(label=_("From"), required=False)
        self.fields["to"] = DayField(label=_("To, the last day"), required=False)
        self.today = today
        self.fields["whom"].choices = [("", _("Choose …")), *groups]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take the dates from the answer "when", and ask why where it is not clear."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("span") == TODAY:
            cleaned |= {"from": self.today, "to": self.today}
        elif cleaned.get("span") == WEEK:
            last = self.today + timedelta(days=7 - self.today.isoweekday())
            cleaned |= {"from": self.today, "to": last}
        elif cleaned.get("span") == DATES:
            self._clean_dates(cleaned)
        whom = cleaned.get("whom", "")
        asks_why = whom.startswith("practitioner:") and "cause" not in self.errors
        if asks_why and not cleaned.get("cause"):
            self.add_error("cause", _("Choose why."))
        return cleaned

    def _clean_dates(self, cleaned: dict[str, Any]) -> None:
        if "from" in self.errors or "to" in self.errors:
            return
        first, last = cleaned.get("from"), cleaned.get("to")
        if first is None:
            self.add_error("from", _("Enter a date."))
        elif last is None:
            self.add_error("to", _("Enter a date."))
        elif last < first:
            self.add_error("to", _("The last day comes before the first one."))
        elif last < self.today:
            self.add_error("to", _("These days are over."))
        elif last - first > LONGEST:
            self.add_error("to", _("Please cover a year at most."))


class PlanActForm(forms.Form):
    """What is to become of a proposal as a whole."""

    act = forms.ChoiceField(
        choices=[(name, name) for name in ("apply", "discard", "discard-off", "again")]
    )


class ChangeForm(forms.Form):
    """Which of the choices of one visit it is to be."""

    choice = forms.ChoiceField(
        error_messages={
            "required": _("Choose one of these."),
            "invalid_choice": _("This is not free any more. Choose one of these."),
        }
    )

    def __init__(self, *args: Any, keys: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]


class OfferAnswerForm(forms.Form):
    """What somebody says to an offered time."""

    answer = forms.ChoiceField(choices=[(name, name) for name in ("accept", "decline")])

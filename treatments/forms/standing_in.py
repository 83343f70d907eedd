"""What a manager counts and says who closes a visit in its practitioner's place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.domain.needling import MOST_NEEDLES, Stage
from clinic.forms.base import HouseForm
from treatments.forms.needles import NUMBER_WORDS

UNEQUAL = _(
    "The numbers differ. Search hair, ears, clothes, linen and floor, tell the client, "
    "then tick this."
)


class StandInForm(HouseForm):
    """The numbers that nobody entered yet, the search if they differ, and why."""

    went_in = forms.IntegerField(
        label=_("How many needles went in?"),
        min_value=1,
        max_value=MOST_NEEDLES,
        error_messages=NUMBER_WORDS,
    )
    came_out = forms.IntegerField(
        label=_("How many needles came out?"),
        min_value=0,
        max_value=MOST_NEEDLES,
        error_messages=NUMBER_WORDS,
    )
    searched = forms.BooleanField(
        label=_("Searched, client told"),
        required=False,
        help_text=_("Only where fewer or more came out than went in."),
    )
    reason = forms.CharField(
        label=_("Why can’t the practitioner close it?"),
        max_length=200,
        help_text=_("Kept in the visit's history. Nothing about health, please."),
        error_messages={
            "required": _("Say why the practitioner can’t close it."),
            "max_length": _("Please keep it to %(limit_value)d characters."),
        },
    )

    def __init__(self, *args: Any, stage: Stage, in_count: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_count = in_count
        self.is_unequal = stage is Stage.UNEQUAL
        if stage is not Stage.NONE:
            del self.fields["went_in"]
        if stage in (Stage.OUT, Stage.UNEQUAL):
            del self.fields["came_out"]
        if stage is Stage.OUT:
            del self.fields["searched"]

    def clean(self) -> dict[str, Any]:
        """Ask for the search where the numbers differ."""
        cleaned = super().clean() or self.cleaned_data
        went_in = cleaned.get("went_in", self.in_count)
        came_out = cleaned.get("came_out", went_in)
        differ = self.is_unequal or (went_in is not None and came_out != went_in)
        if "searched" in self.fields and differ and not self.errors and not cleaned["searched"]:
            self.add_error("searched", UNEQUAL)
        return cleaned

"""Where staff move a visit to: date, practitioner, room, and a time listed or typed."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from treatments.forms.desk import DayField, StartForm


class MoveQuery(HouseForm):
    """With whom, where and when about a visit could be instead."""

    practitioner = forms.ChoiceField(label=_("Practitioner"), required=False)
    room = forms.TypedChoiceField(label=_("Room"), required=False, coerce=int, empty_value=None)
    date = DayField(label=_("Date"), required=False)
    back = forms.ChoiceField(
        choices=[("calendar", "calendar")], required=False, widget=forms.HiddenInput()
    )

    def __init__(
        self,
        *args: Any,
        practitioners: Sequence[tuple[str, str]],
        rooms: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["practitioner"].choices = practitioners  # type: ignore[attr-defined]
        self.fields["room"].choices = [("", _("Any free room")), *rooms]  # type: ignore[attr-defined]


class ClockField(forms.TimeField):
    """A time of day on the grid of five minutes."""

    widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        wrong = _("Enter a time, such as 14:05.")
        super().__init__(input_formats=["%H:%M"], error_messages={"invalid": wrong}, **kwargs)

    def validate(self, value: time | None) -> None:
        super().validate(value)
        if value is not None and value.minute % 5:
            words = _("Visits start every five minutes: 14:05, 14:10 and so on.")
            raise forms.ValidationError(words, code="invalid")


class MoveForm(StartForm):
    """A start to move to; `version` tells whether a colleague was quicker."""

    time = ClockField(
        label=_("Another time on this day"),
        required=False,
        help_text=_("Any five minutes. What you enter here goes before the times above."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput(), min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].required = False

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        is_given = found.get("starts_at") or found.get("time")
        if not is_given and not {"starts_at", "time"} & set(self.errors):
            self.add_error("starts_at", _("Choose a time."))
        return found

"""When messages go out, as managers say it: days, hours and minutes, never a sign."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.messaging.timings import DAY, HOUR, length_words, span_of, split
from clinic.models import MessageRule

FIRST_REMINDER, SECOND_REMINDER = "visit-early", "visit-last"
MOST_DAYS, MOST_HOURS, MOST_MINUTES = 182, 72, 59
WHOLE_NUMBER = {
    "required": _("Enter a number; 0 is fine."),
    "invalid": _("Enter a whole number."),
    "min_value": _("Enter 0 or more: before or after is fixed."),
    "max_value": _("Enter at most %(limit_value)s."),
}


def _number(label: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=most, error_messages=dict(WHOLE_NUMBER)
    )


class MessageRuleForm(forms.ModelForm):
    """How far from its moment a message goes out; `minutes` is made of the three figures."""

    days = _number(_("Days"), MOST_DAYS)
    hours = _number(_("Hours"), MOST_HOURS)
    rest = _number(_("Minutes"), MOST_MINUTES)

    class Meta:
        model = MessageRule
        fields = ("is_active",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days, hours, rest = split(abs(self.instance.minutes))
        self.initial = {"days": days, "hours": hours, "rest": rest, **self.initial}

    def clean(self) -> dict[str, Any]:
        """Make the minutes, within what makes sense for this message."""
        cleaned = super().clean() or self.cleaned_data
        if any(name not in cleaned for name in ("days", "hours", "rest")):
            return cleaned
        distance = cleaned["days"] * DAY + cleaned["hours"] * HOUR + cleaned["rest"]
        span = span_of(self.instance.name, self.instance.minutes)
        if not span.shortest <= distance <= span.longest:
            raise forms.ValidationError(
                _("From %(shortest)s to %(longest)s makes sense here."),
                params={
                    "shortest": length_words(span.shortest),
                    "longest": length_words(span.longest),
                },
            )
        self._check_order(distance)
        self.instance.minutes = span.signed(distance)
        return cleaned

    def _check_order(self, distance: int) -> None:
        pair = (FIRST_REMINDER, SECOND_REMINDER)
        if self.instance.name not in pair:
            return
        is_first = self.instance.name == FIRST_REMINDER
        other = MessageRule.objects.filter(name=pair[is_first]).first()
        if other is None:
            return
        far = abs(other.minutes)
        if is_first and distance <= far:
            raise forms.ValidationError(
                _("The first reminder goes out before the second one, which is %(length)s before."),
                params={"length": length_words(far)},
            )
        if not is_first and distance >= far:
            raise forms.ValidationError(
                _("The second reminder goes out after the first one, which is %(length)s before."),
                params={"length": length_words(far)},
            )
